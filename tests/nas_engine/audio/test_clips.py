from collections import Counter
from pathlib import Path

import pytest

from nas_engine.audio.clips import labels_in_order, scan
from nas_engine.audio.layouts.base import ReadingOptions
from nas_engine.audio.layouts.split_words import split_of_group
from nas_engine.audio.synthesis.positive_classes import POSITIVE
from nas_engine.errors import BadDataset

NINE_CLASSES = (*POSITIVE, "negative")


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def listed(root: Path, text: str, name: str = "clips.csv", encoding: str = "utf-8") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding=encoding)
    return root


def found(path: Path) -> set[tuple[str, str, str]]:
    return {(clip.split, clip.label, clip.source_name) for clip in scan(path).clips}


def test_split_and_class_folders_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "train/dog/1.wav", "train/Negative/2.FLAC", "eval/dog/3.ogg", "test/dog/deep/4.mp3")
    assert found(tmp_path) == {
        ("train", "dog", "train/dog/1.wav"),
        ("train", "negative", "train/Negative/2.FLAC"),
        ("eval", "dog", "eval/dog/3.ogg"),
        ("test", "dog", "test/dog/deep/4.mp3"),
    }
    assert scan(tmp_path).layout == "folders split/class"


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("Training", "train"),
        ("val", "eval"),
        ("valid", "eval"),
        ("validation", "eval"),
        ("dev", "eval"),
        ("Evaluation", "eval"),
        ("testing", "test"),
    ],
)
def test_other_names_of_the_splits_are_understood(tmp_path: Path, folder: str, split: str) -> None:
    touch(tmp_path, f"{folder}/dog/1.wav", "other/readme.txt")
    assert {clip.split for clip in scan(tmp_path).clips} == {split}


def test_class_folders_without_splits_are_split_by_file(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{label}/{n}.wav" for label in ("dog", "cat") for n in range(500)))
    result = scan(tmp_path)
    counted = Counter(clip.split for clip in result.clips)
    assert counted["train"] == pytest.approx(600, abs=60)
    assert counted["eval"] == pytest.approx(200, abs=50)
    assert counted["test"] == pytest.approx(200, abs=50)
    assert [problem.kind for problem in result.problems] == ["split_assigned"]
    assert "1000 clips came without a split" in result.problems[0].message


def test_a_single_folder_around_everything_is_entered(tmp_path: Path) -> None:
    touch(tmp_path, "download/clips-v2/train/dog/1.wav", "download/clips-v2/eval/dog/2.wav", "__MACOSX/x", ".hidden")
    assert {clip.source_name for clip in scan(tmp_path).clips} == {"train/dog/1.wav", "eval/dog/2.wav"}


def test_a_folder_around_a_list_and_its_sounds_is_entered(tmp_path: Path) -> None:
    touch(listed(tmp_path / "download", "path,class,split\n1.wav,dog,train\n"), "1.wav")
    assert found(tmp_path) == {("train", "dog", "1.wav")}


def test_a_lone_split_folder_is_not_taken_for_a_wrapper(tmp_path: Path) -> None:
    touch(tmp_path, "train/dog/1.wav")
    assert found(tmp_path) == {("train", "dog", "train/dog/1.wav")}


def test_other_files_hidden_files_and_empty_folders_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path, "train/dog/1.wav", "train/dog/notes.txt", "train/dog/2.m4a", "train/dog/._1.wav", "eval/cat/x.txt")
    problems = {(problem.kind, problem.severity, problem.where) for problem in scan(tmp_path).problems}
    assert problems == {
        ("not_audio", "note", "train/dog/notes.txt"),
        ("unknown_format", "error", "train/dog/2.m4a"),
        ("not_audio", "note", "eval/cat/x.txt"),
        ("empty_folder", "warning", "eval/cat"),
    }
    assert len(scan(tmp_path).clips) == 1


def test_a_list_gives_path_split_class_and_group_and_ignores_other_columns(tmp_path: Path) -> None:
    listed(tmp_path, "licence,path,split,class,source_group\nCC0,a/1.wav,validation,dog,walk\n")
    touch(tmp_path, "a/1.wav")
    (clip,) = scan(tmp_path).clips
    assert (clip.path, clip.split, clip.label, clip.group) == (tmp_path / "a/1.wav", "eval", "dog", "walk")
    assert scan(tmp_path).layout == "list clips.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    lines = [["File", "Label", "Split"], ["1.wav", "dog, barking" if delimiter != "," else "dog", "train"]]
    listed(tmp_path, "\r\n".join(delimiter.join(line) for line in lines) + "\r\n\r\n", encoding="utf-8-sig")
    touch(tmp_path, "1.wav")
    assert [clip.split for clip in scan(tmp_path).clips] == ["train"]


def test_a_list_can_be_named_directly(tmp_path: Path) -> None:
    touch(listed(tmp_path, "path,class\nsub\\1.wav,dog\n", "mine.csv"), "sub/1.wav")
    listed(tmp_path, "path,class\n", "other.csv")
    assert [clip.path for clip in scan(tmp_path / "mine.csv").clips] == [tmp_path / "sub/1.wav"]


def test_a_list_wins_over_folders_but_other_tables_do_not(tmp_path: Path) -> None:
    touch(tmp_path, "train/dog/1.wav", "eval/dog/2.wav")
    listed(tmp_path, "licence,author\nCC0,me\n", "licences.csv")
    assert scan(tmp_path).layout == "folders split/class"
    listed(tmp_path, "path,class,split\ntrain/dog/1.wav,wolf,test\n")
    assert found(tmp_path) == {("test", "wolf", "train/dog/1.wav")}


def test_missing_columns_are_named_with_the_file_and_those_found(tmp_path: Path) -> None:
    listed(tmp_path, "clip;label;split\n1.wav;dog;train\n", "list.csv")
    with pytest.raises(BadDataset, match=r"list\.csv: the column path is missing\. Found: clip, label, split\. Needed"):
        scan(tmp_path)
    with pytest.raises(BadDataset, match=r"path and class is missing\. Found: nothing"):
        scan(listed(tmp_path / "empty", ""))


def test_a_list_that_is_not_utf_8_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="Save the table as 'CSV UTF-8'"):
        scan(listed(tmp_path, "path,class\nb\xe4r.wav,dog\n", encoding="latin-1"))


def test_two_lists_are_refused_by_name(tmp_path: Path) -> None:
    listed(tmp_path, "path,class\n", "a.csv")
    listed(tmp_path, "path,class\n", "b.csv")
    with pytest.raises(BadDataset, match=r"a\.csv, b\.csv: more than one list"):
        scan(tmp_path)


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        ("gone.wav,train,dog", "missing_file", "no file 'gone.wav'"),
        ("../1.wav,train,dog", "outside", "lies outside"),
        ("a/../../1.wav,train,dog", "outside", "lies outside"),
        ("/etc/passwd,train,dog", "outside", "lies outside"),
        ("1.wav,holdout,dog", "unknown_split", "'holdout' is no split"),
        ("1.wav,train,", "incomplete_row", "has no class"),
        (",train,dog", "incomplete_row", "has no path"),
        ("1.wav", "incomplete_row", "has no class"),
        (f"1.wav,train,{'x' * 81}", "long_class", "longer than 80"),
    ],
)
def test_a_bad_row_is_listed_with_its_line_and_the_rest_is_read(
    tmp_path: Path, row: str, kind: str, message: str
) -> None:
    touch(listed(tmp_path / "set", f"path,split,class\n1.wav,train,dog\n{row}\n"), "1.wav")
    touch(tmp_path, "1.wav")
    result = scan(tmp_path / "set")
    assert len(result.clips) == 1
    (problem,) = result.problems
    assert (problem.kind, problem.severity, problem.where) == (kind, "error", "clips.csv, line 3")
    assert message in problem.message


def test_clips_without_a_split_go_where_their_recording_goes(tmp_path: Path) -> None:
    rows = [f"{n}.wav,dog,recording {n % 40}" for n in range(400)]
    touch(listed(tmp_path, "path,class,group\n" + "\n".join(rows)), *(f"{n}.wav" for n in range(400)))
    result = scan(tmp_path)
    by_group: dict[str, set[str]] = {}
    for clip in result.clips:
        by_group.setdefault(clip.group, set()).add(clip.split)
    assert all(len(splits) == 1 for splits in by_group.values())
    assert set.union(*by_group.values()) == {"train", "eval", "test"}
    assert "all clips of a group together" in result.problems[-1].message


def test_a_recordings_split_never_changes() -> None:
    """The shares are those of `printf 'recording 0' | sha256sum`: 0.957, 0.075, 0.362, 0.474, 0.748, 0.987."""
    expected = ["test", "train", "train", "train", "eval", "test"]
    assert [split_of_group(f"recording {number}") for number in range(6)] == expected


def test_esc_50_is_mapped_to_the_nine_classes_with_half_negatives(tmp_path: Path) -> None:
    esc_50(tmp_path / "ESC-50-master")
    result = scan(tmp_path)
    assert result.layout == "ESC-50"
    counted = Counter((clip.split, clip.label) for clip in result.clips)
    assert counted == {
        (split, label): folds * number
        for split, folds in (("train", 3), ("eval", 1), ("test", 1))
        for label, number in (("dog_barking", 2), ("siren", 2), ("water_running", 2), ("negative", 6))
    }
    dog = next(clip for clip in result.clips if clip.label == "dog_barking")
    assert dog.group == "freesound:7"
    assert not {clip.source_name for clip in result.clips if "toilet_flush" in clip.source_name}


def test_all_fifty_categories_can_be_kept(tmp_path: Path) -> None:
    result = scan(esc_50(tmp_path), ReadingOptions(esc50_classes="all"))
    assert {clip.label for clip in result.clips} == set(ESC_50_CATEGORIES)
    assert len(result.clips) == 5 * 2 * len(ESC_50_CATEGORIES)


ESC_50_CATEGORIES = ("dog", "siren", "pouring_water", "toilet_flush", "rain", "cow", "train", "engine", "hen")


def esc_50(root: Path) -> Path:
    lines = ["filename,fold,target,category,esc10,src_file,take"]
    for fold in range(1, 6):
        for category in ESC_50_CATEGORIES:
            for take in "AB":
                name = f"{fold}-7-{take}-{category}.wav"
                touch(root, f"audio/{name}")
                lines.append(f"{name},{fold},0,{category},False,7,{take}")
    listed(root / "meta", "\n".join(lines), "esc50.csv")
    return root


def test_an_esc_50_table_of_another_make_names_what_is_missing(tmp_path: Path) -> None:
    listed(touch(tmp_path, "audio/1.wav") / "meta", "filename,category\n", "esc50.csv")
    with pytest.raises(BadDataset, match=r"meta/esc50\.csv: the column fold, src_file is missing"):
        scan(tmp_path)


def test_nothing_usable_lists_the_layouts_that_are_read(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=r"No clips found.*train/CLASS/"):
        scan(touch(tmp_path, "pictures/1.png"))
    with pytest.raises(BadDataset, match="There is no file or folder"):
        scan(tmp_path / "nowhere")


def test_very_long_names_are_shortened_without_becoming_equal(tmp_path: Path) -> None:
    rows = "\n".join(f"{n}.wav,dog,{'g' * 300}{n}" for n in range(2))
    touch(listed(tmp_path, f"path,class,group\n{rows}"), "0.wav", "1.wav")
    groups = {clip.group for clip in scan(tmp_path).clips}
    assert len(groups) == 2
    assert {len(group) for group in groups} == {200}


def test_negative_is_the_last_class() -> None:
    assert labels_in_order(["negative", "siren", "alarm", "siren"]) == ("alarm", "siren", "negative")


def test_a_set_of_nine_classes_says_the_same_by_its_folders_as_by_its_list(tmp_path: Path) -> None:
    """Laid out as the real clips are: split/class/id.flac, with a list of them that has columns of its own."""
    places = [
        (split, label, number)
        for split, count in (("train", 5), ("eval", 2), ("test", 1))
        for label in NINE_CLASSES
        for number in range(count * (8 if label == "negative" else 1))
    ]
    paths = [f"{split}/{label}/clip-{number:03}.flac" for split, label, number in places]
    touch(tmp_path / "folders", *paths)
    rows = (
        f"{path},{split},{label},made,{split}-{number // 2},CC0"
        for path, (split, label, number) in zip(paths, places, strict=True)
    )
    touch(listed(tmp_path / "list", "\n".join(["path,split,class,source_dataset,source_group,licence", *rows])), *paths)
    result = scan(tmp_path / "list")
    assert result.problems == ()
    assert Counter((clip.split, clip.label) for clip in result.clips) == Counter(place[:2] for place in places)
    assert all(clip.group for clip in result.clips)
    assert found(tmp_path / "list") == found(tmp_path / "folders")
    assert labels_in_order({clip.label for clip in result.clips})[-1] == "negative"


def test_the_real_clips_are_all_found(sound_events: Path) -> None:
    result = scan(sound_events)
    counted = Counter((clip.label, clip.split) for clip in result.clips)
    table = [line.split("|")[1:5] for line in (sound_events / "README.md").read_text().splitlines() if "|" in line][2:]
    expected = {
        (label.strip(), split): int(number)
        for label, *numbers in table
        for split, number in zip(("train", "eval", "test"), numbers, strict=True)
    }
    assert len(expected) == 27
    assert counted == expected
    assert result.problems == ()
    assert all(clip.group for clip in result.clips)


def test_the_real_clips_folders_say_the_same_as_their_list(sound_events: Path, tmp_path: Path) -> None:
    for split in ("train", "eval", "test"):
        (tmp_path / split).symlink_to(sound_events / split)
    assert found(tmp_path) == found(sound_events)
