"""Which networks to measure next: those after which all networks offered are known best (`teaching`). NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from nas_engine.cost import ArchitectureCost
from nas_engine.energy.pricing import LearnedPricer, Price, Pricer, rows
from nas_engine.energy.teaching import next_lessons


@dataclass(frozen=True, slots=True)
class Proposal:
    """A network to measure: its place among those offered, its price by the present model, and how much it counted."""

    index: int
    price: Price
    weight: float


def propose(
    offered: Sequence[ArchitectureCost], measured: Sequence[ArchitectureCost], pricer: Pricer, count: int
) -> list[Proposal]:
    """`count` of `offered` (or all, if there are fewer), the most telling first. The same for equal arguments."""
    model, known = (pricer.model, pricer.known) if isinstance(pricer, LearnedPricer) else (None, None)
    lessons = next_lessons(rows(offered, known), rows(measured, known), model, count)
    prices = pricer.prices([offered[lesson.index] for lesson in lessons])
    return [Proposal(one.index, price, one.share) for one, price in zip(lessons, prices, strict=True)]
