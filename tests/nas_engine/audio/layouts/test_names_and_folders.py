"""Labels in file names by a pattern that is shown, folders without lists, words for splits."""

from pathlib import Path

import pytest

from nas_engine.audio.clips import scan
from nas_engine.audio.layouts.split_words import meanings, splits_of_folds, splits_of_groups
from nas_engine.errors import BadDataset
from tests.nas_engine.audio.layouts.copies import counts, kinds, made, mapped

WORDS = ("dog_bark", "siren", "tap")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("{word}_{n:03}.wav", "{class}_#"),
        ("{word}-{n}.wav", "{class}-#"),
        ("{word} ({n}).flac", "{class} (#)"),
        ("{word}{n}.wav", "{class}#"),
        ("{n:02}_{word}.wav", "#_{class}"),
    ],
)
def test_a_pattern_that_fits_every_name_is_used_and_shown(tmp_path: Path, name: str, pattern: str) -> None:
    result = scan(made(tmp_path, [name.format(word=word, n=n) for word in WORDS for n in range(6)]))
    assert {clip.label for clip in result.clips} == set(WORDS)
    assert result.problems[0].message.startswith(f"Labels come from file names by the pattern {pattern}: ")


def test_a_word_between_other_parts_is_found(tmp_path: Path) -> None:
    names = [f"s{n % 3}_{n}_{word}_x{n}.wav" for n in range(12) for word in ("yes", "no")]
    with pytest.raises(BadDataset, match=r'"pattern": "\{class\}_\*_\*_\*".*"pattern": "\*_\*_\{class\}_\*"'):
        scan(made(tmp_path, names))
    result = mapped(tmp_path, pattern="{group}_*_{class}_*")
    assert {clip.label for clip in result.clips} == {"yes", "no"}
    assert {clip.group for clip in result.clips} == {"s0", "s1", "s2"}


def test_spoken_digits_need_a_pattern(tmp_path: Path) -> None:
    names = [f"{digit}_{speaker}_{n}.wav" for digit in range(3) for speaker in ("jackson", "nicolas") for n in range(4)]
    made(tmp_path, names)
    result = mapped(tmp_path, pattern="{class}_{group}_#")
    assert {clip.label for clip in result.clips} == {"0", "1", "2"}
    assert {clip.group for clip in result.clips} == {"jackson", "nicolas"}


def test_names_in_folders_of_splits_have_their_splits(tmp_path: Path) -> None:
    names = [
        f"{split}/{word}_{n}.wav" for split in ("train", "val", "test") for word in ("dog", "cat") for n in range(2)
    ]
    assert counts(scan(made(tmp_path, names))) == {s: {"cat": 2, "dog": 2} for s in ("train", "eval", "test")}


def test_splits_inside_of_classes_are_kept(tmp_path: Path) -> None:
    names = [f"{label}/{split}/{n}.wav" for label in ("cat", "dog") for split in ("train", "val") for n in range(2)]
    assert counts(scan(made(tmp_path, names))) == {"train": {"cat": 2, "dog": 2}, "eval": {"cat": 2, "dog": 2}}


def test_a_set_without_evaluation_clips_gives_whole_groups_of_training_to_it(tmp_path: Path) -> None:
    rows = [f"{s}/{n}.wav,{('dog', 'cat')[n % 2]},{s},speaker {n // 4}" for s in ("train", "test") for n in range(40)]
    lists = {"l.csv": "\n".join(["path,class,split,speaker", *(row.replace("test,s", "test,t") for row in rows)])}
    result = scan(made(tmp_path, [row.partition(",")[0] for row in rows], lists))
    assert counts(result) == {
        "train": {"cat": 16, "dog": 16},
        "eval": {"cat": 4, "dog": 4},
        "test": {"cat": 20, "dog": 20},
    }
    in_eval = {clip.group for clip in result.clips if clip.split == "eval"}
    assert in_eval.isdisjoint({clip.group for clip in result.clips if clip.split == "train"})
    (problem,) = [problem for problem in result.problems if problem.kind == "eval_taken"]
    assert "all clips of a speaker together" in problem.message


@pytest.mark.parametrize(
    ("kinds_of_split", "expected"),
    [
        ({"train", "val", "test"}, {"train": "train", "val": "eval", "test": "test"}),
        ({"train", "val", "eval"}, {"val": "eval", "eval": "test"}),
        ({"train", "eval", "test"}, {"eval": "eval", "test": "test"}),
        ({"train", "dev", "test"}, {"dev": "eval", "test": "test"}),
        ({"train", "dev", "eval"}, {"dev": "eval", "eval": "test"}),
        ({"dev", "eval"}, {"dev": "train", "eval": "test"}),
        ({"dev", "test"}, {"dev": "train", "test": "test"}),
        ({"dev"}, {"dev": "eval"}),
    ],
)
def test_words_for_splits_mean_what_they_mean_together(kinds_of_split: set[str], expected: dict[str, str]) -> None:
    assert expected.items() <= meanings(kinds_of_split).items()


def test_the_last_folds_are_for_testing_and_comparing() -> None:
    assert splits_of_folds(range(1, 6)) == {1: "train", 2: "train", 3: "train", 4: "eval", 5: "test"}
    ten = splits_of_folds(range(10))
    assert [number for number, split in ten.items() if split == "test"] == [9, 8]
    assert [number for number, split in ten.items() if split == "eval"] == [7, 6]
    assert splits_of_folds([1, 2]) == {1: "train", 2: "eval"}


def test_few_recordings_fill_train_and_eval_first() -> None:
    for number in range(2, 12):
        splits = splits_of_groups([f"recording {n}" for n in range(number)])
        assert {"train", "eval"} <= set(splits.values())
    assert set(splits_of_groups(["alone"])) == {"alone"}


def test_a_link_that_leads_back_ends_the_walk(tmp_path: Path) -> None:
    made(tmp_path, [f"{split}/dog/1.wav" for split in ("train", "eval")])
    (tmp_path / "train" / "dog" / "up").symlink_to(tmp_path)
    assert [clip.split for clip in scan(tmp_path).clips] == ["eval", "train"]
    assert kinds(scan(tmp_path)) == []


def test_folders_of_people_are_classes_with_a_warning(tmp_path: Path) -> None:
    result = scan(made(tmp_path, [f"Actor_{n:02}/{word}_{n}.wav" for n in range(4) for word in ("yes", "no")]))
    assert "classes_of_people" in kinds(result)


def test_a_number_within_a_name_is_no_part_of_the_class(tmp_path: Path) -> None:
    names = [f"{label}_id_{n % 2:02}_{n:08}.wav" for n in range(8) for label in ("normal", "anomaly")]
    assert {clip.label for clip in scan(made(tmp_path, names)).clips} == {"normal", "anomaly"}
