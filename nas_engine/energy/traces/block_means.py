"""How far the mean power of one window can be trusted, by that window alone: the method of batch means.

Samples of a power trace follow each other closely, so sd / sqrt(samples) is far too small. The window is cut into n
blocks of equal length, long against the time over which power remembers itself; their means m_i are then close to
independent, and

    se = sd(m_1 ... m_n) / sqrt(n),    95 % interval = mean +- t(n - 1, 0.975) * se.

Source: Conway, "Some tactical problems in digital simulation", Management Science 10 (1963); between 10 and 30 blocks
are enough and more gain nothing: Schmeiser, "Batch size effects in the analysis of simulation output", Operations
Research 30 (1982). Whether the blocks are long enough is asked of the correlation of neighbouring block means, whose
one-sided 5 % limit is Anderson's: "Distribution of the serial correlation coefficient", Annals of Mathematical
Statistics 13 (1942).

It holds what scatters within a window. What differs from run to run (temperature, clock, other processes) only repeats
show, and the instrument's own error neither.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from nas_engine.energy.traces.integration import EnergyCurve
from nas_engine.energy.traces.trace import Trace, Values, Window

MOST_BLOCKS, FEWEST_BLOCKS = 20, 10
SHORTEST_BLOCK_S = 1.0
"""A window that permits it has blocks at least so long: clocks, caches and schedulers settle within a second."""
_SAMPLES_A_BLOCK = 2
_NO_SCATTER = 1e-9


@dataclass(frozen=True, slots=True)
class PowerScatter:
    """The standard error of a window's mean power and its 95 % t interval, mW, from `blocks` blocks of `block_s`.

    `wanders`: the means of neighbouring blocks are still alike, so power changes more slowly than the window can show
    and the true interval is wider.
    """

    blocks: int
    block_s: float
    se_mw: float
    low95_mw: float
    high95_mw: float
    wanders: bool


def power_scatter(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> PowerScatter | None:
    """The scatter within `window`, or None where it cannot be told.

    That is: fewer than two samples a block, a block of which nothing was recorded, or power that never changes (a
    stale gauge, whose scatter of zero would be no certainty).
    """
    curve = curve or EnergyCurve(trace)
    inside = np.searchsorted(trace.time_s, (window.start_s, window.end_s))
    if int(inside[1] - inside[0]) < _SAMPLES_A_BLOCK * FEWEST_BLOCKS:
        return None
    fits = window.duration_s >= MOST_BLOCKS * SHORTEST_BLOCK_S
    scatter = _of_blocks(curve, window, MOST_BLOCKS) if fits else None
    return scatter if scatter is not None and not scatter.wanders else _of_blocks(curve, window, FEWEST_BLOCKS)


def _of_blocks(curve: EnergyCurve, window: Window, blocks: int) -> PowerScatter | None:
    edges_s = np.linspace(window.start_s, window.end_s, blocks + 1)
    energy_mj = curve.energy_mj(edges_s[:-1], edges_s[1:])
    recorded_s = curve.covered_s(edges_s[:-1], edges_s[1:])
    if not (recorded_s > 0.0).all():
        return None
    means_mw = energy_mj / recorded_s
    mean_mw, sd_mw = float(energy_mj.sum() / recorded_s.sum()), float(means_mw.std(ddof=1))
    if sd_mw <= _NO_SCATTER * abs(mean_mw):
        return None
    se_mw = sd_mw / math.sqrt(blocks)
    reach_mw = float(stdtrit(blocks - 1, 0.975)) * se_mw
    block_s = window.duration_s / blocks
    return PowerScatter(blocks, block_s, se_mw, mean_mw - reach_mw, mean_mw + reach_mw, _alike(means_mw))


def _alike(means: Values) -> bool:
    """Whether neighbours among the block means [n] resemble each other more than chance lets 5 % of them."""
    n, apart = len(means), means - means.mean()
    correlation = float(apart[1:] @ apart[:-1]) / float(apart @ apart)
    return correlation > (1.645 * math.sqrt(n - 2) - 1.0) / (n - 1)
