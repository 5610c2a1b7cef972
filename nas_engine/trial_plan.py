"""Length of a trial's training, trials that a study keeps open, and a rule of thumb for training time.

Real and simulated studies share these rules. Seconds of a trial = fixed + passes x clips x (seconds per clip + seconds
per clip and MFLOP x MFLOPs). The constants were measured on one thread of one x86 processor, from TC-ResNet8 (6 MFLOPs)
to MobileNetV2 (430 MFLOPs). Other machines differ: `speed` estimates the ratio of this one from finished trials.
"""

import math
from collections.abc import Iterable
from statistics import median

FULL_EPOCHS = 60
"""Epochs of a finished network, unless a study sets another number."""
TRIAL_SHARE = 0.75
"""Share of the full training time that a trial trains in float (Speckhard et al., section 5)."""
QAT_EPOCHS = 4
"""Epochs with simulated quantisation that follow."""
QAT_EPOCH_PASSES = 2
"""Duration of an epoch with simulated quantisation in float epochs, for simulations and estimates of time."""
FEWEST_OPEN = 2
OPEN_PER_TRAINER = 2  # one in training, one waiting: a trainer that ends a trial finds the next at once

_FIXED_SECONDS = 30.0  # build, trace, quantise, convert
_SECONDS_A_CLIP = 1e-3
_SECONDS_A_CLIP_AND_MFLOP = 4.5e-5
_QAT_PASSES = QAT_EPOCH_PASSES * QAT_EPOCHS


def trial_epochs(full_epochs: int, share: float = TRIAL_SHARE) -> int:
    """Epochs of float training of a trial, rounded up."""
    return math.ceil(share * full_epochs)


TRIAL_EPOCHS = trial_epochs(FULL_EPOCHS)


def open_trials(trainers: int) -> int:
    """How many trials a study should have open: enough that no trainer waits; no more, so that suggestions know most
    results.
    """
    return max(FEWEST_OPEN, OPEN_PER_TRAINER * trainers)


def rule_seconds(*, flops: int, full_epochs: int, clips: int) -> float:
    """Seconds of a trial on `clips` training clips by the rule of thumb."""
    a_clip = _SECONDS_A_CLIP + _SECONDS_A_CLIP_AND_MFLOP * flops / 1e6
    return _FIXED_SECONDS + (TRIAL_SHARE * full_epochs + _QAT_PASSES) * clips * a_clip


def speed(finished: Iterable[tuple[float, float]]) -> float | None:
    """Median ratio of seconds taken to seconds by the rule, from pairs (taken, by the rule); None without pairs."""
    ratios = [taken / rule for taken, rule in finished]
    return median(ratios) if ratios else None
