"""Folders as people bring them, with right answers that were worked out by hand."""

from pathlib import Path

import pytest

from nas_engine.audio.checks import group_leaks
from nas_engine.audio.clips import Scan, scan
from nas_engine.audio.layouts.base import ReadingOptions
from tests.nas_engine.audio.layouts.copies import Counts, counts, kinds
from tests.real_data import DATA

pytestmark = pytest.mark.real_data("cases")


def case(name: str) -> Scan:
    return scan(DATA / "cases" / "audio" / name)


def alike(labels: str, **numbers: int) -> Counts:
    return {split: dict.fromkeys(labels.split(), number) for split, number in numbers.items()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("us8k_kaggle", alike("car_horn dog_bark", train=12, eval=4, test=4)),
        ("fsd50k", alike("Bark Siren", train=4, eval=2, test=2)),
        ("split_lists", alike("dog siren", train=3, eval=2, test=2)),
        ("hf_split_metadata", alike("dog siren", train=3, eval=2, test=2)),
        ("nemo", alike("no yes", train=3, eval=2, test=2)),
        ("speech_commands", alike("no up yes", train=8, eval=2, test=2)),
        ("edge_impulse", alike("_noise hello", train=3, eval=1, test=2)),
        ("esc50_kaggle", alike("dog_barking negative siren", train=3, eval=1, test=1)),
        ("audacity", alike("dog siren", train=2, eval=2)),
        (
            "list_speaker",
            {"train": {"dog": 3, "siren": 3}, "eval": {"dog": 2, "siren": 1}, "test": {"dog": 1, "siren": 2}},
        ),
    ],
)
def test_classes_and_splits_are_those_of_the_lists(name: str, expected: Counts) -> None:
    result = case(name)
    assert counts(result) == expected
    assert not [problem for problem in result.problems if problem.severity == "error"]


def test_the_recordings_of_urban_sound_are_groups() -> None:
    result = case("us8k_kaggle")
    assert all(clip.group == clip.path.name.partition("-")[0] for clip in result.clips)
    assert {"folds", "already_cut"} <= set(kinds(result))


def test_a_speaker_in_two_splits_is_a_warning_with_the_name() -> None:
    result = case("list_speaker")
    assert {clip.group for clip in result.clips} == {f"s{number}" for number in range(6)}
    (problem,) = group_leaks(result.clips, result.group_noun)
    assert (problem.severity, problem.where) == ("warning", "speaker s4")
    assert "1 in eval, 1 in test" in problem.message


def test_the_speakers_of_speech_commands_lie_in_one_split_each_and_noise_is_no_keyword() -> None:
    result = case("speech_commands")
    assert group_leaks(result.clips, result.group_noun) == []
    assert {clip.group for clip in result.clips if clip.split == "test"} == {"5f607182"}
    assert [problem.where for problem in result.problems] == ["_background_noise_"]


def test_labels_that_include_others_are_named_and_no_clip_is_lost() -> None:
    result = case("fsd50k")
    assert len(result.clips) == 16
    (problem,) = [problem for problem in result.problems if problem.kind == "broader_labels"]
    assert "Animal, Dog for Bark" in problem.message


def test_label_tracks_give_parts_of_recordings() -> None:
    result = case("audacity")
    first = result.clips[0]
    assert (first.source_name, first.start_s, first.end_s, first.label) == (
        "rec1.wav from 0.5 to 1.5 s",
        0.5,
        1.5,
        "dog",
    )
    assert {clip.group for clip in result.clips} == {"rec1.wav", "rec2.wav"}


def test_esc_50_can_keep_its_categories() -> None:
    path = DATA / "cases" / "audio" / "esc50_kaggle"
    result = scan(path, ReadingOptions(esc50_classes="all"))
    assert counts(result) == alike("dog rain siren", train=3, eval=1, test=1)
    assert {clip.path.parent for clip in result.clips} == {Path(path, "audio", "audio")}
