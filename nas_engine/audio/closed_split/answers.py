"""Answers of trained networks to the evaluation split and to the test split, for an opening that has been recorded.

The one way to the test split. Only the process that works on a recorded opening may import it (an import contract).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.batches import evaluation_crops
from nas_engine.audio.cache import EVALUATION_SPLIT, SplitFeatures, open_pack
from nas_engine.audio.closed_split.opening import open_test_split
from nas_engine.evaluation_result import BothSplits, SplitAnswers

Answer = Callable[[int, NDArray[np.float32], NDArray[np.int64]], NDArray[np.integer[Any]]]
"""Class indices [n] that network number i (from 0) answers to x float32 [n, frames, mel_bins] with the labels y [n]."""


def answer_both_splits(pack_path: Path, networks: int, answer: Answer) -> BothSplits:
    """Answers of so many `networks` to both splits of the feature pack at `pack_path`.

    Raises BadDataset if the pack has no test clips, TransientError where the file is damaged, and what `answer` raises.
    """
    pack = open_pack(pack_path)

    def answered(split: SplitFeatures) -> SplitAnswers:
        x, y = evaluation_crops(split, pack.config, pack.normalisation)
        answers = tuple(tuple(map(int, answer(number, x, y))) for number in range(networks))
        return SplitAnswers(tuple(map(int, y)), split.clip_ids, answers)

    return BothSplits(answered(pack.split(EVALUATION_SPLIT)), answered(open_test_split(pack_path)))
