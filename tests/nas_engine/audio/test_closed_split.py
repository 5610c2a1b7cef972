"""The test split of a pack, closed to everything but a recorded opening."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.cache import Example, open_pack, write_pack
from nas_engine.audio.closed_split.opening import open_test_split
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.errors import BadDataset, ClosedSplit, TransientError
from nas_engine.testing.audio import spoil_test_split, tiny_pack

CLASSES = ("dog", "negative")


def examples(*splits: str) -> Iterator[Example]:
    for split in splits:
        for number, label in enumerate(CLASSES):
            yield Example(split, label, f"{split} {number}", np.full((200, 40), float(number), np.float32))


def test_a_pack_does_not_hand_out_its_test_split(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "p.pack")
    assert set(pack.splits) == {"train", "eval"}
    with pytest.raises(ClosedSplit, match="closed to search and training"):
        pack.split("test")


def test_the_opened_split_holds_the_clips_that_were_written(tmp_path: Path) -> None:
    write_pack(tmp_path / "p.pack", examples("train", "eval", "test"), FrontendConfig(), CLASSES)
    split = open_test_split(tmp_path / "p.pack")
    assert split.clip_ids == ("test 0", "test 1")
    assert split.labels.tolist() == [0, 1]
    assert (split.features(1) == 1.0).all()


def test_a_dataset_without_test_clips_says_so(tmp_path: Path) -> None:
    write_pack(tmp_path / "p.pack", examples("train", "eval"), FrontendConfig(), CLASSES)
    with pytest.raises(BadDataset, match="no test clips; it has train, eval"):
        open_test_split(tmp_path / "p.pack")


def test_a_damaged_pack_asks_to_be_rebuilt(tmp_path: Path) -> None:
    (tmp_path / "p.pack").write_bytes(b"EARSHOT")
    with pytest.raises(TransientError, match="is damaged"):
        open_test_split(tmp_path / "p.pack")


def test_opening_a_pack_reads_nothing_of_the_test_split(tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    tiny_pack(path)
    spoil_test_split(path)
    assert len(open_pack(path, verify=True).split("eval")) > 0
    with pytest.raises(TypeError, match="spoilt"):
        open_test_split(path)
