"""Sums of energy that meters and programs give without a trace, with the checks that every one passes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.traces.trace import EnergySummary, Finding

_MOST_POWER_MW = 100_000.0
_LONGEST_S = 1e7  # four months


class Section(NamedTuple):
    """Energy of one run of a section of code."""

    label: str
    energy_mj: float
    duration_s: float
    line: int


def summary(
    source: FileSource, sections: Sequence[Section], wanted: str | None, findings: tuple[Finding, ...]
) -> EnergySummary:
    """Sum of all runs of the section `wanted`, or of the only one, each a repeat.

    Raises:
        BadMeasurement: several sections and none wanted, none of that name, no energy, no duration, over 100 W.
    """
    labels = list(dict.fromkeys(section.label for section in sections))
    if not sections:
        raise source.wrong("it has a header but no row of numbers; record again")
    if wanted is not None and wanted not in labels:
        raise source.wrong(f"there is no section {wanted}; it has {', '.join(labels[:20])}")
    if wanted is None and len(labels) > 1:
        raise source.wrong(
            f"energies of {len(labels)} sections ({', '.join(labels[:20])}); choose the one that runs the network as "
            "the channel"
        )
    chosen = [section for section in sections if section.label == (wanted or labels[0])]
    parts = [checked(source, section.energy_mj, section.duration_s, line=section.line) for section in chosen]
    return EnergySummary.of(parts, findings)


def checked(source: FileSource, energy_mj: float, duration_s: float, *, line: int) -> EnergySummary:
    """Sum of one window. Raises BadMeasurement for no energy (mJ), no duration (s), over 100 W or four months."""
    if not (energy_mj > 0.0 and math.isfinite(energy_mj) and 0.0 < duration_s < _LONGEST_S):
        raise source.wrong(
            f"{energy_mj / 1e3:g} J in {duration_s:g} s: the energy was not measured, or the row is damaged; record "
            "again",
            line=line,
        )
    found = EnergySummary(energy_mj, duration_s)
    if found.mean_power_mw > _MOST_POWER_MW:
        raise source.wrong(
            f"{found.mean_power_mw / 1e3:,.4g} W on average: figures of devices beyond {_MOST_POWER_MW / 1e3:.0f} W "
            "are not evaluated, or the unit is another",
            line=line,
        )
    return found
