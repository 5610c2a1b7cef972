import equinox as eqx
import jax
import numpy as np
import pytest
from vizier._src.algorithms.designers import gp_ucb_pe
from vizier._src.jax import stochastic_process_model as processes

from nas_engine.designers import jax_setup
from nas_engine.designers.gaussian_process import acquisition, reward_model
from nas_engine.designers.gaussian_process.encoding import EncodedArchitectures
from nas_engine.designers.gaussian_process.kernel import TiedProcess

SIZES = np.array((3, 9, 10))
NUMBERS = 2
KNOWN, PENDING = 12, 9  # in arrays of 16 and of 32 rows


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


def drawn(count: int, seed: int) -> EncodedArchitectures:
    rng = np.random.default_rng(seed)
    points = rng.integers(SIZES, size=(count, len(SIZES))).astype(np.int32)
    return EncodedArchitectures(points, points, rng.normal(size=(count, NUMBERS)), np.zeros(count))


def model_data(inputs: EncodedArchitectures):
    labels = np.random.default_rng(9).normal(size=60)[: len(inputs)]
    return reward_model._model_data(inputs, labels, np.zeros(len(inputs)))


@pytest.fixture(params=[0.01, 20.0], ids=["precise", "noisy"])
def process(request):
    parameters = {
        "signal_variance": jax.numpy.array(0.7),
        "observation_noise_variance": jax.numpy.array(request.param),
        "continuous_length_scale_squared": jax.numpy.array([0.8]),
        "categorical_length_scale_squared": jax.numpy.array([2.0]),
        "linear_slope_amplitude": jax.numpy.array(0.5),
        "linear_shift": jax.numpy.array(0.1),
        "mean_fn": jax.numpy.array([0.3]),
    }
    return processes.StochasticProcessWithCoroutine(TiedProcess(NUMBERS, len(SIZES)), parameters)


@pytest.fixture
def posterior(process) -> acquisition.Posterior:
    """What `RewardModel` gives to the acquisition functions."""
    return acquisition.posterior(process, model_data(tried()), KNOWN)


def tried() -> EncodedArchitectures:
    return drawn(KNOWN, seed=1).concatenated(drawn(PENDING, seed=4))


def new() -> EncodedArchitectures:
    """32 points that are not among those of `posterior`."""
    known = {tuple(point) for point in tried().points}
    others = drawn(60, seed=2)
    return others[np.array([i for i, point in enumerate(others.points) if tuple(point) not in known][:32])]


def scored(scores, penalties: float = 0.0) -> np.ndarray:
    return np.asarray(eqx.filter_jit(scores.score)(reward_model._points(new(), 32), np.full(32, penalties)))


def viziers(scores) -> np.ndarray:
    return np.asarray(eqx.filter_jit(scores.score)(model_data(new()).features))


def test_both_functions_score_as_viziers_do_where_nothing_has_a_penalty(process, posterior):
    data = [model_data(drawn(KNOWN, seed=1)), model_data(tried())]
    predictives = [
        processes.UniformEnsemblePredictive(eqx.filter_jit(process.precompute_predictive)(given)) for given in data
    ]
    theirs = gp_ucb_pe.UCBScoreFunction(
        *predictives,
        ucb_coefficient=acquisition.CONFIG.ucb_coefficient,
        trust_region=None,
        labels=data[0].labels,
        scalarization_weights_rng=jax.random.PRNGKey(0),
    )
    np.testing.assert_allclose(scored(acquisition.UpperConfidenceBound(posterior)), viziers(theirs), rtol=1e-9)

    theirs = gp_ucb_pe.PEScoreFunction(
        *predictives,
        penalty_coefficient=acquisition.CONFIG.cb_violation_penalty_coefficient,
        ucb_coefficient=acquisition.CONFIG.ucb_coefficient,
        explore_ucb_coefficient=acquisition.CONFIG.explore_region_ucb_coefficient,
        trust_region=None,
        multimetric_promising_region_penalty_type=acquisition.CONFIG.multimetric_promising_region_penalty_type,
    )
    threshold = eqx.filter_jit(acquisition.exploration_threshold)(posterior, np.zeros(32))
    np.testing.assert_allclose(scored(acquisition.PureExploration(posterior, threshold)), viziers(theirs), rtol=1e-9)


def test_a_penalty_is_taken_from_the_upper_bound_and_from_what_counts_as_promising(posterior):
    bound = acquisition.UpperConfidenceBound(posterior)
    np.testing.assert_allclose(scored(bound, 0.25), scored(bound) - 0.25, rtol=1e-9)
    plain = eqx.filter_jit(acquisition.exploration_threshold)(posterior, np.zeros(32))
    lowered = eqx.filter_jit(acquisition.exploration_threshold)(posterior, np.full(32, 0.25))
    assert float(lowered) == pytest.approx(float(plain) - 0.25)
    same = scored(acquisition.PureExploration(posterior, lowered), 0.25)
    np.testing.assert_allclose(same, scored(acquisition.PureExploration(posterior, plain)), rtol=1e-9)


def test_what_will_not_be_trained_scores_minus_infinity(posterior):
    threshold = eqx.filter_jit(acquisition.exploration_threshold)(posterior, np.zeros(32))
    for scores in (acquisition.UpperConfidenceBound(posterior), acquisition.PureExploration(posterior, threshold)):
        assert (scored(scores, np.inf) == -np.inf).all()


def test_noisy_rows_move_the_posterior_as_equation_2_25_of_rasmussen_and_williams_has_it(process):
    """Predictions with a noise variance for each row, against NumPy."""
    known = drawn(KNOWN, seed=1)
    labels, variances = np.random.default_rng(9).normal(size=KNOWN), np.linspace(0, 3, KNOWN)
    data = reward_model._model_data(known, labels, variances)
    posterior = acquisition.posterior(process, data, KNOWN)
    points = reward_model._points(new(), 32)
    mean, deviation, _ = (np.asarray(value) for value in eqx.filter_jit(posterior.predict)(points))

    prior = process(data.features)
    rows = acquisition.kernel_inputs(known.numbers, known.points)
    noise = float(prior.observation_noise_variance)
    covariance = np.asarray(prior.kernel.matrix(rows, rows)) + np.diag(noise + variances)
    across = np.asarray(prior.kernel.matrix(points, rows))
    offset = float(prior.mean_fn(points)[0])
    np.testing.assert_allclose(mean, across @ np.linalg.solve(covariance, labels - offset) + offset, rtol=1e-6)
    explained = np.sum(across * np.linalg.solve(covariance, across.T).T, axis=1)
    variance = np.asarray(prior.kernel.apply(points, points)) + noise - explained
    np.testing.assert_allclose(deviation, np.sqrt(variance), rtol=1e-6)
