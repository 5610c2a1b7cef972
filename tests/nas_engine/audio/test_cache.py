from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.cache import CLOSED_SPLIT, Example, open_pack, write_pack
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.errors import BadDataset, TransientError

CONFIG = FrontendConfig()
CLASSES = ("siren", "negative")
LENGTHS = {"train": (3, 250, 40), "eval": (120, 1), "test": (10,)}


def examples() -> Iterator[Example]:
    rng = np.random.default_rng(0)
    for split, lengths in LENGTHS.items():
        for number, length in enumerate(lengths):
            features = rng.normal(-8, 2, (length, 40)).astype(np.float32)
            yield Example(split, CLASSES[number % 2], f"{split} ü {number}", features)


@pytest.fixture
def pack_path(tmp_path: Path) -> Path:
    path = tmp_path / "features.pack"
    write_pack(path, examples(), CONFIG, CLASSES)
    return path


def test_a_pack_gives_back_what_was_written(pack_path: Path) -> None:
    pack = open_pack(pack_path, verify=True)
    assert (pack.config, pack.classes, list(pack.splits)) == (CONFIG, CLASSES, ["train", "eval"])
    index = dict.fromkeys(pack.splits, 0)
    for example in examples():
        if example.split == CLOSED_SPLIT:
            continue
        split, number = pack.split(example.split), index[example.split]
        np.testing.assert_array_equal(split.features(number), example.log_mel)
        assert split.clip_ids[number] == example.clip_id
        assert pack.classes[split.labels[number]] == example.label
        index[example.split] += 1
    assert index == {name: len(split) for name, split in pack.splits.items()}


def test_mean_and_deviation_come_from_the_training_frames_alone(pack_path: Path) -> None:
    frames = np.concatenate([example.log_mel for example in examples() if example.split == "train"])
    pack = open_pack(pack_path)
    np.testing.assert_allclose(pack.mean, frames.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(pack.std, frames.std(axis=0), rtol=1e-5)


def test_a_mel_bin_that_never_changes_does_not_divide_by_zero(tmp_path: Path) -> None:
    write_pack(tmp_path / "p", [Example("train", "siren", "a", np.zeros((5, 40), np.float32))], CONFIG, CLASSES)
    assert (open_pack(tmp_path / "p").std > 0).all()


def test_features_are_mapped_not_read(pack_path: Path) -> None:
    log_mel = open_pack(pack_path).split("train").log_mel
    base: object = log_mel
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert not log_mel.flags.writeable


def test_a_pack_cut_anywhere_asks_to_be_rebuilt(pack_path: Path) -> None:
    content = pack_path.read_bytes()
    for share in (0.0, 0.001, 0.25, 0.5, 0.9, 0.999):
        pack_path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(TransientError, match=r"features\.pack is damaged"):
            open_pack(pack_path)
    pack_path.write_bytes(content[:-1])
    with pytest.raises(TransientError):
        open_pack(pack_path)


def test_a_pack_whose_end_belongs_to_another_is_refused(pack_path: Path) -> None:
    content = bytearray(pack_path.read_bytes())
    content[-40] ^= 1
    pack_path.write_bytes(content)
    with pytest.raises(TransientError, match="checksum"):
        open_pack(pack_path)


def test_a_flipped_bit_in_the_features_is_found_when_asked_for(pack_path: Path) -> None:
    content = bytearray(pack_path.read_bytes())
    content[500] ^= 1
    pack_path.write_bytes(content)
    open_pack(pack_path)
    with pytest.raises(TransientError, match="features do not match"):
        open_pack(pack_path, verify=True)


def test_a_pack_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Example]:
        yield next(examples())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pack(tmp_path / "features.pack", interrupted(), CONFIG, CLASSES)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_rewrite_keeps_the_old_pack(pack_path: Path) -> None:
    before = pack_path.read_bytes()
    with pytest.raises(ValueError, match="not one of"):
        write_pack(pack_path, examples(), CONFIG, ["other"])
    assert pack_path.read_bytes() == before


def test_the_same_examples_give_the_same_bytes(pack_path: Path, tmp_path: Path) -> None:
    write_pack(tmp_path / "again", examples(), CONFIG, CLASSES)
    assert (tmp_path / "again").read_bytes() == pack_path.read_bytes()


def test_a_split_in_two_pieces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sorted by split"):
        write_pack(tmp_path / "p", [*examples(), *examples()], CONFIG, CLASSES)


def test_features_of_another_shape_are_refused(tmp_path: Path) -> None:
    wrong = Example("train", "siren", "clip 7", np.zeros((5, 41), np.float32))
    with pytest.raises(ValueError, match="clip 7"):
        write_pack(tmp_path / "p", [wrong], CONFIG, CLASSES)


def test_a_dataset_without_training_clips_is_refused(tmp_path: Path) -> None:
    only_eval = [example for example in examples() if example.split == "eval"]
    with pytest.raises(BadDataset, match="no training clips"):
        write_pack(tmp_path / "p", only_eval, CONFIG, CLASSES)


def test_asking_for_an_absent_split_names_those_there_are(pack_path: Path) -> None:
    with pytest.raises(BadDataset, match="it has train, eval"):
        open_pack(pack_path).split("validation")
