"""Stopping rules by name."""

from collections.abc import Callable, Collection, Mapping, Sequence

from nas_engine.early_stopping.base import Curve, StoppingRule
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.decay import ExponentialDecay
from nas_engine.early_stopping.link import Linked
from nas_engine.early_stopping.marginal_value.rule import MarginalValue
from nas_engine.early_stopping.none import NoStopping
from nas_engine.early_stopping.tsgp import Tsgp

LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE = 0.5, 0.999
_MAKERS: Mapping[str, Callable[[Buckets, int, float, int], StoppingRule]] = {
    "none": lambda buckets, qat_epochs, confidence, seed: NoStopping(),
    "exponential_decay": lambda buckets, qat_epochs, confidence, seed: ExponentialDecay(buckets, confidence),
    "tsgp": lambda buckets, qat_epochs, confidence, seed: Tsgp(buckets, confidence, seed),
    "marginal_value": lambda buckets, qat_epochs, confidence, seed: MarginalValue(buckets.epochs, qat_epochs),
}
NAMES: tuple[str, ...] = tuple(_MAKERS)
BY_COMPUTE = frozenset({"marginal_value"})
"""Rules of studies whose trials count by their epochs (`DesignerSettings.by_compute`). By the paper's, each is one."""


def create(
    name: str, *, epochs: int, qat_epochs: int, confidence: float, seed: int, is_linked: bool = False
) -> StoppingRule:
    """Stopping rule `name` (one of `NAMES`) for trainings of `epochs` float epochs, then `qat_epochs` with QAT.

    `confidence` is the probability (0.5 .. 0.999) with which a trial must end below the best before it is stopped; it
    is without effect on `none` and `marginal_value`.
    `seed`: of the sample of curves that a model is fitted to. `is_linked`: final accuracies are of another measure than
    curves (`link.Linked`). Raises ValueError for an unknown name and for a
    confidence or a number of epochs out of range.
    """
    if name not in _MAKERS:
        raise ValueError(f"there is no stopping rule {name!r}; known are {', '.join(NAMES)}")
    if not LOWEST_CONFIDENCE <= confidence <= HIGHEST_CONFIDENCE:
        raise ValueError(f"the confidence must be {LOWEST_CONFIDENCE} to {HIGHEST_CONFIDENCE}, not {confidence}")
    rule = _MAKERS[name](Buckets(epochs), qat_epochs, confidence, seed)
    return Linked(rule) if is_linked else rule


def to_confirm(rule: StoppingRule, ended: Sequence[Curve], without: Collection[str] = ()) -> str | None:
    """Hash of the finished network that `rule` would train again before a new one; None where it confirms none.

    `ended`: curves of ended trials, in order of ending. `without`: networks that cannot be trained again now.
    """
    if isinstance(rule, Linked):
        return to_confirm(rule.rule, rule.on_curves(ended), without)
    return rule.to_confirm(ended, without) if isinstance(rule, MarginalValue) else None
