"""Rule of thumb for the training time of a network, from its FLOPs, and the speed of this machine relative to it.

Seconds of a trial = fixed + passes x clips x (seconds per clip + seconds per clip and MFLOP x MFLOPs). The constants
were measured on one thread of one x86 processor, from TC-ResNet8 (6 MFLOPs) to MobileNetV2 (430 MFLOPs). Other machines
differ: `speed` estimates the ratio of this one from finished trials.
"""

from collections.abc import Iterable
from statistics import median

from nas_engine.trial_plan import QAT_EPOCH_PASSES, QAT_EPOCHS, TRIAL_SHARE

_FIXED_SECONDS = 30.0  # build, trace, quantise, convert
_SECONDS_A_CLIP = 1e-3
_SECONDS_A_CLIP_AND_MFLOP = 4.5e-5
_QAT_PASSES = QAT_EPOCH_PASSES * QAT_EPOCHS


def rule_seconds(*, flops: int, full_epochs: int, clips: int) -> float:
    """Seconds of a trial on `clips` training clips by the rule of thumb."""
    a_clip = _SECONDS_A_CLIP + _SECONDS_A_CLIP_AND_MFLOP * flops / 1e6
    return _FIXED_SECONDS + (TRIAL_SHARE * full_epochs + _QAT_PASSES) * clips * a_clip


def speed(finished: Iterable[tuple[float, float]]) -> float | None:
    """Median ratio of seconds taken to seconds by the rule, from pairs (taken, by the rule); None without pairs."""
    ratios = [taken / rule for taken, rule in finished]
    return median(ratios) if ratios else None
