"""Feature pack: the log-mel features of a whole dataset in one memory-mapped file.

Layout: magic | arrays, each at a multiple of 64 bytes | description (JSON) | trailer. The description comes last so
that a dataset larger than memory is written in one pass, and a truncated file has no valid trailer. Features are
float32, not float16: half precision changes log-mel values by up to 0.004, enough to change the last bit of an int8
input, so that an exported network would not reproduce its accuracy on recomputed features.
"""

import os
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.audio.pack_file import MAGIC, PACK_VERSION, end_of_pack, map_pack
from nas_engine.errors import BadDataset, ClosedSplit

_ALIGNMENT = 64
EVALUATION_SPLIT = "eval"
"""Split that rewards, early stopping and thresholds are taken from."""
CLOSED_SPLIT = "test"
"""Split that `open_pack` leaves closed: `nas_engine.audio.closed_split` alone opens it, for finished networks."""
_SMALLEST_STD = 1e-3  # a mel bin that never changes must not be divided by zero


@dataclass(frozen=True, slots=True)
class Example:
    """Features of one clip to be written, float32 [frames_total, mel_bins], with split, class and a unique clip_id."""

    split: str
    label: str
    clip_id: str
    log_mel: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SplitFeatures:
    """Clips of one split, concatenated: clip i is rows offsets[i] .. offsets[i + 1] of `log_mel`.

    log_mel float32 [total_frames, mel_bins], memory-mapped, not normalised; offsets int64 [n + 1]; labels int64 [n],
    indices into `classes`; clip_ids str [n].
    """

    classes: tuple[str, ...]
    log_mel: NDArray[np.float32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64]
    clip_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def features(self, index: int) -> NDArray[np.float32]:
        """Features of clip `index`, float32 [frames_total, mel_bins], not normalised."""
        return self.log_mel[self.offsets[index] : self.offsets[index + 1]]


@dataclass(frozen=True, slots=True)
class FeaturePack:
    """Open feature pack. Opening reads only the description; features are paged in as they are used.

    `splits` are those that search and training may see: the test split is not among them.
    """

    config: FrontendConfig
    classes: tuple[str, ...]
    normalisation: Normalisation
    splits: Mapping[str, SplitFeatures]

    @property
    def mean(self) -> NDArray[np.float32]:
        """Mean of each mel bin over the training frames [mel_bins]."""
        return self.normalisation.mean

    @property
    def std(self) -> NDArray[np.float32]:
        """Standard deviation of each mel bin over the training frames [mel_bins]."""
        return self.normalisation.std

    def split(self, name: str) -> SplitFeatures:
        """Clips of the split `name`. Raises ClosedSplit for the test split, BadDataset if it has none."""
        if name == CLOSED_SPLIT:
            raise ClosedSplit("The test split is closed to search and training: it is opened for finalists alone.")
        if name not in self.splits:
            raise BadDataset(f"This dataset has no clips in the split '{name}'; it has {', '.join(self.splits)}.")
        return self.splits[name]


class _Moments:
    """Running mean and deviation of each mel bin."""

    def __init__(self, bins: int) -> None:
        self._count = 0
        self._sum = np.zeros(bins)
        self._square_sum = np.zeros(bins)

    def add(self, features: NDArray[np.float32]) -> None:
        values = features.astype(np.float64)
        self._count += len(values)
        self._sum += values.sum(axis=0)
        self._square_sum += (values**2).sum(axis=0)

    def normalisation(self) -> Normalisation:
        if not self._count:
            raise BadDataset("This dataset has no training clips: mean and deviation of the features are unknown.")
        mean = self._sum / self._count
        variance = np.maximum(self._square_sum / self._count - mean**2, 0.0)
        std = np.maximum(np.sqrt(variance), _SMALLEST_STD)
        return Normalisation(mean.astype(np.float32), std.astype(np.float32))


@dataclass(slots=True)
class _SplitUnderWay:
    name: str
    start: int
    lengths: list[int]
    labels: list[int]
    clip_ids: list[str]


class _Writer:
    """Writes arrays one after another and records the place of each."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._crc = 0
        self.write(MAGIC)

    def write(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._file.write(data)

    def align(self) -> int:
        self.write(b"\0" * (-self._file.tell() % _ALIGNMENT))
        return self._file.tell()

    def array(self, values: NDArray[Any]) -> dict[str, Any]:
        start = self.align()
        self.write(np.ascontiguousarray(values).tobytes())
        return {"start": start, "dtype": values.dtype.str, "shape": list(values.shape)}

    def finish(self, description: dict[str, Any]) -> None:
        self._file.write(end_of_pack({**description, "data_crc32": self._crc}))


def write_pack(path: Path, examples: Iterable[Example], config: FrontendConfig, classes: Sequence[str]) -> None:
    """Write `examples` (all of one split in a row) to `path`, which appears only when it is complete.

    Raises BadDataset without training clips; ValueError for a label that is not in `classes`, features of another shape
    than [frames_total, mel_bins], or a split in two pieces.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        unfinished = Path(file.name)
        try:
            _write(_Writer(file.file), examples, config, tuple(classes))
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def _write(writer: _Writer, examples: Iterable[Example], config: FrontendConfig, classes: tuple[str, ...]) -> None:
    index_of = {name: index for index, name in enumerate(classes)}
    moments = _Moments(config.mel_bins)
    splits: list[_SplitUnderWay] = []
    for example in examples:
        if not splits or splits[-1].name != example.split:
            splits.append(_SplitUnderWay(example.split, writer.align(), [], [], []))
        if example.label not in index_of:
            raise ValueError(f"label '{example.label}' of clip {example.clip_id} is not one of {', '.join(classes)}")
        if example.log_mel.ndim != 2 or example.log_mel.shape[1] != config.mel_bins or not len(example.log_mel):
            raise ValueError(f"clip {example.clip_id}: {example.log_mel.shape} is not [frames, {config.mel_bins}]")
        writer.write(np.ascontiguousarray(example.log_mel, "<f4").tobytes())
        current = splits[-1]
        current.lengths.append(len(example.log_mel))
        current.labels.append(index_of[example.label])
        current.clip_ids.append(example.clip_id)
        if example.split == "train":
            moments.add(example.log_mel)
    names = [split.name for split in splits]
    if len(set(names)) != len(names):
        raise ValueError(f"examples must be sorted by split, not come as {', '.join(names)}")
    normalisation = moments.normalisation()
    writer.finish(
        {
            "version": PACK_VERSION,
            "config": config.to_json(),
            "classes": list(classes),
            **normalisation.to_json(),
            "splits": {split.name: _split_arrays(writer, split, config.mel_bins) for split in splits},
        }
    )


def _split_arrays(writer: _Writer, split: _SplitUnderWay, bins: int) -> dict[str, Any]:
    offsets = np.concatenate([[0], np.cumsum(split.lengths)]).astype("<i8")
    clip_ids = np.array([clip_id.encode() for clip_id in split.clip_ids])
    return {
        "log_mel": {"start": split.start, "dtype": "<f4", "shape": [int(offsets[-1]), bins]},
        "offsets": writer.array(offsets),
        "labels": writer.array(np.array(split.labels, "<i8")),
        "clip_ids": writer.array(clip_ids),
    }


def open_pack(path: Path, *, verify: bool = False) -> FeaturePack:
    """Memory-map the pack at `path` without its test split; `verify` also reads it all and compares the checksum.

    Raises TransientError if the file is truncated or damaged (delete it and build or fetch it again), OSError if it
    does not exist.
    """
    pack = map_pack(path, verify=verify)
    splits = {
        name: SplitFeatures(pack.classes, *pack.arrays_of(name)) for name in pack.split_names if name != CLOSED_SPLIT
    }
    config = FrontendConfig.from_json(pack.description["config"])
    return FeaturePack(config, pack.classes, Normalisation.from_json(pack.description), splits)
