"""Training configuration and learning-rate schedule; no TensorFlow."""

import math
from dataclasses import asdict, dataclass
from typing import Any, get_args

from nas_engine.evaluation_result import Runtime
from nas_engine.trial_plan import FULL_EPOCHS, QAT_EPOCHS, STATISTICS_STRIDE, TRIAL_SHARE, trial_epochs


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Training configuration of a trial. Raises ValueError naming the wrong value.

    A trial trains for `trial_fraction` of `full_epochs` (paper, section 5: three quarters) and then for `qat_epochs`
    with simulated quantisation. One epoch draws as many examples as the train split has clips. Learning rates are the
    peaks of their schedules; `dropout`, `label_smoothing` and `negative_share` are 0..1. BatchNorm takes mean and
    variance from every `statistics_stride`-th position in time and frequency. `runtime` is the one that the network is
    evaluated in.
    """

    full_epochs: int = FULL_EPOCHS
    trial_fraction: float = TRIAL_SHARE
    qat_epochs: int = QAT_EPOCHS
    batch_size: int = 64
    statistics_stride: int = STATISTICS_STRIDE
    learning_rate: float = 1e-2
    qat_learning_rate: float = 1e-4
    warmup_epochs: int = 2
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    dropout: float = 0.2
    negative_share: float = 0.5
    seed: int = 0
    runtime: Runtime = "xnnpack"

    def __post_init__(self) -> None:
        if self.runtime not in get_args(Runtime):
            raise ValueError(f"training: runtime must be one of {', '.join(get_args(Runtime))}, not {self.runtime!r}")
        for name in ("full_epochs", "qat_epochs", "batch_size", "statistics_stride"):
            if getattr(self, name) < 1:
                raise ValueError(f"training: {name} must be at least 1, not {getattr(self, name)}")
        for name in ("trial_fraction", "learning_rate", "qat_learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"training: {name} must be above 0, not {getattr(self, name)}")
        for name in ("warmup_epochs", "weight_decay", "label_smoothing", "dropout", "negative_share"):
            if getattr(self, name) < 0:
                raise ValueError(f"training: {name} must not be negative, but is {getattr(self, name)}")

    @property
    def trial_epochs(self) -> int:
        """Epochs of float training: `trial_fraction` of `full_epochs`, rounded up."""
        return trial_epochs(self.full_epochs, self.trial_fraction)

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CosineDecay:
    """Learning rate by step: linear from 0 to `peak` over `warmup_steps`, then half a cosine down to 0."""

    peak: float
    steps: int
    warmup_steps: int = 0

    def __call__(self, step: int) -> float:
        """Learning rate of step 0 .. steps - 1."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return self.peak * 0.5 * (1 + math.cos(math.pi * done))
