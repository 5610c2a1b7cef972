"""Length of a trial's training, trials that a study keeps open, and a rule of thumb for training time.

Real and simulated studies share these rules. Seconds of a trial = fixed + passes x clips x (seconds per clip + seconds
per clip and MFLOP x MFLOPs). The constants were measured on one thread of one x86 processor, from TC-ResNet8 (6 MFLOPs)
to MobileNetV2 (430 MFLOPs). Other machines differ: `pace` estimates the ratio of this one from finished trials, apart
for training, which grows with epochs, and for what does not.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

FULL_EPOCHS = 60
"""Epochs of a finished network, unless a study sets another number."""
TRIAL_SHARE = 0.75
"""Share of the full training time that a trial trains in float (Speckhard et al., section 5)."""
QAT_EPOCHS = 4
"""Epochs with simulated quantisation that follow."""
QAT_EPOCH_PASSES = 2
"""Duration of an epoch with simulated quantisation in float epochs, for simulations and estimates of time."""
STATISTICS_STRIDE = 1
"""BatchNorm takes mean and variance from all positions in time and frequency, unless a study sets another stride."""
FEWEST_OPEN = 2
OPEN_PER_TRAINER = 2  # one in training, one waiting: a trainer that ends a trial finds the next at once

_FIXED_SECONDS = 30.0  # build, trace, quantise, convert
_SECONDS_A_CLIP = 1e-3
_SECONDS_A_CLIP_AND_MFLOP = 4.5e-5
_FIXED_BEFORE_FLOAT = 0.33  # build, trace; these shares: medians of benchmarks/data/paper-2d.jsonl
_FIXED_BEFORE_QAT = 0.86  # and quantise, trace again


def trial_epochs(full_epochs: int, share: float = TRIAL_SHARE) -> int:
    """Epochs of float training of a trial, rounded up."""
    return math.ceil(share * full_epochs)


TRIAL_EPOCHS = trial_epochs(FULL_EPOCHS)


def open_trials(trainers: int) -> int:
    """How many trials a study should have open: enough that no trainer waits; no more, so that suggestions know most
    results.
    """
    return max(FEWEST_OPEN, OPEN_PER_TRAINER * trainers)


@dataclass(frozen=True, slots=True)
class TrialTime:
    """Seconds of a trial by what they grow with.

    `fixed` (build, trace, quantise, convert, evaluate) grows with no number of epochs, `float_training` with those of
    float training, `qat` with those with simulated quantisation.
    """

    fixed: float
    float_training: float
    qat: float

    @property
    def training(self) -> float:
        """Seconds that grow with epochs."""
        return self.float_training + self.qat

    @property
    def total(self) -> float:
        """Seconds of the whole trial."""
        return self.fixed + self.training

    def scaled(self, *, fixed: float = 1.0, float_training: float = 1.0, qat: float = 1.0) -> "TrialTime":
        """Each part multiplied by its factor (no unit)."""
        return TrialTime(self.fixed * fixed, self.float_training * float_training, self.qat * qat)

    def share_done(self, phase: str, epoch: int, epochs: int) -> float:
        """0..1 of a trial that takes so long, from the phase it is in and the epochs that are over in this phase."""
        part = epoch / epochs if epochs else 0.0
        if phase == "float":
            done = _FIXED_BEFORE_FLOAT * self.fixed + part * self.float_training
        elif phase == "qat":
            done = _FIXED_BEFORE_QAT * self.fixed + self.float_training + part * self.qat
        else:
            done = self.total if phase in ("convert", "streams", "evaluate") else 0.0
        return done / self.total


@dataclass(frozen=True, slots=True)
class Pace:
    """Ratio of a machine's seconds to those of the rule of thumb, for what is fixed and for training."""

    fixed: float
    training: float

    def applied_to(self, rule: TrialTime) -> TrialTime:
        """Seconds of a trial on this machine, from those of the rule of thumb."""
        return rule.scaled(fixed=self.fixed, float_training=self.training, qat=self.training)


def rule_time(*, flops: int, full_epochs: int, clips: int, qat_epochs: int = QAT_EPOCHS) -> TrialTime:
    """Seconds of a trial on `clips` training clips by the rule of thumb."""
    a_pass = clips * (_SECONDS_A_CLIP + _SECONDS_A_CLIP_AND_MFLOP * flops / 1e6)
    return TrialTime(_FIXED_SECONDS, TRIAL_SHARE * full_epochs * a_pass, QAT_EPOCH_PASSES * qat_epochs * a_pass)


def taken_time(seconds: float, phases: Mapping[str, float], rule: TrialTime) -> TrialTime:
    """The `seconds` of a finished trial, divided by its `phases` (`EvaluationResult.seconds`).

    Where these are not known they are divided as the rule's are.
    """
    if not {"float", "qat"} <= phases.keys():
        share = seconds / rule.total
        return rule.scaled(fixed=share, float_training=share, qat=share)
    training = phases["float"], phases["qat"]
    return TrialTime(max(0.0, seconds - sum(training)), *training)


def pace(finished: Iterable[tuple[TrialTime, TrialTime]]) -> Pace | None:
    """Median ratios of pairs (taken, by the rule); None without pairs."""
    pairs = list(finished)
    if not pairs:
        return None
    return Pace(
        fixed=median(taken.fixed / rule.fixed for taken, rule in pairs),
        training=median(taken.training / rule.training for taken, rule in pairs),
    )
