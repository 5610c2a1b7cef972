"""Time of workers: what counts as busy, and where the gaps are."""

from nas_engine.statistics.explanation.working_time import merged_spans, working_time


def test_a_worker_is_idle_between_its_trials_and_trials_that_overlap_count_once() -> None:
    found = working_time("a", [(30.0, 40.0), (0.0, 10.0), (5.0, 12.0), (12.0, 20.0)])
    assert (found.trials, found.first_seconds, found.last_seconds) == (4, 0.0, 40.0)
    assert found.busy_seconds == 30.0
    assert found.idle_seconds == 10.0
    assert found.longest_gap == (20.0, 30.0)


def test_one_trial_has_no_gap() -> None:
    found = working_time("a", [(3.0, 9.0)])
    assert (found.present_seconds, found.idle_seconds, found.longest_gap) == (6.0, 0.0, None)


def test_spans_with_small_gaps_are_drawn_as_one() -> None:
    spans = [(0.0, 1.0), (1.5, 2.0), (4.0, 5.0), (4.2, 4.5)]
    assert merged_spans(spans, 0.6) == [(0.0, 2.0), (4.0, 5.0)]
    assert merged_spans(spans, 0.0) == [(0.0, 1.0), (1.5, 2.0), (4.0, 5.0)]
    assert merged_spans([], 1.0) == []
