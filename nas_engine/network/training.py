"""Training of a Keras model, float or quantisation-aware, one epoch at a time."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.errors import TrainingDiverged
from nas_engine.network.builder import Tensor, logits_of
from nas_engine.network.graphs.networks import TrainableNetwork
from nas_engine.network.keras import tf
from nas_engine.network.optimizer import AdamW
from nas_engine.network.schedule import CosineDecay

Batch = tuple[NDArray[np.float32], NDArray[np.int64]]
"""x [B, frames, mel_bins] and labels y [B]."""

_EVALUATION_BATCH = 64


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """Mean loss and accuracy (0..1) over the training batches of one epoch, each before its update."""

    loss: float
    accuracy: float


class ModelTrainer:
    """Trainer of one network, or of one Keras model, in one phase of a trial; `phase` is its name in messages.

    `weight_decay` and `label_smoothing` as in `TrainingConfig`.
    """

    def __init__(
        self, model: Any, phase: str, schedule: CosineDecay, *, weight_decay: float = 0.0, label_smoothing: float = 0.0
    ) -> None:
        self._model = model if isinstance(model, TrainableNetwork) else _KerasModel(model)
        self._phase = phase
        self._schedule = schedule
        self._classes = self._model.output_shape[-1]
        self._label_smoothing = label_smoothing
        self._optimizer = AdamW(self._model.trainable_variables, weight_decay, self._model.decaying)
        self._steps = 0
        self._epochs = 0
        x = tf.TensorSpec((None, *self._model.input_shape[1:]), tf.float32)
        y = tf.TensorSpec((None,), tf.int64)
        signature = (x, y, tf.TensorSpec((), tf.float32))
        self._step = tf.function(self._trace_step, input_signature=signature, autograph=False)
        self._first_step, self._first_answer = _FirstCall(), _FirstCall()

    @property
    def trace_seconds(self) -> float:
        """Seconds spent on tracing Python into graphs, of a step and of answers."""
        return self._first_step.extra_seconds + self._first_answer.extra_seconds

    @property
    def nodes(self) -> int:
        """Nodes in the graph of a step, which tracing takes its time for."""
        return len(self._step.get_concrete_function().graph.get_operations())

    def epoch(self, batches: Iterable[Batch]) -> EpochMetrics:
        """Train one epoch on `batches`. Raises TrainingDiverged if the mean loss is not finite."""
        losses, hits, examples = [], 0, 0
        for x, y in batches:
            loss, step_hits = self._first_step.timed(self._step, self._shaped(x), y, self._schedule(self._steps))
            losses.append(float(loss))
            hits += int(step_hits)
            examples += len(y)
            self._steps += 1
        self._epochs += 1
        mean_loss = float(np.mean(losses))
        if not math.isfinite(mean_loss):
            raise TrainingDiverged(
                f"The loss became {mean_loss} in epoch {self._epochs} of {self._phase} training; "
                "train with a lower learning rate."
            )
        return EpochMetrics(mean_loss, hits / examples)

    def accuracy(self, x: NDArray[np.float32], y: NDArray[np.int64]) -> float:
        """Accuracy (0..1) of the current weights on examples x [n, frames, mel_bins], y [n]."""
        answer, hits = self._model.inference(), 0
        for start in range(0, len(y), _EVALUATION_BATCH):
            part = slice(start, start + _EVALUATION_BATCH)
            inputs = self._shaped(x[part])
            is_full = len(inputs) == min(_EVALUATION_BATCH, len(y))  # the last batch may be smaller and quicker
            hits += int(_hits(self._first_answer.timed(answer, inputs) if is_full else answer(inputs), y[part]))
        return hits / len(y)

    def _shaped(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Batch in the network's layout; both layouts have the same memory order."""
        return x.reshape(-1, *self._model.input_shape[1:])

    def _trace_step(self, x: Tensor, y: Tensor, learning_rate: Tensor) -> tuple[Tensor, Tensor]:
        targets = tf.one_hot(y, self._classes) * (1 - self._label_smoothing) + self._label_smoothing / self._classes
        with tf.GradientTape() as tape:
            logits = self._model.logits(x)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
        self._optimizer.apply(tape.gradient(loss, self._model.trainable_variables), learning_rate)
        return loss, _hits(logits, y)


class _KerasModel:
    """A Keras model as `TrainableNetwork` is used here."""

    def __init__(self, model: Any) -> None:
        self._logits = logits_of(model)
        self._answer = tf.function(lambda x: self._logits(x, training=False), autograph=False)
        self.input_shape, self.output_shape = self._logits.input_shape, self._logits.output_shape
        self.trainable_variables = self._logits.trainable_variables
        self.decaying = [variable.shape.rank > 1 for variable in self.trainable_variables]

    def logits(self, x: Tensor) -> Tensor:
        return self._logits(x, training=True)

    def inference(self) -> Callable[[Tensor], Tensor]:
        answer: Callable[[Tensor], Tensor] = self._answer
        return answer


def _hits(logits: Tensor, y: Tensor) -> Tensor:
    return tf.reduce_sum(tf.cast(tf.argmax(logits, axis=-1) == y, tf.int32))


class _FirstCall:
    """Measures how much longer the first of several equal calls takes than the shortest later one."""

    def __init__(self) -> None:
        self._first_seconds: float | None = None
        self._usual_seconds = math.inf

    def timed(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function` returns."""
        start = time.perf_counter()
        result = function(*arguments)
        seconds = time.perf_counter() - start
        if self._first_seconds is None:
            self._first_seconds = seconds
        else:
            self._usual_seconds = min(self._usual_seconds, seconds)
        return result

    @property
    def extra_seconds(self) -> float:
        """Seconds by which the first call took longer than the shortest later one; 0 before a second call."""
        if self._first_seconds is None or math.isinf(self._usual_seconds):
            return 0.0
        return max(0.0, self._first_seconds - self._usual_seconds)
