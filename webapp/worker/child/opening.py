"""Job of a recorded opening of the test split: answers of trained networks to both splits.

The only module that may import `nas_engine.audio.closed_split` (an import contract): no other process can read the
test split.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.closed_split.answers import Answer, answer_both_splits
from nas_engine.evaluation_result import BothSplits
from webapp.worker.child.messages import AnswerSplits


def load() -> Callable[[AnswerSplits, object], BothSplits]:
    """Load the real runtimes, or with EARSHOT_EVALUATOR=simulated the simulation of answers."""
    answering = _simulated if os.environ.get("EARSHOT_EVALUATOR") == "simulated" else _real()
    return lambda job, _: answer_both_splits(Path(job.pack_path), len(job.networks), answering(job))


def _real() -> Callable[[AnswerSplits], Answer]:
    """Loads TensorFlow."""
    from nas_engine.network import runtimes

    def answering(job: AnswerSplits) -> Answer:
        runtimes.require(job.runtime)
        contents = [Path(network.path).read_bytes() for network in job.networks]
        return lambda number, x, _: runtimes.predict(job.runtime, contents[number], x).argmax(axis=1)

    return answering


def _simulated(job: AnswerSplits) -> Answer:
    from nas_engine.simulation.simulated_answers import simulated_answers

    def answer(number: int, _: object, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        network = job.networks[number]
        return simulated_answers(network.architecture, network.seed, labels, network.architecture.head.classes)

    return answer
