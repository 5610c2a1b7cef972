"""When to stop one training to begin another or to repeat one, by dynamic programming (marginal value theorem).

A training's forecast moves as its epochs come in; its uncertainty shrinks in a way that is known beforehand. So its
value at every epoch follows backwards from its end, once it is known what an epoch is worth elsewhere: in new
trainings, which are stopped by the same policy. That rate is the one at which a new training is worth just what it
costs. The end is not the last: the network may be trained again, which moves what is expected of it once more.

Notation, for one study at one moment:

    e          decision points 1..E, equally many epochs apart; 0 is before the first epoch
    m          expected reward of the network, after its training, less that of the best so far
    s_e        standard deviation at e of what m will be after the training [E + 1], falling
    tau_e      sqrt(s_(e-1)^2 - s_e^2), standard deviation of the step of m from e - 1 to e: a forecast is a martingale
    sigma_k    standard deviation of the step of m by the confirmation k = 1..K [K]
    rate       expected improvement of the best reward for an epoch of new trainings
    V_e(m)     expected improvement of the best reward by a training at e, less `rate` times the epochs still to pay
               = max(0, going on), 0 for stopping;  going on = E[V_(e+1)] - rate step
    V_E(m)     going on = E[W_0(m + s_E z)] - rate rest,  z ~ N(0, 1)
    W_k(m)     the same of a network with k confirmations: handing over the better one, or confirming once more
               = max(max(0, m), E[W_(k+1)(m + sigma_(k+1) z)] - rate again),  W_K(m) = max(0, m)

    rate solves  mean over new networks of V_0(m_0) = rate begin

Source: Charnov 1976 (marginal value theorem); Puterman 1994, chapter 11 (optimal policies for the average reward).
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from nas_engine.early_stopping.kernel import Array

_GRID = np.linspace(-7.0, 4.0, 551)  # m in units of s_0; so fine that what lies between is right to a percent
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_PARTS = _WEIGHTS / _WEIGHTS.sum()
_SMALLEST_STEP = 1e-9
_SMALLEST_RATE, _RATE_TOLERANCE = 1e-9, 1e-4  # of the highest that is possible; of the rate


@dataclass(frozen=True, slots=True)
class Costs:
    """Float epochs that a training takes the time of: to `begin`, for a `step` between decision points, for the `rest`.

    `again` is for a whole training of a network that was trained before.
    """

    begin: float
    step: float
    rest: float
    again: float


def expected_improvement(mean: Array, deviation: float) -> Array:
    """E[max(0, X)] for X ~ N(`mean` [n], `deviation`)."""
    ratio = mean / max(deviation, _SMALLEST_STEP)
    density = np.exp(-(ratio**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(mean * ndtr(ratio) + deviation * density)


@dataclass(frozen=True)
class StoppingPolicy:
    """Policy from `deviations` [E + 1] (s_e), m_0 of `new` networks [n], costs, and `confirming` [K] (sigma_k)."""

    deviations: Array
    new: Array
    costs: Costs
    confirming: Array = field(default_factory=lambda: np.zeros(0))

    @cached_property
    def rate(self) -> float:
        """Expected improvement of the best reward for an epoch of new trainings, above 0."""
        within = np.clip(self.new, self._grid[0], self._grid[-1])
        highest = float(expected_improvement(within, self._widest).max())
        lowest = _SMALLEST_RATE * highest
        if self._worth_of_new(lowest) <= 0:
            return lowest
        return float(brentq(self._worth_of_new, lowest, highest, xtol=lowest, rtol=_RATE_TOLERANCE))

    @cached_property
    def surplus(self) -> Array:
        """Value of going on, in reward, at each decision point and m of the grid [E, G]; that of stopping is 0."""
        return self._values(self.rate)[1]

    def threshold(self, point: int) -> float:
        """m below which a training is stopped at decision point 1..E."""
        row = self.surplus[point - 1]
        above = np.flatnonzero(row > 0)
        if not len(above):
            return float(self._grid[-1])
        if above[0] == 0:
            return float(self._grid[0])
        return float(np.interp(0.0, row[above[0] - 1 : above[0] + 1], self._grid[above[0] - 1 : above[0] + 1]))

    def gain_of_confirming(self, lead: float, trainings: int) -> float:
        """What a further training gains over its cost, in reward, for a network of 1, 2, .. `trainings` and m = `lead`.

        It gains nothing from 0 downwards. Of the best network, `lead` is that before the next one.
        """
        gains = self._gains
        return float(np.interp(lead, self._grid, gains[trainings - 1])) if trainings <= len(gains) else -np.inf

    @cached_property
    def _gains(self) -> Array:
        return self._confirmed(self.rate)[1]

    @property
    def _widest(self) -> float:
        """Standard deviation of m before the first epoch, were all its steps known."""
        return float(np.sqrt(self.deviations[0] ** 2 + np.sum(self.confirming**2)))

    @cached_property
    def _grid(self) -> Array:
        return np.asarray(_GRID * self._widest)

    @cached_property
    def _steps(self) -> Array:
        """tau_e [E]."""
        return np.asarray(np.sqrt(np.maximum(np.diff(-(self.deviations**2)), _SMALLEST_STEP**2)))

    def _worth_of_new(self, rate: float) -> float:
        """Mean V_0 of the new networks, less what it costs to begin them."""
        return float(np.mean(np.interp(self.new, self._grid, self._values(rate)[0]))) - rate * self.costs.begin

    def _values(self, rate: float) -> tuple[Array, Array]:
        """V_0 on the grid [G], and the value of going on at each decision point [E, G]."""
        grid, costs = self._grid, self.costs
        going_on = self._after_step(self._confirmed(rate)[0], float(self.deviations[-1])) - rate * costs.rest
        surplus = np.empty((len(self._steps), len(grid)))
        for point in range(len(self._steps), 0, -1):
            surplus[point - 1] = going_on
            going_on = self._after_step(np.maximum(going_on, 0.0), self._steps[point - 1]) - rate * costs.step
        return going_on, surplus

    def _confirmed(self, rate: float) -> tuple[Array, Array]:
        """W_0 on the grid [G], and what each confirmation gains [K, G]."""
        handed_over = np.maximum(self._grid, 0.0)
        value, gains = handed_over, np.empty((len(self.confirming), len(self._grid)))
        for number in range(len(self.confirming) - 1, -1, -1):
            gains[number] = self._after_step(value, self.confirming[number]) - rate * self.costs.again - handed_over
            value = handed_over + np.maximum(gains[number], 0.0)
        return value, gains

    def _after_step(self, value: Array, deviation: float) -> Array:
        """E[`value`(m + `deviation` z)] on the grid [G]; beyond its upper end, values of above 0 rise as m does."""
        moved = self._grid[:, None] + deviation * _NODES
        beyond = np.maximum(moved - self._grid[-1], 0.0) * (value[-1] > 0)
        return np.asarray((np.interp(moved, self._grid, value) + beyond) @ _PARTS)
