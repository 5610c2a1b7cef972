"""Published data sets in the layouts that their own descriptions give, and in copies of other people."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nas_engine.audio.clips import scan
from tests.nas_engine.audio.layouts.copies import Counts, counts, kinds, made, table

Maker = Callable[[Path], Path]

# UrbanSound8K (README of the set): audio/fold1 ..., metadata/UrbanSound8K.csv, names fsID-classID-occurrence-slice.
US8K = [
    (f"{100 * fold + klass}-{klass}-0-{take}.wav", 100 * fold + klass, fold, klass)
    for fold in range(1, 11)
    for klass in (1, 3)
    for take in range(2)
]
US8K_NAMES = {1: "car_horn", 3: "dog_bark"}
US8K_COUNTS = {"train": {"car_horn": 12, "dog_bark": 12}} | {
    s: {"car_horn": 4, "dog_bark": 4} for s in ("eval", "test")
}


def us8k_list(header: str = "slice_file_name,fsID,start,end,salience,fold,classID,class") -> str:
    return table(header, ((name, fs, 0.5, 4.5, 1, fold, k, US8K_NAMES[k]) for name, fs, fold, k in US8K))


def us8k_published(root: Path) -> Path:
    sounds = [f"UrbanSound8K/audio/fold{fold}/{name}" for name, _, fold, _ in US8K]
    text = {"UrbanSound8K/metadata/UrbanSound8K.csv": us8k_list(), "UrbanSound8K/UrbanSound8K_README.txt": "Salamon"}
    return made(root, sounds, text)


def us8k_flat(root: Path) -> Path:
    return made(root, [f"wavs/{name}" for name, *_ in US8K], {"metadata.csv": us8k_list()})


def us8k_without_list(root: Path) -> Path:
    return made(root, [f"fold{fold}/{name}" for name, _, fold, _ in US8K])


def us8k_fold_folders_only(root: Path) -> Path:
    rows = ((name, fs, US8K_NAMES[k]) for name, fs, _, k in US8K)
    return made(
        root, [f"fold{f}/{name}" for name, _, f, _ in US8K], {"l.csv": table("slice_file_name,fsID,class", rows)}
    )


@pytest.mark.parametrize("make", [us8k_published, us8k_flat, us8k_without_list, us8k_fold_folders_only])
def test_urban_sound_has_its_classes_folds_and_recordings(tmp_path: Path, make: Maker) -> None:
    result = scan(make(tmp_path))
    assert counts(result) == US8K_COUNTS
    assert all(clip.group == clip.path.name.partition("-")[0] for clip in result.clips)
    assert all(clip.start_s is None for clip in result.clips)
    assert "folds" in kinds(result)


# FSD50K (Zenodo record 4060432): FSD50K.dev_audio, FSD50K.eval_audio, FSD50K.ground_truth/{dev,eval,vocabulary}.csv.
FSD_DEV = [(100 + n, ("Siren", '"Bark,Dog"')[n % 2], '"/m/1,/m/2"', "train" if n < 6 else "val") for n in range(10)]
FSD_EVAL = [(200 + n, ("Siren", '"Bark,Dog"')[n % 2], "/m/1") for n in range(4)]
FSD_LISTS = {
    "FSD50K.ground_truth/dev.csv": table("fname,labels,mids,split", FSD_DEV),
    "FSD50K.ground_truth/eval.csv": table("fname,labels,mids", FSD_EVAL),
    "FSD50K.ground_truth/vocabulary.csv": "0,Bark,/m/1\n1,Dog,/m/2\n2,Siren,/m/3\n",
}
FSD_COUNTS = {"train": {"Bark": 3, "Siren": 3}} | {s: {"Bark": 2, "Siren": 2} for s in ("eval", "test")}


def fsd_sounds(dev: str, test: str) -> list[str]:
    return [f"{dev}/{row[0]}.wav" for row in FSD_DEV] + [f"{test}/{row[0]}.wav" for row in FSD_EVAL]


def fsd_published(root: Path) -> Path:
    info = (
        "{" + ", ".join(f'"{row[0]}": {{"title": "t", "tags": ["a", "b"], "uploader": "u"}}' for row in FSD_DEV) + "}"
    )
    metadata = {"FSD50K.metadata/dev_clips_info_FSD50K.json": info}
    metadata["FSD50K.metadata/collection/collection_dev.csv"] = table("fname,labels,mids", (row[:3] for row in FSD_DEV))
    return made(root, fsd_sounds("FSD50K.dev_audio", "FSD50K.eval_audio"), FSD_LISTS | metadata)


def fsd_in_folders(root: Path) -> Path:
    sounds = fsd_sounds("clips/dev", "clips/eval")
    return made(root, sounds, {name.replace("FSD50K.ground_truth", "labels"): text for name, text in FSD_LISTS.items()})


def fsd_flac_in_one_list(root: Path) -> Path:
    rows = [*FSD_DEV, *((*row, "test") for row in FSD_EVAL)]
    return made(
        root, [f"audio/{row[0]}.flac" for row in rows], {"ground_truth.csv": table("fname,labels,mids,split", rows)}
    )


@pytest.mark.parametrize("make", [fsd_published, fsd_in_folders, fsd_flac_in_one_list])
def test_fsd50k_has_its_splits_and_the_narrowest_label(tmp_path: Path, make: Maker) -> None:
    result = scan(make(tmp_path))
    assert counts(result) == FSD_COUNTS
    assert "broader_labels" in kinds(result)


# ESC-50 (README of the set): audio/{fold}-{clip}-{take}-{target}.wav, meta/esc50.csv.
ESC = [
    (f"{fold}-{fold * 10 + number}-A-{number}.wav", fold, number, name)
    for fold in range(1, 6)
    for number, name in ((0, "dog"), (10, "rain"), (42, "siren"))
]
ESC_COUNTS = {
    s: dict.fromkeys(("dog_barking", "negative", "siren"), n) for s, n in (("train", 3), ("eval", 1), ("test", 1))
}


def esc_list() -> str:
    rows = ((name, fold, number, label, "False", fold * 10 + number, "A") for name, fold, number, label in ESC)
    return table("filename,fold,target,category,esc10,src_file,take", rows)


@pytest.mark.parametrize(
    ("folder", "list_name"),
    [
        ("ESC-50-master/audio", "ESC-50-master/meta/esc50.csv"),
        ("audio/audio/16000", "esc50.csv"),
        ("", "esc50.csv"),
        ("audio", ""),
    ],
)
def test_esc_50_is_known_wherever_its_list_lies_and_by_its_names_alone(
    tmp_path: Path, folder: str, list_name: str
) -> None:
    made(tmp_path, [str(Path(folder, name)) for name, *_ in ESC], {list_name: esc_list()} if list_name else {})
    result = scan(tmp_path)
    assert (result.layout, counts(result)) == ("ESC-50", ESC_COUNTS)
    assert all(clip.group.startswith("freesound:") for clip in result.clips)


def test_categories_of_its_own_are_classes_and_named(tmp_path: Path) -> None:
    text = esc_list().replace("rain", "grinder").replace("siren", "lathe")
    result = scan(made(tmp_path, [f"audio/{name}" for name, *_ in ESC], {"meta/esc50.csv": text}))
    assert counts(result)["train"] == {"dog": 3, "grinder": 3, "lathe": 3}
    assert "grinder, lathe: not of ESC-50's fifty" in result.problems[0].message


# Speech Commands (README of the set): word/speaker_nohash_take.wav, validation_list.txt, testing_list.txt.
SPEAKERS = ("0a1b2c3d", "1b2c3d4e", "2c3d4e5f", "3d4e5f60", "4e5f6071")
WORDS = ("no", "yes")
SC_LISTS = {
    "validation_list.txt": "".join(f"{word}/4e5f6071_nohash_0.wav\n" for word in WORDS),
    "testing_list.txt": "".join(f"{word}/3d4e5f60_nohash_0.wav\n" for word in WORDS),
}
SC_SOUNDS = [f"{word}/{speaker}_nohash_0.wav" for word in WORDS for speaker in SPEAKERS]


@pytest.mark.parametrize("wrapper", ["", "speech_commands_v0.02/", "SpeechCommands/speech_commands_v0.02/"])
def test_speech_commands_keeps_its_lists_speakers_and_noise_apart(tmp_path: Path, wrapper: str) -> None:
    sounds = [wrapper + name for name in (*SC_SOUNDS, "_background_noise_/white_noise.wav")]
    result = scan(made(tmp_path, sounds, {wrapper + name: text for name, text in SC_LISTS.items()}))
    assert counts(result) == {"train": {"no": 3, "yes": 3}, "eval": {"no": 1, "yes": 1}, "test": {"no": 1, "yes": 1}}
    assert {clip.group for clip in result.clips} == set(SPEAKERS)
    assert kinds(result) == ["background"]


def test_without_lists_every_speaker_has_the_official_split(tmp_path: Path) -> None:
    """By the published rule these speakers, as Python's hashlib computes it, lie at 82.5, 31.2 ... per cent."""
    result = scan(made(tmp_path, [f"{word}/{number:08x}_nohash_0.wav" for word in WORDS for number in range(400)]))
    by_speaker: dict[str, set[str]] = {}
    for clip in result.clips:
        by_speaker.setdefault(clip.group, set()).add(clip.split)
    shares = {split: sum(found == {split} for found in by_speaker.values()) for split in ("train", "eval", "test")}
    assert sum(shares.values()) == 400
    assert shares["eval"] == pytest.approx(40, abs=20)
    assert shares["test"] == pytest.approx(40, abs=20)


# Edge Impulse (documentation of "Export": info.labels; of the uploader: label before the first dot).
EI = [
    f"{split}/{label}.{number:04}.wav.3rh00{number}.wav"
    for split in ("training", "testing")
    for label in ("hello", "_noise")
    for number in range(5)
]


def ei_labels(kind: str, names: list[str]) -> str:
    import json

    label = (lambda name: {"type": "label", "label": name}) if kind == "object" else (lambda name: name)
    files = [
        {"path": name, "category": name.partition("/")[0], "label": label(name.partition("/")[2].partition(".")[0])}
        for name in names
    ]
    return json.dumps({"version": 1, "files": files})


@pytest.mark.parametrize("kind", ["object", "text", "none"])
def test_an_edge_impulse_export_keeps_its_test_clips_and_gives_some_of_training_to_eval(
    tmp_path: Path, kind: str
) -> None:
    lists = {} if kind == "none" else {"info.labels": ei_labels(kind, EI)}
    result = scan(made(tmp_path, EI, lists))
    assert counts(result) == {
        "train": {"_noise": 4, "hello": 4}, "eval": {"_noise": 1, "hello": 1}, "test": {"_noise": 5, "hello": 5},
    }  # fmt: skip
    assert kinds(result) == ["eval_taken"]


# Kaldi (documentation, "Data preparation"): wav.scp, text, utt2spk, segments.
@pytest.mark.parametrize("folder", ["data", "data/local", "exp/kws"])
def test_kaldi_data_folders_give_words_speakers_and_splits(tmp_path: Path, folder: str) -> None:
    lists, sounds = {}, []
    for split, speakers in (("train", "abc"), ("dev", "de"), ("test", "fg")):
        names = [f"{speaker}-{word}" for speaker in speakers for word in WORDS]
        sounds += [f"wav/{name}.wav" for name in names]
        lists[f"{folder}/{split}/wav.scp"] = "".join(f"{name} /export/wav/{name}.wav\n" for name in names)
        lists[f"{folder}/{split}/text"] = "".join(f"{name} {name[2:]}\n" for name in names)
        lists[f"{folder}/{split}/utt2spk"] = "".join(f"{name} {name[0]}\n" for name in names)
    result = scan(made(tmp_path, sounds, lists))
    assert counts(result) == {"train": {"no": 3, "yes": 3}, "eval": {"no": 2, "yes": 2}, "test": {"no": 2, "yes": 2}}
    assert (result.group_noun, {clip.group for clip in result.clips}) == ("speaker", set("abcdefg"))


# MIMII (Zenodo record 3384388): machine/id_00/{normal,abnormal}/00000000.wav.
@pytest.mark.parametrize(
    ("machines", "labels"),
    [
        (("fan",), {"normal", "abnormal"}),
        (("fan", "pump"), {"fan normal", "fan abnormal", "pump normal", "pump abnormal"}),
        (("6_dB_valve/valve",), {"normal", "abnormal"}),
    ],
)
def test_machines_have_their_condition_as_class_and_stay_together(
    tmp_path: Path, machines: tuple[str, ...], labels: set[str]
) -> None:
    places = [(m, i, c) for m in machines for i in range(4) for c in ("normal", "abnormal")]
    made(tmp_path, [f"{m}/id_0{i}/{c}/{n:08}.wav" for m, i, c in places for n in range(3)])
    result = scan(tmp_path)
    assert {clip.label for clip in result.clips} == labels
    assert len({clip.group for clip in result.clips}) == 4 * len(machines)
    splits = [{clip.split for clip in result.clips if clip.group == group} for group in {c.group for c in result.clips}]
    assert all(len(found) == 1 for found in splits)


def test_the_counts_of_the_copies_are_those_of_the_sets() -> None:
    numbers: Counts = US8K_COUNTS
    assert sum(sum(by_class.values()) for by_class in numbers.values()) == len(US8K)


def test_lists_of_speech_commands_may_lie_beside_the_folder_of_the_words(tmp_path: Path) -> None:
    names = [f"train/audio/{word}/{speaker}_nohash_0.wav" for word in ("no", "yes") for speaker in ("a1", "b2", "c3")]
    lists = {
        "train/validation_list.txt": "yes/b2_nohash_0.wav\nno/b2_nohash_0.wav\n",
        "train/testing_list.txt": "yes/c3_nohash_0.wav\nno/c3_nohash_0.wav\nbed/a1_nohash_0.wav\n",
    }
    made(tmp_path, names, lists)
    for folder in (tmp_path, tmp_path / "train"):
        assert counts(scan(folder)) == {split: {"no": 1, "yes": 1} for split in ("eval", "test", "train")}
