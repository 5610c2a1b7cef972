import jax
import jax.numpy as jnp
import numpy as np
import pytest
from vizier._src.jax import stochastic_process_model as processes
from vizier._src.jax import types
from vizier._src.jax.models import tuned_gp_models

from nas_engine.designers import jax_setup
from nas_engine.designers.gaussian_process import reward_model
from nas_engine.designers.gaussian_process.encoding import Encoder
from nas_engine.designers.gaussian_process.kernel import Rows, TiedProcess
from nas_engine.designers.gaussian_process.warm_start import WarmStart
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.designers import random_history


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


@pytest.fixture
def data():
    history = random_history(paper_2d(), 14)
    inputs = Encoder(paper_2d(), None).architectures([outcome.architecture for outcome in history])
    labels, _ = reward_model.standardised(np.array([outcome.reward for outcome in history]))
    return reward_model._model_data(inputs, labels, np.zeros(len(labels)))


PARAMETERS = {
    "signal_variance": 0.4,
    "observation_noise_variance": 0.2,
    "continuous_length_scale_squared": [1.7],
    "categorical_length_scale_squared": [0.6],
    "linear_slope_amplitude": 0.3,
    "linear_shift": 0.1,
    "mean_fn": [0.2],
}


def parameters(numbers: int = 1, options: int = 1) -> dict[str, jax.Array]:
    sizes = {"continuous_length_scale_squared": numbers, "categorical_length_scale_squared": options}
    return {
        name: jnp.array(value * sizes.get(name, 1) if isinstance(value, list) else value)
        for name, value in PARAMETERS.items()
    }


def test_it_is_viziers_process_with_equal_length_scales(data):
    tied = processes.StochasticProcessWithCoroutine(TiedProcess(15, 12), parameters())
    coroutine = tuned_gp_models.VizierGaussianProcess.build_model(data, linear_coef=1.0).coroutine
    untied = processes.StochasticProcessWithCoroutine(coroutine, parameters(15, 12))
    ours, theirs = tied.precompute_predictive(data), untied.precompute_predictive(data)
    np.testing.assert_allclose(
        ours.precomputed_solve_on_observation, theirs.precomputed_solve_on_observation, rtol=1e-9
    )


def test_it_has_one_length_scale_for_all_numbers_and_one_for_all_options_with_viziers_bounds(data):
    model = processes.CoroutineWithData(TiedProcess(15, 12), data)
    drawn = model.setup(jax.random.PRNGKey(0))
    assert {name: value.shape for name, value in drawn.items() if value.size and value.ndim} == {
        "continuous_length_scale_squared": (1,),
        "categorical_length_scale_squared": (1,),
        "mean_fn": (1,),
    }
    lower, upper = model.constraints().bounds
    for name in ("continuous_length_scale_squared", "categorical_length_scale_squared"):
        assert float(lower[name][0]) == pytest.approx(1e-2)
        assert float(upper[name][0]) == pytest.approx(1e2)


def test_equal_processes_share_compiled_code():
    assert TiedProcess(15, 12) == TiedProcess(15, 12)
    assert hash(TiedProcess(15, 12)) == hash(TiedProcess(15, 12))


def test_noise_is_told_from_peculiarities_of_networks(data):
    """With 14 outcomes the likelihood cannot do it: the priors must, or lucky measurements pass for good networks."""
    process = reward_model._fitted(data, WarmStart(None, 14), jax.random.PRNGKey(0))
    assert 0.03 < float(process.params["observation_noise_variance"]) < 0.3


def test_a_network_that_differs_in_one_block_is_no_stranger():
    """By the priors' centres its reward is much like its neighbour's; by Vizier's own it is not."""

    def correlation(scale: float) -> float:
        distance = np.sqrt(5 / scale)
        return float((1 + distance + distance**2 / 3) * np.exp(-distance))

    assert correlation(float(TiedProcess(15, 12).start()["categorical_length_scale_squared"][0])) > 0.7
    assert correlation(0.5) < 0.5


def test_the_likelihood_and_its_gradient_know_the_noise_of_each_row(data):
    """A noise common to all rows is the same there as in the parameter. Differences of 1e-5 make 1e-6 of a gradient."""
    features = data.features
    noisy = Rows(features.continuous, features.categorical, np.where(features.categorical.is_missing[0], 0.0, 0.3))
    more = parameters() | {"observation_noise_variance": jnp.array(0.5)}

    def likelihood(rows: Rows, given: dict[str, jax.Array]) -> jax.Array:
        model = processes.CoroutineWithData(TiedProcess(15, 12), types.ModelData(rows, data.labels))
        regularised, aux = model.loss_with_aux(given)
        return regularised - sum(aux["losses"].values())

    assert float(likelihood(noisy, parameters())) == pytest.approx(float(likelihood(features, more)), rel=1e-9)
    gradient = jax.grad(lambda given: likelihood(noisy, given))(parameters())["signal_variance"]
    low, high = (
        float(likelihood(noisy, parameters() | {"signal_variance": jnp.array(0.4 + step)})) for step in (-1e-5, 1e-5)
    )
    assert float(gradient) == pytest.approx((high - low) / 2e-5, rel=1e-5)
