"""Preparation of a dataset: decodes scanned clips and computes features, with memory independent of its size."""

import hashlib
import io
import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.cache import Example, write_pack
from nas_engine.audio.checks import (
    SPLITS,
    Counts,
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
from nas_engine.audio.clips import ClipSource, Scan, labels_in_order
from nas_engine.audio.decode import LONGEST_SECONDS, ClipProblem, decode_clip
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.features import compute_features
from nas_engine.audio.frontends.suppression import ClassSuppression, HeardTwice, heard_twice, suppression_by_class
from nas_engine.audio.segments import cut
from nas_engine.errors import is_of_the_machine

OnProgress = Callable[[int, int, str], None]  # done, total, phase
_CLIPS_AT_ONCE = 64
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """Usable clip: 16 kHz mono 16-bit FLAC at `flac_path`, `sha256` of its little-endian samples.

    Its features are `frames` rows of the features file from `first_row` on. `heard`: what noise suppression leaves of
    it, None without such.
    """

    split: str
    label: str
    group: str
    source_name: str
    seconds: float
    sha256: str
    flac_path: Path
    first_row: int
    frames: int
    heard: HeardTwice | None


@dataclass(frozen=True, slots=True)
class PreparedDataset:
    """Result of `prepare`; `clips` are in the pack's order: train, eval, test; within a split by class, then name.

    `counts` is {split: {class: clips}}. The files are in the `workdir` of `prepare`.
    """

    config: FrontendConfig
    clips: tuple[PreparedClip, ...]
    classes: tuple[str, ...]
    problems: tuple[DatasetProblem, ...]
    counts: Counts
    features_path: Path

    def examples(self) -> Iterator[Example]:
        """Features [frames, mel_bins] in the pack's order, read from disk on demand; clip_id is the clip's sha256."""
        rows = np.memmap(self.features_path, dtype=np.float32, mode="r").reshape(-1, self.config.mel_bins)
        for clip in self.clips:
            features = np.asarray(rows[clip.first_row : clip.first_row + clip.frames])
            yield Example(clip.split, clip.label, clip.sha256, features)

    @property
    def suppression(self) -> tuple[ClassSuppression, ...]:
        """What noise suppression leaves of the training clips, by class; empty for a front end without such."""
        training = (clip for clip in self.clips if clip.split == "train")
        return suppression_by_class((clip.label, clip.heard) for clip in training if clip.heard)

    def write_pack(self, path: Path) -> None:
        """Write the feature pack to `path`. Raises BadDataset without training clips."""
        write_pack(path, self.examples(), self.config, self.classes)


@dataclass(frozen=True, slots=True)
class _Read:
    """One decoded clip on its way to disk."""

    source: ClipSource
    seconds: float
    sha256: str
    flac: bytes
    features: NDArray[np.float32]
    heard: HeardTwice | None
    note: DatasetProblem | None


def prepare(
    scan: Scan,
    config: FrontendConfig,
    on_progress: OnProgress,
    workdir: Path,
    *,
    threads: int | None = None,
) -> PreparedDataset:
    """Decode, check and transform all clips of a scan; write 16 kHz FLAC and features below `workdir`.

    Clips that cannot be used, and copies, are left out and listed in `problems`. Features are computed from the
    samples stored in the FLAC. `on_progress(done, total, phase)` is called about every 64 clips and may raise to
    cancel. Raises BadDataset if too few clips are left: no train or no eval clips, or a single class.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    features_path = workdir / "features.f32"
    problems = list(scan.problems)
    with features_path.open("wb") as features_file:
        found = list(_store(_read_all(scan, config, on_progress, threads, problems), workdir, features_file))
    kept, duplicates = without_duplicates(found)
    classes = labels_in_order(clip.label for clip in kept)
    counts = count_clips(kept, classes)
    problems += (
        duplicates
        + group_leaks(kept, scan.group_noun)
        + vanished_classes(scan.clips, classes)
        + missing_classes(counts)
        + alike_classes(classes)
    )
    require_trainable(counts, problems)
    kept.sort(key=lambda clip: (SPLITS.index(clip.split), classes.index(clip.label), clip.source_name))
    return PreparedDataset(config, tuple(kept), classes, tuple(shortened(problems)), counts, features_path)


def _read_all(
    scan: Scan, config: FrontendConfig, on_progress: OnProgress, threads: int | None, problems: list[DatasetProblem]
) -> Iterator[_Read]:
    """Usable clips in the scan's order; findings are added to `problems`."""
    total = len(scan.clips)
    # Threads suffice: libsndfile, soxr and numpy's FFT release the interpreter lock.
    with ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1)) as pool:
        for start in range(0, total, _CLIPS_AT_ONCE):
            on_progress(start, total, "reading clips")
            some = scan.clips[start : start + _CLIPS_AT_ONCE]
            for result in pool.map(_read, some, [config] * len(some)):
                if isinstance(result, DatasetProblem):
                    problems.append(result)
                    continue
                if result.note:
                    problems.append(result.note)
                yield result
    on_progress(total, total, "reading clips")


def _read(source: ClipSource, config: FrontendConfig) -> _Read | DatasetProblem:
    try:
        sound: Path | bytes = source.path
        if source.start_s is not None and source.end_s is not None:
            sound = cut(source.path, source.start_s, source.end_s)
        decoded = decode_clip(sound, config.sample_rate_hz)
    except ClipProblem as error:
        return DatasetProblem(error.kind, "error", source.source_name, str(error))
    except OSError as error:
        if is_of_the_machine(error):
            raise
        message = f"It cannot be opened ({error.strerror}). Check the file and its permissions."
        return DatasetProblem("unreadable", "error", source.source_name, message)
    note = None
    if decoded.cut_from_seconds:
        full = f" of {decoded.cut_from_seconds:.1f}" if math.isfinite(decoded.cut_from_seconds) else ""
        message = f"Cut to its first {LONGEST_SECONDS:g}{full} seconds."
        note = DatasetProblem("long_clip", "note", source.source_name, message)
    pcm = np.clip(np.rint(decoded.samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
    samples = (pcm / _FULL_SCALE).astype(np.float32)
    features = compute_features(samples, config)
    return _Read(
        source=source,
        seconds=len(pcm) / config.sample_rate_hz,
        sha256=hashlib.sha256(pcm.tobytes()).hexdigest(),
        flac=_flac(pcm, config.sample_rate_hz),
        features=features,
        heard=heard_twice(samples, features, config),
        note=note,
    )


def _flac(pcm: NDArray[np.int16], sample_rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, pcm, sample_rate_hz, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def _store(clips: Iterable[_Read], workdir: Path, features_file: IO[bytes]) -> Iterator[PreparedClip]:
    folder = workdir / "clips"
    folder.mkdir(exist_ok=True)
    row = 0
    for clip in clips:
        path = folder / f"{clip.sha256}.flac"
        path.write_bytes(clip.flac)
        features_file.write(clip.features.tobytes())
        source, frames = clip.source, len(clip.features)
        yield PreparedClip(
            split=source.split,
            label=source.label,
            group=source.group,
            source_name=source.source_name,
            seconds=clip.seconds,
            sha256=clip.sha256,
            flac_path=path,
            first_row=row,
            frames=frames,
            heard=clip.heard,
        )
        row += frames
