"""Training of a Keras model, float or quantisation-aware, epoch by epoch."""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.errors import TrainingDiverged
from nas_engine.network.builder import Tensor, logits_of
from nas_engine.network.keras import tf
from nas_engine.network.optimizer import AdamW
from nas_engine.network.schedule import CosineDecay, TrainingConfig

__all__ = ["Batch", "Epoch", "Trainer", "TrainingConfig"]

Batch = tuple[NDArray[np.float32], NDArray[np.int64]]
"""x [B, frames, mel_bins] and labels y [B]."""

_EVALUATION_BATCH = 64


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training batches gave."""

    loss: float
    accuracy: float


class Trainer:
    """Trains one model for one phase of a trial. All epochs share one traced step."""

    def __init__(self, model: Any, phase: str, schedule: CosineDecay, weight_decay: float, label_smoothing: float) -> None:
        self._model = logits_of(model)
        self._phase = phase
        self._schedule = schedule
        self._classes = self._model.output_shape[-1]
        self._label_smoothing = label_smoothing
        self._optimizer = AdamW(self._model.trainable_variables, weight_decay)
        self._steps = 0
        self._epochs = 0
        x = tf.TensorSpec((None, *self._model.input_shape[1:]), tf.float32)
        y = tf.TensorSpec((None,), tf.int64)
        rate = tf.TensorSpec((), tf.float32)
        self._step = tf.function(self._trace_step, input_signature=[x, y, rate], autograph=False)
        self._count_hits = tf.function(self._trace_count, input_signature=[x, y], autograph=False)
        self.trace_seconds = 0.0

    def epoch(self, batches: Iterable[Batch]) -> Epoch:
        """Train on `batches`. Raises TrainingDiverged if the loss is no longer a finite number."""
        losses, hits, examples, seconds = [], [], 0, []
        for x, y in batches:
            start = time.perf_counter()
            loss, correct = self._step(self._shaped(x), y, self._schedule(self._steps))
            seconds.append(time.perf_counter() - start)
            losses.append(loss.numpy())
            hits.append(correct.numpy())
            examples += len(y)
            self._steps += 1
        if not self._epochs:
            self.trace_seconds = seconds[0] - min(seconds)
        self._epochs += 1
        mean_loss = float(np.mean(losses))
        if not math.isfinite(mean_loss):
            raise TrainingDiverged(
                f"The loss became {mean_loss} in epoch {self._epochs} of {self._phase} training; "
                "train with a lower learning rate."
            )
        return Epoch(mean_loss, int(np.sum(hits)) / examples)

    def accuracy(self, x: NDArray[np.float32], y: NDArray[np.int64]) -> float:
        """Share of examples x [n, ...] that the network as it is now gets right."""
        hits = 0
        for start in range(0, len(y), _EVALUATION_BATCH):
            stretch = slice(start, start + _EVALUATION_BATCH)
            hits += int(self._count_hits(self._shaped(x[stretch]), y[stretch]).numpy())
        return hits / len(y)

    def _shaped(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return x.reshape(-1, *self._model.input_shape[1:])

    def _trace_step(self, x: Tensor, y: Tensor, learning_rate: Tensor) -> tuple[Tensor, Tensor]:
        variables = self._model.trainable_variables
        smoothed = tf.one_hot(y, self._classes) * (1 - self._label_smoothing) + self._label_smoothing / self._classes
        with tf.GradientTape() as tape:
            logits = self._model(x, training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smoothed, logits))
        self._optimizer.apply(tape.gradient(loss, variables), learning_rate)
        return loss, _hits(logits, y)

    def _trace_count(self, x: Tensor, y: Tensor) -> Tensor:
        return _hits(self._model(x, training=False), y)


def _hits(logits: Tensor, y: Tensor) -> Tensor:
    return tf.reduce_sum(tf.cast(tf.argmax(logits, axis=-1) == y, tf.int32))
