import numpy as np

from nas_engine.energy.regression.gaussian_process.encoding import EncodedRows, RowEncoder
from nas_engine.energy.regression.gaussian_process.kernel import Kernel
from nas_engine.energy.regression.schema import Schema
from tests.nas_engine.energy.tables import networks

ROWS = networks(20)
SCHEMA = Schema.of(ROWS)
ENCODER = RowEncoder.fit(SCHEMA, SCHEMA.encode(ROWS), logs=False)
INPUTS = ENCODER.encode(SCHEMA.encode(ROWS))
KERNEL = Kernel(ENCODER.columns, len(ENCODER.scaled))
PARAMETERS = KERNEL.initial_parameters() + np.random.default_rng(0).normal(0, 0.3, len(KERNEL.initial_parameters()))


def _plain_covariance(a: EncodedRows, b: EncodedRows) -> float:
    """Of two single rows, column by column and pair by pair, at the first guess: what the module's text says."""
    edges = slice(0, 15)  # three edges of four operations and one that was never seen
    same = [bool(a.one_hot[0, edges][i : i + 5] @ b.one_hot[0, edges][i : i + 5]) for i in (0, 5, 10)]
    alike = [1.0 if equal else float(np.exp(-1.0)) for equal in same]
    width = np.array(ENCODER.columns[3].values)
    alike.append(float(np.exp(-((a.one_hot[0, 15:] @ width - b.one_hot[0, 15:] @ width) ** 2) / 2)))
    alike.append(float(np.exp(-((a.numbers[0, 0] - b.numbers[0, 0]) ** 2) / 2)))
    pairs = [alike[i] * alike[j] for i in range(5) for j in range(i)]
    line = 0.5 * float(a.numbers[0, 0] * b.numbers[0, 0])
    return 0.5 * float(np.mean(alike)) + 0.2 * float(np.mean(pairs)) + 0.1 * float(np.prod(alike)) + line


def test_the_covariance_is_what_counting_columns_and_pairs_gives() -> None:
    covariance = KERNEL.covariance(KERNEL.initial_parameters(), INPUTS, INPUTS)
    for i, j in ((0, 0), (0, 1), (3, 7), (12, 5)):
        one, other = INPUTS.take(slice(i, i + 1)), INPUTS.take(slice(j, j + 1))
        assert np.isclose(covariance[i, j], _plain_covariance(one, other))


def test_the_gradient_is_that_of_finite_differences() -> None:
    weight = np.random.default_rng(1).normal(size=(20, 20))
    gradient = KERNEL.with_pullback(PARAMETERS, INPUTS, INPUTS)[1](weight)
    for i, step in enumerate(1e-6 * np.eye(len(PARAMETERS))):
        above, below = (KERNEL.covariance(PARAMETERS + s, INPUTS, INPUTS) for s in (step, -step))
        assert np.isclose(gradient[i], np.vdot(weight, above - below) / 2e-6, atol=1e-6)


def test_covariances_are_positive_and_the_variance_is_their_diagonal() -> None:
    covariance = KERNEL.covariance(PARAMETERS, INPUTS, INPUTS)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9
    assert np.allclose(np.diag(covariance), KERNEL.variance(PARAMETERS, INPUTS))


def test_an_option_never_seen_is_unlike_every_other() -> None:
    strange = ENCODER.encode(SCHEMA.encode([{**ROWS[0], "edge 0": "transformer"}]))
    own = INPUTS.take(slice(0, 1))
    parameters = KERNEL.initial_parameters()
    assert KERNEL.covariance(parameters, strange, own)[0, 0] < KERNEL.covariance(parameters, own, own)[0, 0]
