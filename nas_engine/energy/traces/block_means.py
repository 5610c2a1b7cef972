"""Confidence interval of the mean power of one window: the method of batch means.

Samples of a power trace are autocorrelated, so sd / sqrt(samples) is far too small. The window is cut into b blocks of
equal length, long compared with the correlation time of power; their means are then close to independent, and

    se = sd(m_1 ... m_b) / sqrt(b),    95 % interval = m +- t(b - 1, 0.975) * se.

    symbol   code          shape    unit   meaning
    b        blocks        scalar   1      number of blocks, 20 or 10
    e_j      energy_mj     [b]      mJ     energy recorded in block j
    d_j      recorded_s    [b]      s      recorded time of block j
    m_j      means_mw      [b]      mW     e_j / d_j, mean power of block j
    m        mean_mw       scalar   mW     sum e_j / sum d_j, mean power of the window
    se       se_mw         scalar   mW     standard error of m
    r        correlation   scalar   1      lag-1 autocorrelation of the m_j

Source: Conway, "Some tactical problems in digital simulation", Management Science 10 (1963); between 10 and 30 blocks
are enough and more gain nothing: Schmeiser, "Batch size effects in the analysis of simulation output", Operations
Research 30 (1982). Blocks are long enough where r is below its one-sided 5 % limit: Anderson, "Distribution of the
serial correlation coefficient", Annals of Mathematical Statistics 13 (1942).

The interval covers variation within a window. Variation between runs (temperature, clock, other processes) shows only
in repeats, and the instrument's own error in neither.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from nas_engine.energy.traces.integration import EnergyCurve
from nas_engine.energy.traces.trace import Trace, Values, Window

MOST_BLOCKS, FEWEST_BLOCKS = 20, 10
SHORTEST_BLOCK_S = 1.0
"""Least length of each of 20 blocks, otherwise there are 10: clocks, caches and schedulers settle within a second."""
_SAMPLES_A_BLOCK = 2
_NO_SCATTER = 1e-9


@dataclass(frozen=True, slots=True)
class PowerScatter:
    """Standard error of a window's mean power and its 95 % t interval (mW) from `blocks` blocks of `block_s` seconds.

    `wanders`: block means are still autocorrelated, so power changes more slowly than the window can show and the true
    interval is wider.
    """

    blocks: int
    block_s: float
    se_mw: float
    low95_mw: float
    high95_mw: float
    wanders: bool


def power_scatter(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> PowerScatter | None:
    """Standard error and interval of the mean power within `window`; None where they cannot be estimated.

    That is: fewer than two samples per block, a block of which nothing was recorded, or constant power (a stale gauge,
    whose standard deviation of 0 is no certainty).
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
    """Whether the lag-1 autocorrelation of block means [b] exceeds Anderson's one-sided 5 % limit."""
    n, apart = len(means), means - means.mean()
    correlation = float(apart[1:] @ apart[:-1]) / float(apart @ apart)
    return correlation > (1.645 * math.sqrt(n - 2) - 1.0) / (n - 1)
