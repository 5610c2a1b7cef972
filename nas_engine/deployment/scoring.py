"""Scores of a network for clips of the evaluation split, in every runtime of this machine. Loads TensorFlow."""

import numpy as np

from nas_engine.audio.batches import evaluation_arrays
from nas_engine.audio.cache import EVALUATION_SPLIT, FeaturePack
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.network import runtimes
from nas_engine.network.tflite import quantised_inputs


def scored_inputs(content: bytes, pack: FeaturePack, clips: int) -> ScoredInputs:
    """Test vectors of the int8 .tflite file `content`: at most `clips` clips, spread evenly over the evaluation split.

    Raises BadDataset if the pack has no clips of that split.
    """
    x, _ = evaluation_arrays(pack, EVALUATION_SPLIT)
    chosen = np.unique(np.linspace(0, len(x) - 1, min(clips, len(x))).round().astype(int))
    features = quantised_inputs(content, x[chosen])
    scores = {name: runtimes.predict(name, content, x[chosen]) for name in runtimes.available()}
    return ScoredInputs(features.reshape(len(chosen), *x.shape[1:]), scores)
