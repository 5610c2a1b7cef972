"""Answers by recording: sums, the variance between recordings, and answers that do not fit together."""

import numpy as np
import pytest

from nas_engine.statistics.answers import Answers, RecordingSums, recording_count, sums_by_recording

CORRECT = np.array([[1.0, 0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0, 0.0]])
RECORDINGS = ("dog 1", "", "dog 1", "cat 7", "")


def answers(**changes: object) -> Answers:
    fields = {"correct": CORRECT, "seeds": (1, 2), "clips": tuple("abcde"), "recordings": RECORDINGS}
    return Answers(**(fields | changes))


def test_clips_are_summed_by_recording_and_unnamed_ones_stand_alone() -> None:
    sums = answers().by_recording()
    assert sums.correct.tolist() == [[2, 0, 1, 0], [1, 1, 1, 0]]
    assert sums.clips.tolist() == [2, 1, 1, 1]
    assert recording_count(RECORDINGS) == 4
    assert sums.accuracy == pytest.approx(CORRECT.mean())
    assert sums.of_seeds.tolist() == pytest.approx([0.6, 0.6])


def test_a_recording_named_as_a_position_is_not_mistaken_for_a_clip_that_stands_alone() -> None:
    assert recording_count(["", "0", "", "2"]) == 4


def test_clips_of_a_single_recording_are_taken_one_by_one() -> None:
    sums = sums_by_recording(CORRECT, ["dog 1"] * 5)
    assert sums.clips.tolist() == [1] * 5
    assert sums.correct.tolist() == CORRECT.tolist()


def test_the_variance_of_independent_clips_is_the_binomial_one() -> None:
    correct = np.array([[1.0] * 30 + [0.0] * 10])
    assert sums_by_recording(correct, [""] * 40).variance == pytest.approx(0.75 * 0.25 / 39)


def test_the_variance_between_recordings_is_close_to_the_jackknifes() -> None:
    """Both are first-order estimates of a ratio's variance: they agree to 1/n."""
    rng = np.random.default_rng(0)
    clips = rng.integers(1, 5, 200).astype(float)
    correct = rng.binomial(clips.astype(int), 0.7).astype(float)
    left_out = (correct.sum() - correct) / (clips.sum() - clips)
    jackknife = 199 / 200 * ((left_out - left_out.mean()) ** 2).sum()
    assert RecordingSums(correct[None], clips).variance == pytest.approx(jackknife, rel=0.01)


def test_recordings_of_equal_shares_have_a_variance_of_0_and_none_of_rounding() -> None:
    sums = sums_by_recording(np.array([[1.0, 1.0, 0.0] * 7]), np.repeat(list("abcdefg"), 3).tolist())
    assert sums.variance == 0.0


def test_answers_are_chosen_by_seed_and_clip_in_the_order_given() -> None:
    chosen = answers().of((2,), ("d", "a", "b"))
    assert chosen.correct.tolist() == [[1, 1, 1]]
    assert (chosen.seeds, chosen.clips, chosen.recordings) == ((2,), ("d", "a", "b"), ("cat 7", "dog 1", ""))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": (1, 2, 3)}, r"must be \[seeds, clips\]"),
        ({"recordings": ("x",)}, "with a recording for each"),
        ({"seeds": (1, 1)}, "a seed has answers twice"),
        ({"clips": tuple("abcda")}, "a clip has answers twice"),
        ({"correct": CORRECT * 2}, "there is another number"),
        ({"correct": CORRECT * np.nan}, "there is another number"),
        ({"correct": CORRECT[:, :0]}, "at least one of each"),
        ({"correct": CORRECT[0]}, "at least one of each"),
    ],
)
def test_answers_that_do_not_fit_together_are_rejected(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        answers(**changes)
