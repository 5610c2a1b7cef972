"""Kernel of the Gaussian process over tables of options and numbers. NumPy alone.

The covariance of rows x and x' is the sum of three components with parameters of their own and a linear kernel:

    K(x, x') = a_1 mean_c z_c + a_2 mean_(c < e) z_c z_e + a_3 prod_c s_c ^ w_c + b <x, x'>
    z_c = w_c s_c,    s_c = exp(-(d_u + d_v)) for options u != v, 1 for u = v,    s_c = exp(-(u - v)^2 / 2 l^2) else

that is, columns by themselves, columns in pairs, and the network as a whole. Columns of the same options share their
distances d, as the edges of a cell do. The linear kernel extrapolates numbers: FLOPs, bytes, cost on another device.

    symbol   code                      shape       meaning
    n, m     rows of a, b              -           numbers of rows; C columns, of which o options one-hot, q numbers
    theta    parameters                [p]         logarithms of a, w, d, l of each component, and of b
    X        one_hot                   [n, o]      options, one-hot, all columns side by side
    x        numbers                   [n, q]      standardised numbers
    D_c      squares[c]                [n, m]      squared differences of numeric column c
    K        covariance                [n, m]      in units of the standardised target's variance
    a_k      _Component.amplitude      scalar      variance of component k
    w_c      weights                   [C]         relevance of column c in a component
    d, l     shapes[group]             [options]   distances of a group's options, or [1] length scale if ordered
    l_c      length_scales             [q]         length scale of numeric column c
    S        blocks                    [o, o]      block-diagonal tables of z_c between options: X S X' = sum_c z_c
    G        derivative                [n, m]      dL / dK of a scalar L; the pullback maps it to dL / dtheta [p]

The sum over pairs is ((sum z)^2 - sum z^2) / 2, so a thousand rows take a few matrix products, not an operation for
each column and pair. Additive components: Duvenaud, Nickisch and Rasmussen, "Additive Gaussian processes" (2011).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import comb

import numpy as np

from nas_engine.energy.regression.gaussian_process.encoding import EncodedRows, OptionColumn
from nas_engine.energy.regression.schema import Values

Pullback = Callable[[Values], Values]
"""Vector-Jacobian product: from the derivative of a scalar by K [n, m] to its derivative by the parameters [p]."""

FIRST_NOISE = 0.05
"""Initial noise variance of a measurement, for a target of variance 1."""

_AMPLITUDES = (0.5, 0.2, 0.1)  # initial variances of the components, for a target of variance 1
_DISTANCE, _LENGTH_SCALE = 0.5, 1.0
_SLOPE = 0.5  # initial variance of the linear kernel


@dataclass(frozen=True, slots=True)
class _Component:
    """Parameters of one component (not their logarithms); shapes as in the table above."""

    amplitude: float
    weights: Values
    shapes: dict[str, Values]
    length_scales: Values


@dataclass(frozen=True, slots=True)
class _Gradient:
    """Derivatives by the logarithms of a component's parameters; `options` [o, o] by those of similarities."""

    amplitude: float
    weights: list[float]
    options: Values
    length_scales: list[float]


_Term = tuple[Values, Callable[[Values], _Gradient]]


class Kernel:
    """Covariance function over columns of `options` and `numbers` numeric columns.

    Parameters [p] are logarithms, for each component: amplitude; weight of each column; for each group of columns the
    distances of its options or, where these are ordered, their length scale; length scale of each number. The last
    parameter is the variance of the linear kernel.
    """

    def __init__(self, options: tuple[OptionColumn, ...], numbers: int) -> None:
        self._options = options
        self._numbers = numbers
        self._columns = len(options) + numbers
        self._pairs = max(1, comb(self._columns, 2))
        self._groups = {column.group: 1 if column.values else column.size for column in options}
        self._ordered = {column.group: np.subtract.outer(column.values, column.values) ** 2
                         for column in options if column.values}  # fmt: skip
        starts = np.cumsum([0, *(column.size for column in options)])
        self._places = [slice(start, stop) for start, stop in pairwise(starts)]
        self._width = int(starts[-1])

    def initial_parameters(self) -> Values:
        """Initial parameters [p] of a fit, and the mean of their prior."""
        shapes = [np.full(count, np.log(_LENGTH_SCALE if group in self._ordered else _DISTANCE))
                  for group, count in self._groups.items()]  # fmt: skip
        rest = np.concatenate([np.zeros(self._columns), *shapes, np.zeros(self._numbers)])
        return np.append(np.concatenate([[np.log(amplitude), *rest] for amplitude in _AMPLITUDES]), np.log(_SLOPE))

    def variance(self, parameters: Values, rows: EncodedRows) -> Values:
        """Variance of each row [n]: the diagonal of the covariance of `rows` with themselves."""
        single, pairs, everything = self._split(parameters)
        products = (pairs.weights.sum() ** 2 - (pairs.weights**2).sum()) / 2
        options = single.amplitude * single.weights.mean() + pairs.amplitude * products / self._pairs
        line = np.exp(parameters[-1]) * (rows.numbers**2).sum(axis=1)
        return np.asarray(options + everything.amplitude + line)

    def covariance(self, parameters: Values, a: EncodedRows, b: EncodedRows) -> Values:
        """Covariance K [n, m] of the rows of `a` and `b`, in units of the standardised target's variance."""
        return self.with_pullback(parameters, a, b)[0]

    def with_pullback(self, parameters: Values, a: EncodedRows, b: EncodedRows) -> tuple[Values, Pullback]:
        """Covariance K [n, m] of the rows of `a` and `b`, and its vector-Jacobian product by the parameters."""
        squares = [np.subtract.outer(u, v) ** 2 for u, v in zip(a.numbers.T, b.numbers.T, strict=True)]
        components = self._split(parameters)
        terms = (self._first_order, self._second_order, self._full_product)
        parts = [term(part, a, b, squares) for term, part in zip(terms, components, strict=True)]
        line = np.exp(parameters[-1]) * (a.numbers @ b.numbers.T)

        def pullback(derivative: Values) -> Values:
            pairs = zip(components, parts, strict=True)
            chained = [self._chain(part, back(derivative)) for part, (_, back) in pairs]
            return np.concatenate([*chained, [float(np.vdot(derivative, line))]])

        return sum((covariance for covariance, _ in parts), start=line), pullback

    def _first_order(self, part: _Component, a: EncodedRows, b: EncodedRows, squares: list[Values]) -> _Term:
        blocks = self._similarities(part)
        numbers = _similar_numbers(part, squares, len(self._options))
        scale = part.amplitude / self._columns
        covariance = scale * (a.one_hot @ blocks @ b.one_hot.T + sum(numbers))

        def back(derivative: Values) -> _Gradient:
            by_blocks = scale * (a.one_hot.T @ derivative @ b.one_hot) * blocks
            by_numbers = [scale * derivative * number for number in numbers]
            return self._gradient(part, float(np.vdot(derivative, covariance)), by_blocks, by_numbers, squares)

        return covariance, back

    def _second_order(self, part: _Component, a: EncodedRows, b: EncodedRows, squares: list[Values]) -> _Term:
        blocks = self._similarities(part)
        numbers = _similar_numbers(part, squares, len(self._options))
        scale = part.amplitude / self._pairs
        total = a.one_hot @ blocks @ b.one_hot.T + sum(numbers)
        own = a.one_hot @ blocks**2 @ b.one_hot.T + sum(number**2 for number in numbers)
        covariance = scale / 2 * (total**2 - own)

        def back(derivative: Values) -> _Gradient:
            by_total = a.one_hot.T @ (derivative * total) @ b.one_hot
            by_own = a.one_hot.T @ derivative @ b.one_hot
            by_blocks = scale * (by_total - by_own * blocks) * blocks
            by_numbers = [scale * derivative * (total - number) * number for number in numbers]
            return self._gradient(part, float(np.vdot(derivative, covariance)), by_blocks, by_numbers, squares)

        return covariance, back

    def _full_product(self, part: _Component, a: EncodedRows, b: EncodedRows, squares: list[Values]) -> _Term:
        blocks = self._blocks({group: self._log_similarity(group, shape) for group, shape in part.shapes.items()}, part)
        weights = part.weights[len(self._options) :]
        apart = [-weight * square / (2 * length**2)
                 for weight, square, length in zip(weights, squares, part.length_scales, strict=True)]  # fmt: skip
        covariance = part.amplitude * np.exp(a.one_hot @ blocks @ b.one_hot.T + sum(apart))

        def back(derivative: Values) -> _Gradient:
            product = derivative * covariance
            by_blocks = a.one_hot.T @ product @ b.one_hot
            by_numbers = [float(np.vdot(product, log)) for log in apart]
            weights = [float((by_blocks[place, place] * blocks[place, place]).sum()) for place in self._places]
            by_logs = self._weighted(by_blocks, part)
            return _Gradient(float(product.sum()), weights + by_numbers, by_logs, [-2 * by for by in by_numbers])

        return covariance, back

    def _similarities(self, part: _Component) -> Values:
        return self._blocks({g: np.exp(self._log_similarity(g, shape)) for g, shape in part.shapes.items()}, part)

    def _log_similarity(self, group: str, shape: Values) -> Values:
        if group in self._ordered:
            return np.asarray(-self._ordered[group] / (2 * shape[0] ** 2))
        apart = -np.add.outer(shape, shape)
        np.fill_diagonal(apart, 0)
        return np.asarray(apart)

    def _blocks(self, by_group: dict[str, Values], part: _Component) -> Values:
        """Block-diagonal matrix S [o, o]: for each column the table of its group times its weight."""
        blocks = np.zeros((self._width, self._width))
        for column, place, weight in zip(self._options, self._places, part.weights, strict=False):
            blocks[place, place] = weight * by_group[column.group]
        return blocks

    def _weighted(self, blocks: Values, part: _Component) -> Values:
        weighted = np.zeros_like(blocks)
        for place, weight in zip(self._places, part.weights, strict=False):
            weighted[place, place] = weight * blocks[place, place]
        return weighted

    def _gradient(
        self, part: _Component, amplitude: float, by_blocks: Values, by_numbers: list[Values], squares: list[Values]
    ) -> _Gradient:
        weights = [float(by_blocks[place, place].sum()) for place in self._places]
        length_scales = [float(np.vdot(by, square)) / length**2
                   for by, square, length in zip(by_numbers, squares, part.length_scales, strict=True)]  # fmt: skip
        return _Gradient(amplitude, weights + [float(by.sum()) for by in by_numbers], by_blocks, length_scales)

    def _chain(self, part: _Component, gradient: _Gradient) -> Values:
        """Gradient in the order of the parameters: options of one group are summed over its columns."""
        shapes = {group: np.zeros(count) for group, count in self._groups.items()}
        for column, place in zip(self._options, self._places, strict=True):
            by_log, shape = gradient.options[place, place], part.shapes[column.group]
            if column.values:
                shapes[column.group] += (by_log * self._ordered[column.group]).sum() / shape**2
            else:
                apart = by_log * (1 - np.eye(column.size))
                shapes[column.group] -= (apart.sum(axis=0) + apart.sum(axis=1)) * shape
        flat = np.concatenate([np.empty(0), *shapes.values()])
        return np.concatenate([[gradient.amplitude], gradient.weights, flat, gradient.length_scales])

    def _split(self, parameters: Values) -> list[_Component]:
        return [self._component(part) for part in np.exp(parameters[:-1]).reshape(len(_AMPLITUDES), -1)]

    def _component(self, values: Values) -> _Component:
        counts = [1, self._columns, *self._groups.values(), self._numbers]
        amplitude, weights, *shapes, length_scales = np.split(values, np.cumsum(counts)[:-1])
        return _Component(float(amplitude[0]), weights, dict(zip(self._groups, shapes, strict=True)), length_scales)


def _similar_numbers(part: _Component, squares: list[Values], first: int) -> list[Values]:
    weighted = zip(part.weights[first:], squares, part.length_scales, strict=True)
    return [np.asarray(weight * np.exp(-square / (2 * length**2))) for weight, square, length in weighted]
