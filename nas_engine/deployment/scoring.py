"""Scores of a network for clips of the evaluation split, in every runtime of this machine. Loads TensorFlow."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.batches import evaluation_arrays
from nas_engine.audio.cache import EVALUATION_SPLIT, FeaturePack
from nas_engine.audio.frontend import evaluation_crop
from nas_engine.audio.frontends.features import compute_features
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.network import runtimes
from nas_engine.network.tflite import quantised_inputs

_FULL_SCALE = 32768.0


def scored_inputs(
    content: bytes, pack: FeaturePack, clips: int, sounds: Iterable[NDArray[np.int16]] = ()
) -> ScoredInputs:
    """Test vectors of the int8 .tflite file `content`: at most `clips` clips, spread evenly over the evaluation split,
    then `sounds`, 16-bit PCM [n] each, as training computes and crops their features.

    Raises BadDataset if the pack has no clips of that split.
    """
    x, _ = evaluation_arrays(pack, EVALUATION_SPLIT)
    chosen = np.unique(np.linspace(0, len(x) - 1, min(clips, len(x))).round().astype(int))
    heard = [_input(pcm, pack) for pcm in sounds]
    inputs = np.concatenate([x[chosen], *(one[np.newaxis] for one in heard)])
    features = quantised_inputs(content, inputs)
    scores = {name: runtimes.predict(name, content, inputs) for name in runtimes.available()}
    return ScoredInputs(features.reshape(len(inputs), *x.shape[1:]), scores, len(heard))


def _input(pcm: NDArray[np.int16], pack: FeaturePack) -> NDArray[np.float32]:
    features = compute_features((pcm / _FULL_SCALE).astype(np.float32), pack.config)
    return pack.normalisation.apply(evaluation_crop(features, pack.config))
