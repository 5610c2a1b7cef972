"""The run behind `make results`, with real workers' code and simulated trainings."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from nas_engine.baselines import NAMES, baseline
from tests.webapp import packs, rows
from webapp import translation
from webapp.management.results.claims import claims_of
from webapp.management.results.journal import Header, Journal, JournalError
from webapp.management.results.page import page_of
from webapp.management.results.pictures import FIGURE_6, FRONTS, pictures_of
from webapp.management.results.plan import Plan
from webapp.management.results.run import ResultsRun
from webapp.management.results.streams import compared_on_streams, heard_of
from webapp.management.results.values import values_of
from webapp.models import ArtifactChunk, Comparison, Dataset, SplitOpening, Study, Trial
from webapp.queries.finals import features_hash
from webapp.services import comparisons, openings, restoring, studies, trials
from webapp.worker import evaluating, suggesting
from webapp.worker.opening import evaluate_splits

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = Plan(trials=2, full_epochs=40, qat_epochs=1, finalists=1, seeds=2, baselines=("TC-ResNet8",))
BASELINE, FINALISTS = "TC-ResNet8-1.0", "Finalists of Results: NAS-Bayesian"


@pytest.fixture
def dataset() -> Dataset:
    return packs.dataset_with_features(clips_per_class=20, is_test_split_readable=True)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.jsonl"


@pytest.fixture(scope="module")
def finished_files() -> dict[str, bytes]:
    """Journal and networks of a whole run, by names; empty before the first test that needs one has made it."""
    return {}


@pytest.fixture
def finished(dataset: Dataset, worker: str, journal: Path, finished_files: dict[str, bytes]) -> Path:
    """The journal of a whole run of `PLAN`, of which nothing else is left here."""
    if not finished_files:
        work(begun(dataset, journal), worker)
        leave_to_another_machine()
        files = [journal, *networks_of(journal).iterdir()]
        finished_files.update({str(file.relative_to(journal.parent)): file.read_bytes() for file in files})
    for name, content in finished_files.items():
        path = journal.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return journal


def networks_of(journal: Path) -> Path:
    return journal.with_name("j-networks")


def begun(dataset: Dataset, path: Path, plan: Plan = PLAN) -> ResultsRun:
    return ResultsRun(dataset, plan, Journal(path, Header(dataset.name, features_hash(dataset), plan.to_json())))


def work(run: ResultsRun, worker) -> tuple[int, int]:
    """Do what the workers would until the run is over; the number of trainings, and of openings evaluated."""
    trained = opened = 0
    while run.advance() is not None:
        for study in Study.objects.filter(state=Study.State.RUNNING):
            suggesting.suggest_for(study.pk)
        for trial in Trial.objects.filter(state=Trial.State.REQUESTED).order_by("pk"):
            evaluating.evaluate(trial.pk, worker)
            trained += 1
        for opening in SplitOpening.objects.filter(state=SplitOpening.State.EVALUATING):
            evaluate_splits(opening.pk, "data-1")
            opened += 1
    return trained, opened


def finish_searches(run: ResultsRun, **values: Any) -> None:
    """End the searches as they are, without a trial."""
    Study.objects.filter(pk__in=[study.pk for study in run.searches]).update(**{"state": "COMPLETED", **values})


def leave_to_another_machine() -> None:
    """Nothing is left but the data set, the journal and what lies next to it."""
    Comparison.objects.all().delete()
    Study.objects.filter(parent=None).delete()
    SplitOpening.objects.all().delete()


def changed_lines(path: Path, change: Any) -> None:
    """Replace the lines after the first by what `change` makes of them."""
    first, *others = path.read_text().splitlines()
    path.write_text("\n".join([first, *(json.dumps(change(json.loads(text))) for text in others)]) + "\n")


def test_a_run_on_another_machine_goes_on_from_the_journal_and_comes_to_the_same_figures(dataset, worker, journal):
    first = begun(dataset, journal)
    nothing_yet = values_of(first, dataset.name, PLAN.to_json())
    assert {one.verdict for one in claims_of(nothing_yet)} == {"not tested"}
    assert work(first, worker)[0] >= 5 * PLAN.trials
    before = values_of(first, dataset.name, PLAN.to_json())
    assert all(one["test"] for one in before["networks"])
    assert all(one["training_hours"] > 0 for one in before["searches"])
    pictures = pictures_of(first)
    page = page_of(json.loads(json.dumps(before)), "make results", tuple(pictures))
    assert set(pictures) == {FRONTS, FIGURE_6}
    for name, svg in pictures.items():
        assert f"]({name})" in page
        assert ElementTree.fromstring(svg).tag.endswith("svg")
    for shown in (*(one["name"] for one in before["networks"]), *(one.claim for one in claims_of(before))):
        assert shown in page
    opened = list(SplitOpening.objects.order_by("opened_at").values_list("label", "number", "opened_at"))
    leave_to_another_machine()
    second = begun(dataset, journal)
    assert work(second, worker) == (0, 0)
    assert list(SplitOpening.objects.order_by("opened_at").values_list("label", "number", "opened_at")) == opened
    assert values_of(second, dataset.name, PLAN.to_json()) == before
    assert second.failures() == []


def test_networks_that_are_trained_again_are_opened_under_the_number_after_the_journals(dataset, worker, finished):
    of_the_trial, of_the_opening = (f"tflite/{digit * 64}.tflite" for digit in "ab")

    def of_another_training(line: dict[str, Any]) -> dict[str, Any]:
        if not line["label"].startswith(BASELINE):
            return line
        if "tflite" in line:
            return line | {"tflite": of_the_trial}
        return line | {"seeds": [[seed, of_the_opening, *answers] for seed, _, *answers in line["seeds"]]}

    changed_lines(finished, of_another_training)
    second = begun(dataset, finished)
    assert work(second, worker) == (PLAN.seeds, 1)
    numbers = SplitOpening.objects.values_list("label", "number")
    assert {number for name, number in numbers if name == BASELINE} == {2}
    assert {number for name, number in numbers if name != BASELINE} == {1}
    marked = [one["name"] for one in values_of(second, "d", {})["networks"] if one["times_opened"] > 1]
    assert marked == [BASELINE]


def test_a_finalist_is_never_completed_with_the_network_of_another_architecture(dataset, worker, finished):
    other = translation.baseline_network(baseline("MobileNetV1"), dataset).to_json()
    changed_lines(finished, lambda line: line | ({"architecture": other} if line["study"] == FINALISTS else {}))
    second = begun(dataset, finished)
    assert work(second, worker)[0] == PLAN.seeds
    values = next(line for line in map(json.loads, finished.read_text().splitlines()[1:]) if line["label"])
    trial = rows.requested_trials(rows.running_study(dataset=dataset))[0]
    with pytest.raises(ValueError, match="trained another architecture"):
        restoring.complete_from(trial=trial, values=values | {"architecture": other}, network=b"")


def test_of_networks_whose_files_are_lost_only_those_that_are_needed_are_trained_again(dataset, worker, finished):
    [kept] = networks_of(finished).iterdir()  # all simulated networks are the same file
    network = kept.read_bytes()
    kept.write_bytes(network[:10])
    ArtifactChunk.objects.filter(name__startswith="tflite/").delete()
    second = begun(dataset, finished)
    assert work(second, worker) == (2, 0), "the first seeds of the best network and of the baseline, for the streams"
    assert second.failures() == []
    assert kept.read_bytes() == network


def test_a_network_that_was_trained_again_is_kept_in_the_journal_and_not_trained_a_third_time(
    dataset, worker, finished
):
    lost = f"tflite/{'a' * 64}.tflite"

    def of_another_training(line: dict[str, Any]) -> dict[str, Any]:
        if not line["label"].startswith(BASELINE):
            return line
        if "tflite" in line:
            return line | {"tflite": lost}
        return line | {"seeds": [[seed, lost, *answers] for seed, _, *answers in line["seeds"]]}

    changed_lines(finished, of_another_training)
    second = begun(dataset, finished)
    assert work(second, worker) == (1, 0)
    [repetition] = Trial.objects.exclude(reproduces=None)
    [heard] = [heard_of(one) for _, one in compared_on_streams(second.searches) if one.finalist.label == BASELINE]
    assert (heard, second.failures()) == (repetition, [])
    leave_to_another_machine()
    assert work(begun(dataset, finished), worker) == (0, 0)


@pytest.mark.parametrize(
    ("plan", "words"), [(replace(PLAN, trials=3), "trials 2, not 3"), (PLAN, "[Dd]ata ?set .*, not elsewhere")]
)
def test_studies_of_another_run_that_have_the_names_of_this_one_are_refused(dataset, worker, tmp_path, plan, words):
    begun(dataset, tmp_path / "a.jsonl")
    if plan == PLAN:
        dataset = rows.ready_dataset(
            pack=dataset.pack.name, counts=dataset.counts, frontend=rows.FRONTEND, name="elsewhere"
        )
    with pytest.raises(JournalError, match=f"is of another run: .*{words}.*another name or delete it"):
        begun(dataset, tmp_path / "b.jsonl", plan)


def test_a_comparison_of_the_users_keeps_its_name_and_studies(dataset, worker, journal):
    mine = rows.running_study(dataset=dataset)
    theirs = comparisons.create(name="Results", study_ids=[mine.pk])
    run = begun(dataset, journal)
    assert list(theirs.studies.all()) == [mine]
    assert run.comparison.name == "Results 2"
    comparisons.add_studies(comparison_id=run.comparison.pk, study_ids=[mine.pk])
    assert begun(dataset, journal).comparison == run.comparison
    assert mine in run.comparison.studies.all()


def fail_all(reason: str) -> None:
    for trial in Trial.objects.filter(state=Trial.State.REQUESTED):
        assert trials.claim(trial_id=trial.pk, worker="w")
        trials.fail(trial_id=trial.pk, worker="w", reason=reason)


def test_a_baseline_that_fails_is_retried_once_and_then_stated(dataset, worker, journal):
    run = begun(dataset, journal)
    finish_searches(run)
    while run.advance() is not None:
        fail_all("out of memory")
    assert Trial.objects.filter(study__kind="finals").count() == 2 * PLAN.seeds
    assert len(run.failures()) == PLAN.seeds
    assert "TC-ResNet8-1.0, seed 1 of Finals of the baselines of" in run.failures()[0]
    assert "out of memory" in run.failures()[0]
    assert run.failures()[0] in page_of(values_of(run, dataset.name, PLAN.to_json()), "make results")


def test_a_network_of_which_one_seed_fails_is_evaluated_with_the_others(dataset, worker, journal):
    run = begun(dataset, journal)
    finish_searches(run)
    run.advance()
    first = Trial.objects.filter(study__kind="finals").earliest("number")
    for _ in range(2):
        trial = Trial.objects.get(label=first.label, state=Trial.State.REQUESTED)
        assert trials.claim(trial_id=trial.pk, worker="w")
        trials.fail(trial_id=trial.pk, worker="w", reason="out of memory")
    assert work(run, worker) == (PLAN.seeds - 1, 1)
    assert SplitOpening.objects.get().results.count() == PLAN.seeds - 1
    assert len(run.failures()) == 1


def test_a_search_that_fails_ends_the_run_and_is_resumed_at_the_next_start(dataset, worker, journal):
    run = begun(dataset, journal)
    one, *others = run.searches
    Study.objects.filter(pk=one.pk).update(state="FAILED", reason="No suggestion could be made")
    assert f"{one.name} failed: No suggestion could be made. Start the command again" in run.advance()
    Study.objects.filter(pk__in=[study.pk for study in others]).update(state="COMPLETED")
    assert run.advance() is None
    assert run.failures() == [f"{one.name} failed: No suggestion could be made. Start the command again to resume it."]
    again = begun(dataset, journal)
    assert again.failures() == []
    assert again.advance() == "searches: 0 of 10 trials"


def test_a_paused_study_is_stated_and_resumed_at_the_next_start(dataset, worker, journal):
    run = begun(dataset, journal)
    studies.pause(study_id=run.searches[0].pk)
    assert run.advance().endswith(f"{run.searches[0].name} is paused: Paused by a person. Resume it on its page")
    run = begun(dataset, journal)
    finish_searches(run)
    run.advance()
    container = Study.objects.get(kind="finals")
    studies.pause(study_id=container.pk)
    assert f"{container.name} is paused" in run.advance()
    assert begun(dataset, journal).advance() == "finalists and baselines: 0 trained, 2 to go"


def test_an_opening_that_fails_is_stated_and_counts(dataset, worker, journal):
    run = begun(dataset, journal)
    finish_searches(run)
    while not (run.advance() or "").startswith("test split"):
        for trial in Trial.objects.filter(state=Trial.State.REQUESTED).order_by("pk"):
            evaluating.evaluate(trial.pk, worker)
    opening = SplitOpening.objects.get()
    assert '"EVALUATING"' in journal.read_text()  # an opening is in the journal before it is evaluated
    assert openings.claim(opening_id=opening.pk, worker="d")
    openings.fail(opening_id=opening.pk, worker="d", reason="died")
    assert run.advance() is None
    assert "was not evaluated on the test split: died. Open it again" in run.failures()[0]
    leave_to_another_machine()
    second = begun(dataset, journal)
    finish_searches(second)
    assert work(second, worker) == (0, 1)
    assert SplitOpening.objects.get().number == 2


def test_the_command_ends_with_what_failed_and_writes_it_on_the_page(dataset, worker, journal, tmp_path):
    Dataset.objects.filter(pk=dataset.pk).update(options={"folder": str(tmp_path)})
    plan = replace(PLAN, baselines=NAMES)
    run = begun(dataset, journal, plan)
    finish_searches(run)
    while run.advance() is not None:
        fail_all("out of memory")
    numbers = {name: getattr(plan, name) for name in ("trials", "full_epochs", "qat_epochs", "finalists", "seeds")}
    files = {"data": tmp_path, "journal": journal, "page": tmp_path / "page.md"}
    with pytest.raises(CommandError, match=r"TC-ResNet8-1\.0, seed 2 of .* failed: out of memory"):
        call_command("results_guide", address="http://localhost", **files, **numbers)
    assert "**Something failed**" in (tmp_path / "page.md").read_text()


def test_trials_of_the_journal_that_an_earlier_version_began_are_restored():
    lines = map(json.loads, Path("benchmarks/results/results.jsonl").read_text("utf-8").splitlines()[1:])
    ended = [line for line in lines if line["study"] == "Results: NAS-HyperFirefly"]
    study = rows.draft_study()
    assert restoring.restore_trials(study_id=study.pk, ended=ended) == len(ended) > 0
    assert {line["number"] for line in ended} == set(study.trials.values_list("number", flat=True))
    assert restoring.restore_trials(study_id=study.pk, ended=ended) == 0
