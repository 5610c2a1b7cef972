"""Lists that are about the clips but not understood: rejected in words, never replaced by the names of folders."""

import json
import os
from pathlib import Path

import pytest

from nas_engine.audio.clips import scan
from nas_engine.audio.layouts import files
from nas_engine.audio.layouts.base import ReadingOptions
from nas_engine.audio.layouts.lists import tables
from nas_engine.audio.layouts.mapping import FOLDER, ListMapping
from nas_engine.errors import BadDataset, UnmappedList
from tests.nas_engine.audio.layouts.copies import counts, kinds, made, mapped, table

SOUNDS = [f"fold{fold}/{fold}-{number}.wav" for fold in range(1, 4) for number in range(4)]
ROWS = [(name, ("dog", "siren")[n % 2], f"walk{n // 2}") for n, name in enumerate(SOUNDS)]


def unclear(root: Path) -> Path:
    return made(root, SOUNDS, {"notes.csv": table("clip,what,walk", ROWS)})


def test_a_column_of_classes_by_another_name_is_proposed_and_not_taken(tmp_path: Path) -> None:
    with pytest.raises(UnmappedList) as rejected:
        scan(unclear(tmp_path))
    error = rejected.value
    assert (error.list_name, error.columns) == ("notes.csv", ("clip", "what", "walk"))
    assert error.rows[0] == ["fold1/1-0.wav", "dog", "walk0"]
    assert error.proposal == {"path": "clip", "label": "what"}
    assert "Found: clip, what, walk. The classes may be in what, walk: confirm the column, or name it class." in str(
        error
    )


def test_a_mapping_is_used(tmp_path: Path) -> None:
    result = mapped(unclear(tmp_path), path="clip", label="what", group="walk")
    assert counts(result) == {
        "train": {"dog": 2, "siren": 2},
        "eval": {"dog": 2, "siren": 2},
        "test": {"dog": 2, "siren": 2},
    }
    assert {clip.group for clip in result.clips} == {f"walk{n}" for n in range(6)}


def test_folders_are_classes_only_where_the_user_states_so(tmp_path: Path) -> None:
    sounds = [f"{label}/{n}.wav" for label in ("cat", "dog") for n in range(10)]
    rows = [(name, ("CC0", "CC-BY")[n % 2]) for n, name in enumerate(sounds)]
    made(tmp_path, sounds, {"licences.csv": table("file,licence", rows)})
    with pytest.raises(UnmappedList, match=r"licences\.csv: this list names the clips .*Found: file, licence"):
        scan(tmp_path)
    by_folder = mapped(tmp_path, path="file", label=FOLDER)
    ignored = scan(tmp_path, ReadingOptions(ListMapping(ignore_lists=True)))
    for result in (by_folder, ignored):
        assert {(clip.label, clip.path.parent.name) for clip in result.clips} == {("cat", "cat"), ("dog", "dog")}


def test_tables_that_cannot_hold_classes_are_left_alone(tmp_path: Path) -> None:
    sounds = [f"{label}/{n}{label}.wav" for label in ("cat", "dog") for n in range(4)]
    lists = {
        "durations.csv": table("file,seconds", ((name, 0.5 + n / 7) for n, name in enumerate(sounds))),
        "md5.txt": "".join(f"{n:032x}  {name}\n" for n, name in enumerate(sounds)),
        "prices.csv": "shop,amount\na,1\na,2\nb,3\n",
        "README.md": "Of dogs and cats.",
    }
    assert scan(made(tmp_path, sounds, lists)).layout == "folders class"


def test_folds_without_a_list_are_no_classes(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="fold1, fold2, fold3 are folds, no classes"):
        scan(made(tmp_path, SOUNDS))
    nested = [f"fold{fold}/{label}/{n}.wav" for fold in range(1, 6) for label in ("cat", "dog") for n in range(2)]
    result = scan(made(tmp_path / "nested", nested))
    assert counts(result) == {"train": {"cat": 6, "dog": 6}, "eval": {"cat": 2, "dog": 2}, "test": {"cat": 2, "dog": 2}}


@pytest.mark.parametrize("name", ["clips.xlsx", "labels/annotations.parquet", "annotations.xml"])
def test_a_table_of_a_kind_that_is_not_read_is_named_with_the_way_out(tmp_path: Path, name: str) -> None:
    made(tmp_path, SOUNDS, {name: "".join(f"<clip>{sound}</clip>" for sound in SOUNDS)})
    with pytest.raises(BadDataset, match=rf"{name}: this may be a list of the clips.*Save it as 'CSV UTF-8'"):
        scan(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{{"path": "{SOUNDS[0]}", "class": "dog"}}\n{{"path": "{SOUNDS[1]}", "cla', "Unterminated string"),
        ("[" * 100_000 + SOUNDS[0], "nested too deeply"),
        (f'[{{"path": "{SOUNDS[0]}", "n": {"9" * 5000}}}]', "4300"),
    ],
)
def test_a_broken_list_is_no_reason_to_take_the_folders(tmp_path: Path, text: str, reason: str) -> None:
    names = " ".join(SOUNDS)
    made(tmp_path, [f"dog/{name[6:]}" for name in SOUNDS], {"manifest.jsonl": f"{text}\n{names}"})
    with pytest.raises(BadDataset, match=r"manifest\.jsonl: the list cannot be read"):
        scan(tmp_path)
    broken = tables.read_table(made(tmp_path, [], {"x.json": text}) / "x.json", "x.json", lambda _: False)
    assert reason in broken.fault


def test_a_list_beyond_the_limit_is_rejected_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 100)
    with pytest.raises(BadDataset, match=r"notes\.csv: the list has more than 0\.0001 MB"):
        scan(unclear(tmp_path))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"path": "clip", "label": "kind"},
            r"No list has the columns clip, kind .*Found: notes\.csv: clip, what, walk",
        ),
        (
            {"path": "clip", "label": "what", "group": "x"},
            r"notes\.csv: there is no column x\. Found: clip, what, walk",
        ),
        ({"list": "other.csv"}, r"There is no list 'other\.csv'\. Found: notes\.csv"),
        ({"path": "clip"}, "The mapping has no label"),
        ({"path": "clip", "label": "what", "start": "walk"}, "one of start and end"),
        ({"pattern": "*_*"}, r"has no \{class\}"),
        ({"pattern": "{class}_{class}"}, "cannot be used"),
        ({"pattern": "{class}_*"}, "fits no file name, such as '1-0'"),
    ],
)
def test_a_mapping_that_does_not_fit_states_what_is_there(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    unclear(tmp_path)
    with pytest.raises(BadDataset, match=message):
        mapped(tmp_path, **columns)


@pytest.mark.parametrize("data", [[], "x", {"paths": "a"}, {"path": 3}, {"ignore_lists": "yes"}, {"path": "x" * 1000}])
def test_a_mapping_that_is_none_is_rejected(data: object) -> None:
    with pytest.raises(BadDataset, match="The mapping"):
        ListMapping.from_json(data)


def test_a_mapping_survives_json() -> None:
    mapping = ListMapping(path="a", label="b", group="c", list="l.csv")
    options = ReadingOptions(mapping, "all")
    assert ReadingOptions.from_json(json.loads(json.dumps(options.to_json()))) == options
    with pytest.raises(BadDataset, match="no choice of ESC-50's classes"):
        ReadingOptions.from_json({"esc50_classes": "nine"})


def test_a_list_can_be_named_where_there_are_several(tmp_path: Path) -> None:
    rows = [(name, "dog") for name in SOUNDS]
    made(
        tmp_path,
        SOUNDS,
        {"a.csv": table("file,class", rows), "b.csv": table("file,class", ((n, "cat") for n, _ in rows))},
    )
    with pytest.raises(BadDataset, match=r"a\.csv, b\.csv: more than one list.*\{\"list\": \"\.\.\.\"\}"):
        scan(tmp_path)
    assert {clip.label for clip in mapped(tmp_path, list="b.csv").clips} == {"cat"}


def test_a_list_that_is_named_looks_for_no_other_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MOST_FILES_OF_A_LIST", 12)
    made(tmp_path, SOUNDS[:8], {"my.csv": table("file,class", ((f"/data/{name}", "dog") for name in SOUNDS[:8]))})
    assert len(scan(tmp_path / "my.csv").clips) == 8
    made(tmp_path, [f"elsewhere/{n}.wav" for n in range(20)])
    assert scan(tmp_path / "my.csv").clips == ()
    (tmp_path / "my.csv").write_text(table("file,class", ((name, "dog") for name in SOUNDS[:8])))
    result = scan(tmp_path / "my.csv")
    assert (len(result.clips), kinds(result)) == (8, ["folds"])


def test_names_that_no_file_or_text_can_have_are_listed(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.wav")
    sounds = [f"dog/{odd}", "dog/2.wav"]
    assert {clip.source_name for clip in scan(made(tmp_path / "a", sounds)).clips} == {"dog/caf?.wav", "dog/2.wav"}
    rows = [("1.wav", "dog"), ("x" * 300 + ".wav", "dog"), ("a/" * 3000 + "1.wav", "dog")]
    result = scan(made(tmp_path / "b", ["1.wav"], {"l.csv": table("file,class", rows)}))
    assert [(p.kind, p.where) for p in result.problems if p.severity == "error"] == [("missing_file", "l.csv, line 3")]


def test_a_name_that_several_files_have_is_told_apart_by_the_row_or_listed(tmp_path: Path) -> None:
    sounds = [f"{label}/{n}.wav" for label in ("cat", "dog") for n in range(3)]
    rows = [*(("0.wav", label) for label in ("cat", "dog")), ("1.wav", "bird")]
    result = scan(made(tmp_path, sounds, {"l.csv": table("file,class", rows)}))
    assert {clip.source_name for clip in result.clips} == {"cat/0.wav", "dog/0.wav"}
    (problem,) = [problem for problem in result.problems if problem.severity == "error"]
    assert (problem.kind, problem.where) == ("ambiguous_name", "l.csv, line 4")


def test_clips_with_several_sounds_are_named_and_counted(tmp_path: Path) -> None:
    labels = ["Run,Breathing", "Run", "Run", "Breathing", "Breathing,Dog", "Dog", "Dog", "Run"]
    rows = [(f"{n}.wav", f'"{text}"') for n, text in enumerate(labels)]
    result = scan(made(tmp_path, [f"{n}.wav" for n in range(len(labels))], {"l.csv": table("file,labels", rows)}))
    assert sorted(clip.label for clip in result.clips) == ["Breathing", "Dog", "Dog", "Run", "Run", "Run"]
    several = [(p.severity, p.where) for p in result.problems if p.kind == "several_labels"]
    assert several == [("warning", "2 clips"), ("warning", "l.csv, line 2"), ("warning", "l.csv, line 6")]


def test_a_clip_that_two_rows_label_differently_is_left_out_and_named(tmp_path: Path) -> None:
    rows = [*((f"{n}.wav", ("dog", "cat")[n % 2]) for n in range(8)), ("0.wav", "cat")]
    result = scan(made(tmp_path, [f"{n}.wav" for n in range(8)], {"l.csv": table("file,class", rows)}))
    assert "0.wav" not in {clip.source_name for clip in result.clips}
    assert kinds(result).count("several_labels") == 2
