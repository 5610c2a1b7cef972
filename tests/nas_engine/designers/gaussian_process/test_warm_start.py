import jax
import jax.numpy as jnp
import pytest

from nas_engine.designers import jax_setup
from nas_engine.designers.gaussian_process.warm_start import WarmStart
from nas_engine.testing.designers import through_json


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


def two_valleys(params):
    """A deep valley near 3, a shallow one near -3."""
    x = params["x"][0]
    return (x**2 - 9) ** 2 / 81 - 0.1 * x, {}


def starts(*values: float) -> dict[str, jax.Array]:
    return {"x": jnp.array([[value] for value in values], dtype=jnp.float64)}


def fit(state, known: int, *values: float) -> tuple[float, int, WarmStart]:
    """Where the fit ends, from how many starts, and the fit."""
    warm = WarmStart(state, known)
    best, metrics = warm(starts(*values), two_valleys, jax.random.PRNGKey(0), best_n=1)
    return float(best["x"][0, 0]), metrics["loss"].shape[1], warm


def test_the_first_fit_takes_the_best_of_all_starts():
    value, tried, _ = fit(None, 10, -2.5, 2.5)
    assert value == pytest.approx(3, abs=0.2)
    assert tried == 2


def test_parameters_stand_until_the_outcomes_have_grown_by_a_tenth():
    state = {"fitted_at": 100, "full_at": 60, "parameters": {"x": [1.25]}}
    value, _, warm = fit(state, 110, 2.5)
    assert value == 1.25
    assert warm.dump() == state
    value, tried, warm = fit(state, 111, 2.5)
    assert value == pytest.approx(3, abs=0.2)
    assert tried == 1
    assert warm.dump() == {"fitted_at": 111, "full_at": 60, "parameters": {"x": [value]}}


def test_a_light_fit_goes_on_from_the_last_optimum_even_if_there_is_a_better_one():
    state = {"fitted_at": 100, "full_at": 60, "parameters": {"x": [-2.5]}}
    assert fit(state, 115, 2.5)[0] == pytest.approx(-3, abs=0.2)


def test_doubled_outcomes_let_the_default_start_compete():
    state = {"fitted_at": 110, "full_at": 60, "parameters": {"x": [-2.5]}}
    value, tried, warm = fit(state, 120, 2.5)
    assert value == pytest.approx(3, abs=0.2)
    assert tried == 2
    assert warm.dump()["full_at"] == 120


def test_beyond_512_outcomes_a_fit_only_goes_on():
    state = {"fitted_at": 400, "full_at": 200, "parameters": {"x": [-2.5]}}
    assert fit(state, 512, 2.5)[:2] == (pytest.approx(3, abs=0.2), 2)
    assert fit(state, 513, 2.5)[:2] == (pytest.approx(-3, abs=0.2), 1)


def test_the_state_survives_json():
    _, _, warm = fit(None, 10, 2.5)
    assert through_json(warm.dump()) == warm.dump()
