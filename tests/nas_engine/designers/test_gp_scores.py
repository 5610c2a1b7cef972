import equinox as eqx
import jax
import numpy as np
import pytest
from vizier._src.algorithms.designers import gp_ucb_pe
from vizier._src.jax import stochastic_process_model as processes
from vizier._src.jax.models import tuned_gp_models

from nas_engine.designers import gp_model, gp_scores, jax_setup

SIZES = np.array((3, 9, 10))
KNOWN, PENDING = 12, 9  # in arrays of 16 and of 32 rows


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


def drawn(count: int, seed: int) -> gp_model.Points:
    return np.random.default_rng(seed).integers(SIZES, size=(count, len(SIZES))).astype(np.int32)


def model_data(points: gp_model.Points):
    return gp_model._model_data(points, np.random.default_rng(9).normal(size=len(points)))


@pytest.fixture(params=[0.01, 20.0], ids=["precise", "noisy"])
def posterior(request) -> gp_scores.Posterior:
    """What `RewardModel` gives to the acquisition functions."""
    known, every = model_data(drawn(KNOWN, seed=1)), model_data(drawn(KNOWN + PENDING, seed=1))
    parameters = {
        "signal_variance": jax.numpy.array(0.7),
        "observation_noise_variance": jax.numpy.array(request.param),
        "continuous_length_scale_squared": jax.numpy.ones(0),
        "categorical_length_scale_squared": jax.numpy.array([0.5, 2.0, 1.0]),
    }
    coroutine = tuned_gp_models.VizierGaussianProcess.build_model(known).coroutine
    process = processes.StochasticProcessWithCoroutine(coroutine, parameters)
    noiseless = gp_model._noiseless(process) if request.param > 1 else process
    return gp_scores.Posterior(gp_model._conditioned(process, known), gp_model._conditioned(noiseless, every))


def scored(scores) -> np.ndarray:
    """Of points that are not among those of `posterior`."""
    tried = {tuple(point) for point in drawn(KNOWN + PENDING, seed=1)}
    new = np.array([point for point in drawn(40, seed=2) if tuple(point) not in tried][:32], dtype=np.int32)
    assert len(new) == 32
    return np.asarray(eqx.filter_jit(scores.score)(model_data(new).features))


def test_both_functions_score_as_viziers_do(posterior):
    predictives = [processes.UniformEnsemblePredictive(given) for given in (posterior.known, posterior.every)]
    theirs = gp_ucb_pe.UCBScoreFunction(
        *predictives,
        ucb_coefficient=gp_scores.CONFIG.ucb_coefficient,
        trust_region=None,
        labels=posterior.known.observed_data.labels,
        scalarization_weights_rng=jax.random.PRNGKey(0),
    )
    np.testing.assert_allclose(scored(gp_scores.UpperBound(posterior)), scored(theirs), rtol=1e-9)

    theirs = gp_ucb_pe.PEScoreFunction(
        *predictives,
        penalty_coefficient=gp_scores.CONFIG.cb_violation_penalty_coefficient,
        ucb_coefficient=gp_scores.CONFIG.ucb_coefficient,
        explore_ucb_coefficient=gp_scores.CONFIG.explore_region_ucb_coefficient,
        trust_region=None,
        multimetric_promising_region_penalty_type=gp_scores.CONFIG.multimetric_promising_region_penalty_type,
    )
    ours = gp_scores.Exploration(posterior, eqx.filter_jit(gp_scores.promising)(posterior))
    np.testing.assert_allclose(scored(ours), scored(theirs), rtol=1e-9)


def test_what_has_been_tried_scores_less_than_anything_else(posterior):
    points = np.concatenate([drawn(KNOWN + PENDING, seed=1), drawn(11, seed=3)])
    values = np.asarray(eqx.filter_jit(gp_scores.UpperBound(posterior).score)(model_data(points).features))
    tried = {tuple(point) for point in points[: KNOWN + PENDING]}
    is_tried = np.array([tuple(point) in tried for point in points])
    assert values[is_tried].max() < values[~is_tried].min()
