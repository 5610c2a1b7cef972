"""Plans of evaluations: stored and restored, refused where they cannot be; halves that share no recording."""

from collections import Counter

import pytest

from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.plan import EvaluationPlan, halves


def test_a_plan_is_restored_from_its_json() -> None:
    loop = LoopSettings(hop_s=0.5, smoothing_windows=2, needed=2, among=3)
    plan = EvaluationPlan(2.5, 30.0, (10.0, -5.0), 3.0, 2.0, 7, loop, FalseAlarmTarget(1 / 24))
    assert EvaluationPlan.from_json(plan.to_json()) == plan


def test_hours_are_divided_into_streams_that_fit_into_memory_each_of_a_seed_of_its_own() -> None:
    plan = EvaluationPlan(hours=2.5, seed=3)
    assert plan.streams == 3
    made = [plan.composition(10.0, number) for number in range(2 * plan.streams)]
    assert sum(one.duration_s for one in made) == pytest.approx(2 * 2.5 * 3600)
    assert len({one.seed for one in made}) == 6
    assert not {one.seed for one in made} & {EvaluationPlan(seed=2).composition(0.0, n).seed for n in range(24)}


@pytest.mark.parametrize(
    "wrong", [{"hours": 0.0}, {"hours": 13.0}, {"snr_db": ()}, {"snr_db": (1.0, 1.0)}, {"collar_s": -1.0},
              {"seed": -1}, {"shortest_gap_s": -1.0}, {"snr_db": (float("nan"),)}],
)  # fmt: skip
def test_what_no_evaluation_can_do_is_refused_by_name(wrong: dict[str, object]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        EvaluationPlan(**wrong)


def test_halves_share_no_recording_and_part_every_class() -> None:
    labels = ["dog"] * 8 + ["siren"] * 8 + ["negative"] * 9
    recordings = [f"r{n // 2}" for n in range(16)] + [""] * 9
    first, second = halves(labels, recordings, seed=1)
    assert sorted(first + second) == list(range(25))
    assert not {recordings[n] for n in first if recordings[n]} & {recordings[n] for n in second}
    counts = [Counter(labels[n] for n in half) for half in (first, second)]
    assert [one["dog"] for one in counts] == [4, 4]
    assert [one["siren"] for one in counts] == [4, 4]
    assert {one["negative"] for one in counts} == {4, 5}
    assert halves(labels, recordings, seed=1) == (first, second)
    assert halves(labels, recordings, seed=2) != (first, second)


def test_background_of_one_recording_is_parted_by_clip_so_that_no_half_is_without() -> None:
    labels = ["dog"] * 4 + ["negative"] * 5 + ["rain"]
    recordings = [f"r{n}" for n in range(4)] + ["room"] * 5 + ["roof"]
    for seed in range(5):
        parts = halves(labels, recordings, seed, ("negative", "rain"))
        assert sorted(Counter(labels[n] for n in part)["negative"] for part in parts) == [2, 3]
        assert sum(Counter(labels[n] for n in part)["rain"] for part in parts) == 1
        assert sorted([*parts[0], *parts[1]]) == list(range(10))
        assert 0 in [Counter(labels[n] for n in part)["negative"] for part in halves(labels, recordings, seed)]
