from dataclasses import dataclass

import pytest

from nas_engine.audio.checks import (
    DatasetProblem,
    alike_classes,
    count_clips,
    group_leaks,
    missing_classes,
    require_trainable,
    shortened,
    vanished_classes,
    without_duplicates,
)
from nas_engine.errors import BadDataset


@dataclass(frozen=True)
class Clip:
    split: str
    label: str
    source_name: str
    group: str = ""
    sha256: str = ""


def test_a_copy_in_a_later_split_is_left_out_and_listed() -> None:
    clips = [Clip("eval", "dog", "e.wav", sha256="1"), Clip("train", "dog", "t.wav", sha256="1")]
    kept, problems = without_duplicates(clips)
    assert [clip.source_name for clip in kept] == ["t.wav"]
    assert [(problem.kind, problem.where) for problem in problems] == [("duplicate_across_splits", "eval: e.wav")]
    assert "t.wav in train" in problems[0].message


def test_a_copy_in_the_same_split_is_left_out() -> None:
    clips = [Clip("train", "dog", name, sha256="1") for name in "abc"] + [Clip("train", "dog", "d", sha256="2")]
    kept, problems = without_duplicates(clips)
    assert [clip.source_name for clip in kept] == ["a", "d"]
    assert [problem.kind for problem in problems] == ["duplicate", "duplicate"]


def test_a_copy_with_another_class_names_both_classes() -> None:
    clips = [Clip("train", "dog", "a", sha256="1"), Clip("test", "siren", "b", sha256="1")]
    _, (problem,) = without_duplicates(clips)
    assert problem.kind == "duplicate_with_other_class"
    assert "'dog'" in problem.message
    assert "'siren'" in problem.message


def test_a_recording_in_two_splits_is_reported_with_its_clips() -> None:
    clips = [Clip("train", "dog", "a", "walk"), Clip("eval", "dog", "b", "walk"), Clip("train", "dog", "c", "walk")]
    (problem,) = group_leaks([*clips, Clip("eval", "dog", "d", "garden")])
    assert (problem.kind, problem.where) == ("group_in_two_splits", "recording walk")
    assert "3 clips of one recording lie in several splits (2 in train, 1 in eval)" in problem.message


def test_clips_of_unknown_recordings_are_no_leak() -> None:
    assert group_leaks([Clip("train", "dog", "a"), Clip("eval", "dog", "b")]) == []


def test_a_class_without_clips_in_a_split_is_reported() -> None:
    counts = count_clips(
        [Clip("train", "dog", "a"), Clip("train", "cat", "b"), Clip("eval", "dog", "c")], ("cat", "dog")
    )
    assert counts == {"train": {"cat": 1, "dog": 1}, "eval": {"cat": 0, "dog": 1}, "test": {"cat": 0, "dog": 0}}
    assert [(problem.kind, problem.where) for problem in missing_classes(counts)] == [
        ("class_without_clips", "eval: cat"),
        ("empty_split", "test"),
    ]


def test_classes_that_differ_in_capitals_and_signs_alone_are_a_warning() -> None:
    (problem,) = alike_classes(("Dog Bark", "cat", "dog_bark", "犬", "?", "!"))
    assert (problem.kind, problem.severity, problem.where) == ("classes_alike", "warning", "Dog Bark and dog_bark")
    assert alike_classes(("dog", "dogs", "hot dog")) == []


def test_a_class_of_which_nothing_can_be_used_is_reported() -> None:
    (problem,) = vanished_classes([Clip("train", "dog", "a"), Clip("train", "cat", "b")], ("dog",))
    assert (problem.kind, problem.where) == ("class_left_out", "cat")


@pytest.mark.parametrize("absent", ["train", "eval"])
def test_without_clips_to_train_or_compare_on_the_dataset_is_refused(absent: str) -> None:
    clips = [Clip(split, label, "x") for split in ("train", "eval") for label in ("a", "b") if split != absent]
    problem = DatasetProblem("silent", "error", "b.wav", "It is silent.")
    with pytest.raises(BadDataset, match=rf"No usable clips in {absent}.* b\.wav: It is silent"):
        require_trainable(count_clips(clips, ("a", "b")), [problem])


def test_a_single_class_is_refused() -> None:
    clips = [Clip("train", "a", "x"), Clip("eval", "a", "y"), Clip("eval", "b", "z")]
    with pytest.raises(BadDataset, match="All training clips are of the class 'a'"):
        require_trainable(count_clips(clips, ("a", "b")), [])


def test_two_classes_with_train_and_eval_clips_suffice() -> None:
    clips = [Clip(split, label, "x") for split in ("train", "eval") for label in ("a", "b")]
    require_trainable(count_clips(clips, ("a", "b")), [])


def test_a_long_list_of_one_kind_is_shortened_and_counts_the_rest() -> None:
    many = [DatasetProblem("missing_file", "error", f"line {n}", "gone") for n in range(70)]
    short = shortened([*many, DatasetProblem("silent", "error", "a", "quiet")])
    assert len(short) == 52
    assert (short[50].where, short[50].severity) == ("20 more", "error")
    assert shortened(many[:50]) == many[:50]
