"""The step of a run of results that evaluates the best network and the baselines on streams of the test split."""

from dataclasses import replace
from functools import partial

import pytest

from nas_engine.audio.cache import CLOSED_SPLIT
from nas_engine.streaming.procedure.evaluating import evaluate_composed
from tests.webapp import finals, rows
from tests.webapp.bundles import network_of
from tests.webapp.factories import with_tflite
from tests.webapp.packs import dataset_with_features
from tests.webapp.streams import PLAN, by_level, sounds_of
from webapp import translation
from webapp.management.results.page import page_of
from webapp.management.results.streams import (
    compared_on_streams,
    evaluate_missing,
    failures_on_streams,
    reopen_failed,
    stream_values,
    streams_table,
    streams_words,
)
from webapp.models import Clip, Finalist, SplitOpening, StreamEvaluation, Study
from webapp.services import openings, stream_evaluations

pytestmark = pytest.mark.django_db


def opened_search(count: int) -> tuple[Study, list[Finalist]]:
    """A search with finalists of real untrained networks, one seed each, that were opened for."""
    study = finals.search(dataset=dataset_with_features())
    chosen = finals.finalists(study, count, seeds=2)
    for place, finalist in enumerate(chosen):
        for trial in finals.train(finalist, first_accuracy=0.7 - 0.1 * place):
            with_tflite(trial, network_of(translation.architecture(trial.architecture)))
        opening = openings.open_test_split(finalist_id=finalist.pk)
        assert openings.claim(opening_id=opening.pk, worker="data-1")
        evaluated = finals.evaluated(finalist)
        assert openings.complete(opening_id=opening.pk, worker="data-1", evaluated=evaluated)
    return study, chosen


def compute(row: StreamEvaluation) -> None:
    """Complete an evaluation by a listener that hears levels."""
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-1")
    parts = stream_evaluations.clips_for(row.trial, PLAN, row.opening)
    choosing, measuring = partial(sounds_of, parts.choosing), partial(sounds_of, parts.measuring)
    outcome = evaluate_composed(choosing, measuring, PLAN, by_level)
    clips = [clip.pk for clip in parts.measuring]
    assert stream_evaluations.complete(
        evaluation_id=row.pk, worker="data-1", seen_plan=row.plan, clips=clips, outcome=outcome
    )


def test_the_best_network_is_measured_once_on_the_test_split_under_its_opening() -> None:
    study, (best, _) = opened_search(2)
    assert [(name, one.finalist) for name, one in compared_on_streams([study])] == [(study.name, best)]
    assert evaluate_missing([study], PLAN) == 1
    assert evaluate_missing([study], replace(PLAN, seed=4)) == 1
    row = StreamEvaluation.objects.get()
    assert row.opening == SplitOpening.objects.get(finalist=best)
    assert row.trial.seed == min(one.trial.seed for one in row.opening.results.all())
    assert row.plan == PLAN.to_json()
    compute(row)
    assert evaluate_missing([study], PLAN) == 0
    row.refresh_from_db()
    assert {one.split for one in Clip.objects.filter(pk__in=row.clips)} == {CLOSED_SPLIT}
    [found] = stream_values([study])
    assert found["name"] == f"{study.name}, {best.label}"
    [line] = streams_table([found])
    together = row.result["together"]
    assert line[1].startswith(f"{100 * together['miss_rate']:.1f}")
    assert line[2] == f"{together['false_alarms_per_hour']:.2f}"
    assert "20 dB: " in line[4]
    assert f"{together['events']} events" in streams_words([found])
    assert f"thresholds gave {together['false_alarms_per_hour'] / PLAN.target.per_hour:.2g} times" in streams_words(
        [found]
    )
    noisier = found | {"together": together | {"false_alarms_per_hour": 44.0 * PLAN.target.per_hour}}
    assert " to 44 times the target" in streams_words([found, noisier])


def test_what_failed_is_said_and_begun_again_by_the_next_start() -> None:
    study, _ = opened_search(1)
    evaluate_missing([study], PLAN)
    row = StreamEvaluation.objects.get()
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-1")
    assert stream_evaluations.fail(evaluation_id=row.pk, worker="data-1", reason="The clips are gone.")
    assert evaluate_missing([study], PLAN) == 0
    [sentence] = failures_on_streams([study])
    assert "was not evaluated on streams: The clips are gone. Start the command again" in sentence
    reopen_failed([study])
    row.refresh_from_db()
    assert (row.state, row.reason) == ("COMPUTING", "")
    assert list(failures_on_streams([study])) == []


def test_simulated_networks_are_left_out_and_end_no_run() -> None:
    study = finals.search()
    finals.make_finals(study, count=1, seeds=1, opened=1, waiting=0)
    for one in compared_on_streams([study]):
        for result in one[1].opening.results.all():
            rows.store_simulated_network(result.trial)
    assert len(compared_on_streams([study])) > 1
    assert evaluate_missing([study], PLAN) == 0
    assert stream_values([study]) == []


def test_the_page_has_a_section_on_streams_with_and_without_figures() -> None:
    empty = {
        "dataset": "sounds", "settings": {"trials": 1, "full_epochs": 1, "finalists": 1, "seeds": 1}, "searches": [],
        "table1": [], "networks": [], "differences": [], "best": {}, "environment": {}, "failures": [],
    }  # fmt: skip
    assert "## On streams\n\nNothing was evaluated yet." in page_of(empty, "make results")
    study, _ = opened_search(1)
    evaluate_missing([study], PLAN)
    compute(StreamEvaluation.objects.get())
    page = page_of(empty | {"streams": stream_values([study])}, "make results")
    assert "| network | missed | false alarms an hour |" in page


def test_a_network_that_cannot_be_evaluated_is_a_failure_with_its_reason() -> None:
    study, _ = opened_search(1)
    Clip.objects.filter(split=CLOSED_SPLIT).exclude(label="negative").delete()
    assert evaluate_missing([study], PLAN) == 0
    [sentence] = failures_on_streams([study], PLAN)
    assert "was not evaluated on streams: The test split of" in sentence
    assert "too few recordings" in sentence


def test_the_table_states_the_median_and_the_background_that_there_was() -> None:
    study, _ = opened_search(1)
    Clip.objects.filter(split=CLOSED_SPLIT, label="negative").delete()
    evaluate_missing([study], PLAN)
    compute(StreamEvaluation.objects.get())
    [found] = stream_values([study])
    assert "over generated pink noise:" in streams_words([found])
    classes = [{"latency_median_s": one} for one in (1.0, 4.0)]
    [line] = streams_table([found | {"together": found["together"] | {"classes": classes}}])
    assert line[-1] == "2.5 s"
