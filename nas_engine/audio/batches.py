"""Network inputs from a feature pack: random batches for training, fixed crops for evaluation, in numpy."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.cache import FeaturePack, SplitFeatures
from nas_engine.audio.frontend import FrontendConfig, Normalisation, evaluation_crop
from nas_engine.audio.specaugment import SpecAugment, mask

NEGATIVE = "negative"
NEGATIVE_SHARE = 0.5
_NEPERS_PER_DB = math.log(10.0) / 10.0  # of power

Batch = tuple[NDArray[np.float32], NDArray[np.int64]]


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Number of batches of `training_batches`; all are full, so that TensorFlow traces a single shape."""
    return max(1, math.ceil(examples / batch_size))


def training_batches(
    split: SplitFeatures,
    config: FrontendConfig,
    mean: NDArray[np.float32],
    std: NDArray[np.float32],
    batch_size: int,
    rng: np.random.Generator,
    *,
    negative_share: float = NEGATIVE_SHARE,
    augmentation: SpecAugment | None = None,
) -> Iterator[Batch]:
    """One epoch of shuffled batches (x float32 [batch_size, frames, mel_bins] normalised, y int64 [batch_size]).

    `negative_share` of the examples come from the class "negative", independently of its share of the clips (paper,
    section 4: 50 %); the rest keep the proportions of the other classes. Without such a class all classes are equally
    frequent. Every clip is cropped at random; one no longer than the input is repeated from a random start.
    `augmentation=None` means SpecAugment with its defaults; its gain is left out where the front end has a gain control
    of its own. The same `rng` state gives the same epoch.

    Raises ValueError for a `negative_share` outside 0..1 (exclusive).
    """
    if not 0.0 < negative_share < 1.0:
        raise ValueError(f"negative_share must lie between 0 and 1, not {negative_share}")
    augmentation = augmentation or SpecAugment()
    count = steps_per_epoch(len(split), batch_size) * batch_size
    order = draw_epoch(split.labels, split.classes, count, negative_share, rng)
    for clips in order.reshape(-1, batch_size):
        batch = _random_crops(split, clips, config.frames, rng)
        batch -= mean
        batch *= 1.0 / std
        if augmentation.gain_db and config.facts.follows_gain:
            decibels = rng.uniform(-augmentation.gain_db, augmentation.gain_db, (batch_size, 1, 1))
            batch += (decibels * _NEPERS_PER_DB / config.facts.nepers_per_unit / std).astype(np.float32)
        mask(batch, augmentation, rng)
        yield batch, split.labels[clips]


def draw_epoch(
    labels: NDArray[np.int64], classes: Sequence[str], count: int, negative_share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Indices [count] of the clips of one epoch, shuffled; within a group no clip repeats before all were drawn."""
    if NEGATIVE in classes:
        negative = labels == classes.index(NEGATIVE)
        groups = [np.flatnonzero(negative), np.flatnonzero(~negative)]
        shares = [negative_share, 1.0 - negative_share]
    else:
        groups = [np.flatnonzero(labels == label) for label in range(len(classes))]
        shares = [1.0] * len(classes)
    present = [(group, share) for group, share in zip(groups, shares, strict=True) if group.size]
    ends = np.cumsum([share for _, share in present])
    ends = np.rint(count * ends / ends[-1]).astype(np.int64)
    counts = np.diff(ends, prepend=0)
    drawn = [_cycle(group, int(number), rng) for (group, _), number in zip(present, counts, strict=True)]
    return rng.permutation(np.concatenate(drawn))


def _cycle(group: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` members of `group`: whole shuffled rounds, then part of another."""
    rounds = [rng.permutation(group) for _ in range(math.ceil(count / group.size))]
    return np.concatenate(rounds)[:count] if rounds else group[:0]


def _random_crops(
    split: SplitFeatures, clips: NDArray[np.int64], frames: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Random crops [len(clips), frames, mel_bins], a copy."""
    first = split.offsets[clips]
    lengths = split.offsets[clips + 1] - first
    starts = rng.integers(0, np.where(lengths > frames, lengths - frames + 1, lengths))
    rows = (starts[:, np.newaxis] + np.arange(frames)) % lengths[:, np.newaxis] + first[:, np.newaxis]
    return split.log_mel.take(rows, axis=0)


def evaluation_arrays(pack: FeaturePack, split: str) -> Batch:
    """Evaluation crops in the pack's order: x float32 [n, frames, mel_bins] normalised, y int64 [n].

    Raises BadDataset if the pack has no clips of the split, ClosedSplit for the test split.
    """
    return evaluation_crops(pack.split(split), pack.config, pack.normalisation)


def evaluation_crops(split: SplitFeatures, config: FrontendConfig, normalisation: Normalisation) -> Batch:
    """Evaluation crops of all clips in their order: x float32 [n, frames, mel_bins] normalised, y int64 [n]."""
    crops = np.stack([evaluation_crop(split.features(index), config) for index in range(len(split))])
    return normalisation.apply(crops), np.array(split.labels)
