"""Test vectors of a deploy bundle: network inputs with the scores that each runtime gives them."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.evaluation_result import Runtime


@dataclass(frozen=True, slots=True)
class ScoredInputs:
    """Features int8 [n, frames, mel_bins], quantised as the network takes them, and scores int8 [n, classes] by
    runtime; the last `of_sounds` are those of sounds that go with them. Raises ValueError where their numbers differ.
    """

    features: NDArray[np.int8]
    scores: Mapping[Runtime, NDArray[np.int8]]
    of_sounds: int = 0

    def __post_init__(self) -> None:
        for name, scores in self.scores.items():
            if len(scores) != len(self.features):
                raise ValueError(f"{len(self.features)} test vectors have {len(scores)} scores of {name}.")

    def files(self) -> dict[str, bytes]:
        """Content of features.npy and scores_RUNTIME.npy by name, in NumPy's format 1."""
        arrays = {"features": self.features, **{f"scores_{name}": self.scores[name] for name in sorted(self.scores)}}
        return {f"{name}.npy": _npy(values) for name, values in arrays.items()}


def _npy(values: NDArray[np.int8]) -> bytes:
    made = io.BytesIO()
    np.lib.format.write_array(made, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
    return made.getvalue()
