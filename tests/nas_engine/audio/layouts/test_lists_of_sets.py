"""Published data sets whose lists need no module of their own: their columns and the names of their lists suffice."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nas_engine.audio.clips import scan
from nas_engine.errors import UnmappedList
from tests.nas_engine.audio.layouts.copies import counts, kinds, made, mapped, table

Maker = Callable[[Path], Path]
SPLITS = (("train", 6), ("validation", 4), ("test", 4))
CLIPS = [(split, f"{split}{n}", ("dog", "siren")[n % 2]) for split, number in SPLITS for n in range(number)]
COUNTS = {"train": {"dog": 3, "siren": 3}, "eval": {"dog": 2, "siren": 2}, "test": {"dog": 2, "siren": 2}}


def hf_csv_a_split(root: Path) -> Path:
    lists = {
        f"data/{s}/metadata.csv": table("file_name,label", ((f"{n}.wav", c) for t, n, c in CLIPS if t == s))
        for s, _ in SPLITS
    }
    return made(root, [f"data/{split}/{name}.wav" for split, name, _ in CLIPS], lists)


def hf_one_jsonl(root: Path) -> Path:
    lines = (json.dumps({"file_name": f"{s}/{n}.wav", "label": c, "extra": {"gain": 1}}) for s, n, c in CLIPS)
    return made(root, [f"{split}/{name}.wav" for split, name, _ in CLIPS], {"metadata.jsonl": "\n".join(lines)})


def hf_jsonl_a_split(root: Path) -> Path:
    lists = {
        f"{s}/metadata.jsonl": "\n".join(
            json.dumps({"file_name": f"{n}.flac", "category": c}) for t, n, c in CLIPS if t == s
        )
        for s, _ in SPLITS
    }
    return made(root, [f"{split}/{name}.flac" for split, name, _ in CLIPS], lists)


def nemo(root: Path, key: str, prefix: str) -> Path:
    lists = {
        f"{s}_manifest.json": "\n".join(
            json.dumps({"audio_filepath": f"{prefix}{c}/{n}.wav", "offset": 0.0, "duration": 0.8, key: c})
            for t, n, c in CLIPS
            if t == s
        )
        for s, _ in SPLITS
    }
    return made(root, [f"wavs/{label}/{name}.wav" for _, name, label in CLIPS], lists)


def nemo_command(root: Path) -> Path:
    return nemo(root, "command", "wavs/")


def nemo_label_of_another_machine(root: Path) -> Path:
    return nemo(root, "label", "/home/user/data/gsc/wavs/")


def nemo_text(root: Path) -> Path:
    return nemo(root, "text", "C:\\data\\wavs\\")


def split_lists(root: Path) -> Path:
    lists = {
        f"lists/{s}.tsv": table("wav,class", ((f"clips/{n}", c) for t, n, c in CLIPS if t == s), "\t")
        for s, _ in SPLITS
    }
    return made(root, [f"clips/{name}.ogg" for _, name, _ in CLIPS], lists)


def json_by_name(root: Path) -> Path:
    text = json.dumps({n: {"instrument": c, "subset": s} for s, n, c in CLIPS})
    return made(root, [f"audio/{name}.wav" for _, name, _ in CLIPS], {"examples.json": text})


def plain_lists_without_header(root: Path) -> Path:
    lists = {f"{s}.txt": "".join(f"{c}/{n}.wav\n" for t, n, c in CLIPS if t == s) for s, _ in SPLITS}
    return made(root, [f"{label}/{name}.wav" for _, name, label in CLIPS], lists)


@pytest.mark.parametrize(
    "make",
    [
        *(hf_csv_a_split, hf_one_jsonl, hf_jsonl_a_split, nemo_command, nemo_label_of_another_machine, nemo_text),
        *(split_lists, json_by_name, plain_lists_without_header),
    ],
)
def test_lists_give_classes_and_splits(tmp_path: Path, make: Maker) -> None:
    result = scan(make(tmp_path))
    assert counts(result) == COUNTS
    assert not [problem for problem in result.problems if problem.severity != "note"]
    assert all(clip.start_s is None for clip in result.clips)


# TAU Urban Acoustic Scenes (README of the set): meta.csv, evaluation_setup/fold1_{train,test,evaluate}.csv.
TAU = [
    (f"audio/{scene}-{city}-{n}-0-a.wav", scene, f"{city}-{n}", "a")
    for city in ("lyon", "oslo", "bonn")
    for n in range(2)
    for scene in ("park", "tram")
]


@pytest.mark.parametrize("folds", [1, 2])
@pytest.mark.parametrize("with_meta", [True, False])
def test_acoustic_scenes_keep_their_evaluation_setup_and_locations(tmp_path: Path, folds: int, with_meta: bool) -> None:
    lists = {"meta.csv": table("filename,scene_label,identifier,source_label", TAU, "\t")} if with_meta else {}
    for fold in range(1, folds + 1):
        train = [row for row in TAU if not row[2].startswith(("bonn", "oslo")[fold - 1])]
        rest = [row for row in TAU if row not in train]
        setup = f"evaluation_setup/fold{fold}"
        lists[f"{setup}_train.csv"] = table("filename,scene_label", (row[:2] for row in train), "\t")
        lists[f"{setup}_evaluate.csv"] = table("filename,scene_label", (row[:2] for row in rest), "\t")
        lists[f"{setup}_test.csv"] = table("filename", (row[:1] for row in rest))
    result = scan(made(tmp_path, [row[0] for row in TAU], lists))
    assert counts(result) == {"train": {"park": 4, "tram": 4}, "eval": {"park": 2, "tram": 2}}
    assert {clip.group for clip in result.clips} == ({row[2] for row in TAU} if with_meta else {""})


# Common Voice (README of the corpus): clips, train.tsv, dev.tsv, test.tsv, validated.tsv, other.tsv ...
CV_COLUMNS = "client_id,path,sentence,up_votes,down_votes,age,gender,accents,locale,segment"


def common_voice(root: Path, sentence: Callable[[int], str]) -> Path:
    rows = {
        s: [(f"{s}{n % 3}", f"common_voice_{s}_{n}.mp3", sentence(n), 2, 0, "", "", "", "en", "") for n in range(4)]
        for s in ("train", "dev", "test", "other")
    }
    lists = {f"en/{s}.tsv": table(CV_COLUMNS, found, "\t") for s, found in rows.items()}
    lists["en/validated.tsv"] = table(CV_COLUMNS, rows["train"] + rows["dev"] + rows["test"], "\t")
    return made(root, [f"en/clips/{row[1]}" for found in rows.values() for row in found], lists)


def test_single_words_of_common_voice_are_classes_and_its_other_lists_are_left_out(tmp_path: Path) -> None:
    result = scan(common_voice(tmp_path, lambda n: ("yes", "no")[n % 2]))
    assert counts(result) == {split: {"no": 2, "yes": 2} for split in ("train", "eval", "test")}
    assert result.group_noun == "speaker"
    left_out = {problem.where: problem.message for problem in result.problems if problem.kind == "list_left_out"}
    assert left_out.keys() == {"other.tsv", "validated.tsv"}
    assert "4 clips are in no other list" in left_out["other.tsv"]


def test_common_voices_first_release_has_its_splits_behind_the_word_valid(tmp_path: Path) -> None:
    splits = {"cv-valid-train": "train", "cv-valid-dev": "eval", "cv-valid-test": "test"}
    columns = "filename,text,up_votes,down_votes,age,gender,accent,duration"
    rows = {
        name: [(f"{name}/sample-{n:06}.mp3", ("yes", "no")[n % 2], 1, 0, "twenties", "", "", "") for n in range(4)]
        for name in splits
    }
    lists = {f"{name}.csv": table(columns, found) for name, found in rows.items()}
    result = scan(made(tmp_path, [f"{name}/{row[0]}" for name, found in rows.items() for row in found], lists))
    assert counts(result) == {split: {"no": 2, "yes": 2} for split in splits.values()}


def test_sentences_are_no_classes(tmp_path: Path) -> None:
    numbers = iter(range(1000))
    with pytest.raises(UnmappedList, match="sentence differs from row to row, as transcripts do") as refused:
        scan(common_voice(tmp_path, lambda n: f"Sentence number {next(numbers)}."))
    assert "client_id" in refused.value.columns


# Multilingual Spoken Words (README of the corpus): clips/WORD/common_voice_*.opus, en_splits.csv or one list a split.
MSWC = [
    (s, f"{w}/common_voice_{s}{n}.opus", w, "True", f"sp{s}{n}", "OTHER")
    for s in ("TRAIN", "DEV", "TEST")
    for w in ("right", "left")
    for n in range(2)
]


@pytest.mark.parametrize("lists", ["one", "three", "without SET"])
def test_spoken_words_keep_splits_and_speakers(tmp_path: Path, lists: str) -> None:
    header = "SET,LINK,WORD,VALID,SPEAKER,GENDER"
    texts = {"en_splits.csv": table(header, MSWC)}
    if lists != "one":
        names = ("TRAIN", "DEV", "TEST")
        cut = 0 if lists == "three" else 1
        texts = {
            f"en_{s.lower()}.csv": table(header if not cut else header[4:], (r[cut:] for r in MSWC if r[0] == s))
            for s in names
        }
    result = scan(made(tmp_path, [f"clips/{row[1]}" for row in MSWC], texts))
    assert counts(result) == {split: {"left": 2, "right": 2} for split in ("train", "eval", "test")}
    assert {clip.group for clip in result.clips} == {row[4] for row in MSWC}


# AudioSet (its download page): comments, then YTID, start_seconds, end_seconds, positive_labels.
IDS = {"balanced_train": [f"--train{n:04}" for n in range(6)], "eval": [f"--eval-{n:04}" for n in range(4)]}
NAMES = "index,mid,display_name\n0,/m/03kmc9,Siren\n1,/m/05tny_,Bark\n"


@pytest.mark.parametrize("named", ["{id}.wav", "Y{id}.wav", "{id}_30.000.flac", "{id}_30000_40000.wav"])
def test_audioset_segments_are_files_of_their_own_with_names_for_mids(tmp_path: Path, named: str) -> None:
    lists, sounds = {"class_labels_indices.csv": NAMES}, []
    for split, ids in IDS.items():
        rows = [f'{one}, 30.000, 40.000, "{("/m/03kmc9", "/m/05tny_")[n % 2]}"' for n, one in enumerate(ids)]
        header = ["# Segments csv created Sun Mar 5 2017", "# num_ytids=4, num_segs=4, num_unique_labels=2, x=1"]
        lists[f"{split}_segments.csv"] = "\n".join(
            [*header, "# YTID, start_seconds, end_seconds, positive_labels", *rows]
        )
        sounds += [f"audio/{split}/{named.format(id=one)}" for one in ids]
    result = scan(made(tmp_path, sounds, lists))
    assert counts(result) == {"train": {"Bark": 3, "Siren": 3}, "eval": {"Bark": 2, "Siren": 2}}
    assert "already_cut" in kinds(result)


SOUNDS = [f"clips/{n}.wav" for n in range(12)]
SPOKEN = [("no", "yes")[n % 2] for n in range(12)]


def test_a_plain_list_beside_the_only_folder_is_used_or_rejected(tmp_path: Path) -> None:
    made(tmp_path, SOUNDS, {"README.txt": "The names end in .wav.\nNothing else.\nAt all.", "meta.txt": ""})
    pairs = "".join(f"{name}\t{word}\n" for name, word in zip(SOUNDS, SPOKEN, strict=True))
    (tmp_path / "meta.txt").write_text(pairs, encoding="utf-8")
    with pytest.raises(UnmappedList, match=r"meta\.txt: this list names the clips \(column column 1\)"):
        scan(tmp_path)


def test_short_lists_are_read_as_the_others_with_their_columns(tmp_path: Path) -> None:
    parts = {"train": range(7), "dev": range(7, 10), "test": range(10, 12)}
    lists = {
        f"{s}.tsv": table("path,sentence", ((SOUNDS[n][6:], SPOKEN[n]) for n in part), "\t")
        for s, part in parts.items()
    }
    result = scan(made(tmp_path, SOUNDS, lists))
    assert {s: sum(words.values()) for s, words in counts(result).items()} == {"train": 7, "eval": 3, "test": 2}


def test_a_json_object_of_splits_keeps_all_of_them(tmp_path: Path) -> None:
    rows = [{"file": name, "label": word} for name, word in zip(SOUNDS, SPOKEN, strict=True)]
    text = json.dumps({"train": rows[:6], "val": rows[6:8], "test": rows[8:]})
    result = scan(made(tmp_path, SOUNDS, {"data.json": text}))
    assert counts(result) == {s: {"no": n, "yes": n} for s, n in (("train", 3), ("eval", 1), ("test", 2))}


def test_a_json_object_of_classes_with_their_files_is_proposed(tmp_path: Path) -> None:
    made(tmp_path, SOUNDS, {"labels.json": json.dumps({"yes": SOUNDS[1::2], "no": SOUNDS[::2]})})
    with pytest.raises(UnmappedList) as caught:
        scan(tmp_path)
    assert caught.value.proposal == {"path": "value", "label": "key"}
    assert counts(mapped(tmp_path, path="value", label="key", list="labels.json"))


def test_excel_s_line_of_the_delimiter_and_folds_as_decimals_are_read(tmp_path: Path) -> None:
    rows = ((name, word, f"{n % 6 + 1}.0") for n, (name, word) in enumerate(zip(SOUNDS, SPOKEN, strict=True)))
    result = scan(made(tmp_path, SOUNDS, {"list.csv": "sep=;\n" + table("path,class,fold", rows, ";")}))
    assert {s: sum(words.values()) for s, words in counts(result).items()} == {"train": 8, "eval": 2, "test": 2}


@pytest.mark.parametrize(
    ("header", "marks"),
    [
        ("path,class,is_train,is_validation,is_test", ("True,False,False", "False,True,False", "False,False,True")),
        ("path,class,val,in test set", ("0,0", "1,0", "0,1")),  # the others are for training
    ],
)
def test_splits_marked_in_a_column_each_are_kept(tmp_path: Path, header: str, marks: tuple[str, str, str]) -> None:
    rows = ((name, word, marks[n // 4]) for n, (name, word) in enumerate(zip(SOUNDS, SPOKEN, strict=True)))
    result = scan(made(tmp_path, SOUNDS, {"list.csv": table(header, rows)}))
    assert counts(result) == {split: {"no": 2, "yes": 2} for split in ("train", "eval", "test")}


def test_marked_test_clips_alone_leave_evaluation_to_be_taken_from_the_others(tmp_path: Path) -> None:
    rows = ((name, word, str(int(n < 4))) for n, (name, word) in enumerate(zip(SOUNDS, SPOKEN, strict=True)))
    result = scan(made(tmp_path, SOUNDS, {"list.csv": table("path,class,is_test", rows)}))
    assert {clip.source_name for clip in result.clips if clip.split == "test"} == set(SOUNDS[:4])


@pytest.mark.parametrize("column", ["is_loud", "latest", "attest"])
def test_a_column_of_yes_and_no_that_is_no_split_makes_none(tmp_path: Path, column: str) -> None:
    rows = ((name, word, str(n % 2)) for n, (name, word) in enumerate(zip(SOUNDS, SPOKEN, strict=True)))
    result = scan(made(tmp_path, SOUNDS, {"list.csv": table(f"path,class,{column}", rows)}))
    assert "split" not in " ".join(problem.message for problem in result.problems if problem.kind == "columns")
