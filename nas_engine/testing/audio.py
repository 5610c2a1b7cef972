"""Tiny datasets for tests: separable tones, generated in milliseconds."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.cache import (
    CLOSED_SPLIT,
    Example,
    FeaturePack,
    open_pack,
    write_pack,
)
from nas_engine.audio.checks import SPLITS
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.features import compute_features
from nas_engine.audio.pack_file import end_of_pack, map_pack

TINY_CLASSES = ("alarm", "siren", "negative")
_LOWEST_HZ = 300.0
_RATE_HZ = 16_000


def tone(label: int, rng: np.random.Generator, seconds: float) -> NDArray[np.float32]:
    """Noisy tone [n] of a class at 16 kHz; classes are an octave apart, the pitch varies by a fifth of it."""
    hertz = _LOWEST_HZ * 2.0 ** (label + rng.uniform(-0.2, 0.2))
    time = np.arange(round(seconds * _RATE_HZ)) / _RATE_HZ
    samples = 0.2 * np.sin(2.0 * np.pi * hertz * time) + rng.normal(0.0, 0.02, len(time))
    result: NDArray[np.float32] = samples.astype(np.float32)
    return result


def tiny_folder(
    folder: Path, *, classes: Sequence[str] = TINY_CLASSES, clips_per_class: int = 4, seed: int = 0
) -> Path:
    """Write split/class/N.wav for all three splits below `folder` and return it."""
    for split, label, number, samples in _clips(classes, clips_per_class, seed):
        path = folder / split / label / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, _RATE_HZ)
    return folder


def tiny_pack(
    path: Path,
    *,
    classes: Sequence[str] = TINY_CLASSES,
    clips_per_class: int = 4,
    seed: int = 0,
    config: FrontendConfig | None = None,
) -> FeaturePack:
    """Write a feature pack of such clips to `path` and open it."""
    config = config or FrontendConfig()
    write_pack(
        path,
        (
            Example(split, label, f"{split}-{label}-{number}", compute_features(samples, config))
            for split, label, number, samples in _clips(classes, clips_per_class, seed)
        ),
        config,
        classes,
    )
    return open_pack(path)


def spoil_test_split(path: Path) -> None:
    """Make reading the test split of the pack at `path` raise TypeError; everything else of it stays readable."""
    description = dict(map_pack(path).description)
    features = path.read_bytes()[: -len(end_of_pack(description))]
    splits = description["splits"]
    spoilt = {name: array | {"dtype": "spoilt"} for name, array in splits[CLOSED_SPLIT].items()}
    path.write_bytes(features + end_of_pack(description | {"splits": splits | {CLOSED_SPLIT: spoilt}}))


def _clips(
    classes: Sequence[str], clips_per_class: int, seed: int
) -> Iterator[tuple[str, str, int, NDArray[np.float32]]]:
    """Split, class, number and samples; about half are shorter than the input, half longer."""
    rng = np.random.default_rng(seed)
    for split in SPLITS:
        for index, label in enumerate(classes):
            for number in range(clips_per_class):
                yield split, label, number, tone(index, rng, rng.choice([rng.uniform(0.6, 1.5), rng.uniform(4.2, 5.0)]))
