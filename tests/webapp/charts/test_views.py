"""Further views of a study's results: what they show, that the table says it too, and what they cost."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from nas_engine.pareto import hypervolume_2d
from tests.webapp import benches
from tests.webapp.factories import make_baselines, make_study, stopped_early
from webapp.charts.study import chart_file, drawings
from webapp.charts.views.hypervolume import hypervolume_info, hypervolume_section, hypervolume_sentences
from webapp.charts.views.page import FOLLOWING, study_view
from webapp.models import Run, StoredNpuEstimate, Study, Trial
from webapp.queries.charted import MOST_DRAWN, VIEWS, hours_of, latencies, unfinished_trials
from webapp.queries.pages.baselines import baselines_of
from webapp.queries.pages.results import results

pytestmark = pytest.mark.django_db
VELA = {"sram_bytes": 1, "estimate": {}}


def with_npu_estimates(study: Study, count: int, accelerator: str = "ethos-u55-128") -> None:
    for trial in study.trials.order_by("number")[:count]:
        StoredNpuEstimate.objects.create(
            architecture_id=trial.architecture_id,
            accelerator=accelerator,
            seconds=0.001 * trial.number,
            fallbacks=0,
            **VELA,
        )


def tight(**values: object) -> Study:
    return make_study(enforce_constraints=True, flash_limit_kb=20, early_stopping="tsgp", **values)


def names(figure: dict) -> list[str]:
    return [trace["name"] for trace in figure["data"]]


def test_every_view_is_made_once_and_drawn_unless_it_is_in_space(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = make_study(completed=30)
    make_baselines(study.dataset)
    with_npu_estimates(study, 10)
    found, published = results(study), baselines_of(study.dataset_id)
    for name in VIEWS:
        first = study_view(study, found, published, name)
        assert first.section.part in (name, "coordinates")
        assert first.section.sentences[0]
        assert first.section.table.rows
        assert (first.drawn is None) == (name == "space")
        if first.drawn:
            assert "<svg" in first.drawn.wide
            assert "<svg" in first.drawn.narrow
        if name != "latency":
            with django_assert_num_queries(0):
                assert study_view(study, found, published, name) is first


def test_baselines_are_in_every_view_of_costs() -> None:
    study = make_study(completed=10)
    make_baselines(study.dataset)
    for trial in Trial.objects.filter(study__kind=Study.Kind.BASELINES):
        StoredNpuEstimate.objects.create(
            architecture_id=trial.architecture_id, accelerator="ethos-u55-128", seconds=0.2, fallbacks=0, **VELA
        )
    found, published = results(study), baselines_of(study.dataset_id)
    for name in ("energy-flash", "latency", "space"):
        assert "Baseline" in names(study_view(study, found, published, name).section.figure)


def test_views_of_a_study_without_results_say_so() -> None:
    study = make_study(waiting=1)
    for name in VIEWS:
        section = study_view(study, results(study), None, name).section
        assert section.sentences[0]
        assert not section.has_chart


def test_the_front_of_flash_over_energy_holds_what_cannot_be_undercut_in_both() -> None:
    study = make_study(completed=40)
    found = results(study)
    section = study_view(study, found, None, "energy-flash").section
    pairs = list(zip(found.energy_mj.tolist(), found.flash_bytes.tolist(), strict=True))
    above = [i for i in range(len(found)) if found.above_chance[i]]
    expected = {
        int(found.numbers[i])
        for i in above
        if not any(pairs[j] != pairs[i] and pairs[j][0] <= pairs[i][0] and pairs[j][1] <= pairs[i][1] for j in above)
    }
    assert {int(row[0]) for row in section.table.rows} == expected


def test_latencies_come_from_one_source_the_one_that_knows_most() -> None:
    study = make_study(completed=6)
    assert latencies(study) is None
    with_npu_estimates(study, 2)
    run = benches.ready_run(benches.campaign(), latency_ms=7.5)
    Run.objects.filter(pk=run.pk).update(architecture=study.trials.get(number=5).architecture)
    known = latencies(study)
    assert known is not None
    assert known.source == "estimated by Vela for ethos-u55-128"
    assert known.of(results(study).trial_ids.tolist())[:3] == pytest.approx([1.0, 2.0, np.nan], nan_ok=True)
    StoredNpuEstimate.objects.all().delete()
    measured = latencies(study)
    assert measured is not None
    assert measured.source.startswith("measured on ")
    assert list(measured.by_trial.values()) == [7.5]
    section = study_view(study, results(study), None, "latency").section
    assert "The latency of 1 of 6 trials is known, measured on" in section.sentences[0]


def test_the_hypervolume_is_a_share_of_the_area_between_chance_and_nothing_at_all() -> None:
    study = make_study(completed=25)
    found, chance = results(study), 1 / 9
    kept = found.above_chance
    dearest = float(found.energy_mj[kept].max())
    points = np.column_stack([found.accuracy, found.energy_mj])[kept]
    whole = hypervolume_2d(points, (chance, dearest), (True, False)) / (dearest * (1 - chance))
    section = study_view(study, found, None, "hypervolume-trials").section
    assert float(section.figure["data"][0]["y"][-1]) == pytest.approx(100 * whole, abs=0.01)
    assert float(section.table.rows[-1][1]) == pytest.approx(100 * whole, abs=0.01)
    assert f"the front covers {100 * whole:.1f}" in section.sentences[0]
    assert f"{dearest:.2f} mJ" in section.sentences[-1]
    assert "chance, 11.1" in section.sentences[-1]


def test_the_hypervolume_over_hours_goes_by_when_trials_ended() -> None:
    study = make_study(completed=12)
    found = results(study)
    hours = hours_of(study, found)
    assert (np.diff(hours) > 0).all()
    section = study_view(study, found, None, "hypervolume-hours").section
    assert section.figure["data"][0]["x"][-1] == pytest.approx(hours[-1], abs=1e-3)
    by_trials = study_view(study, found, None, "hypervolume-trials").section
    assert section.figure["data"][0]["y"][-1] == by_trials.figure["data"][0]["y"][-1]
    assert section.table.headings[:2] == ("Trial", "Hours")


def test_a_front_that_has_stopped_growing_is_said_to() -> None:
    ones = np.ones(4)
    info = hypervolume_info(
        x=np.arange(1.0, 5.0), numbers=np.arange(1, 5), accuracy=np.array([0.2, 0.8, 0.3, 0.3]),
        energy_mj=np.array([2.0, 1.0, 1.5, 1.5]), flash_kb=10 * ones, above_chance=ones.astype(bool), chance=0.1,
    )  # fmt: skip
    sentences = hypervolume_sentences(info)
    assert "all of it after trial 2; it has not grown in the 2 trials since" in sentences[0]
    assert len(hypervolume_section(info).table.rows) == 4


def test_trials_stopped_early_and_those_not_trained_have_marks_of_their_own_in_every_chart() -> None:
    study = tight(completed=20, refused=5, curves=20)
    for trial in study.trials.filter(number__lte=3):
        stopped_early(trial)
    found = results(study)
    for name in ("energy", "flash", "rewards"):
        content = chart_file(study, found, None, name).content.decode()
        assert "Stopped early" in content
        assert "Constraint violated" in content
        drawn = str(drawings(study, found, None)[name].wide)
        assert ">Stopped early</text>" in drawn
        assert ">Constraint violated</text>" in drawn
    stopped = [one for one in unfinished_trials(study, found).drawn if one.ending == "stopped"]
    assert [(one.number, one.epoch) for one in stopped] == [(1, 8), (2, 8), (3, 8)]
    last = study.trials.get(number=1).curve.filter(phase="float").order_by("-epoch")[0]
    assert stopped[0].accuracy == last.eval_accuracy
    assert all(one.accuracy is None for one in unfinished_trials(study, found).drawn if one.ending == "untrained")


def test_of_many_trials_without_a_result_evenly_spread_ones_are_drawn(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = tight(completed=2, refused=MOST_DRAWN + 50)
    found = results(study)
    with django_assert_num_queries(2):
        unfinished = unfinished_trials(study, found)
    assert len(unfinished.untrained) == MOST_DRAWN + 50
    drawn = [one.number for one in unfinished.drawn]
    assert (len(drawn), drawn[0], drawn[-1]) == (MOST_DRAWN, 3, MOST_DRAWN + 52)
    plain = make_study(completed=2)
    found = results(plain)
    with django_assert_num_queries(0):
        assert not unfinished_trials(plain, found).drawn


@pytest.mark.parametrize("name", sorted(FOLLOWING))
def test_chosen_trials_are_a_trace_of_their_own(name: str) -> None:
    study = make_study(completed=8)
    found = results(study)
    assert "Chosen" not in names(study_view(study, found, None, name).section.figure)
    chosen = study_view(study, found, None, name, [3, 5, 10**18]).section.figure["data"][-1]
    assert chosen["name"] == "Chosen"
    assert {link.split("/")[-2] for link in chosen["customdata"]} == {"3", "5"}
