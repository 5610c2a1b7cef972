import jax
import numpy as np
import pytest
from vizier._src.algorithms.optimizers import vectorized_base

from nas_engine.designers import jax_setup
from nas_engine.designers.coordinate_ascent import CoordinateAscent

SIZES = (3, 9, 1, 10)


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


def climb(strategy: CoordinateAscent, scores: np.ndarray, steps: int) -> list[np.ndarray]:
    """What Vizier's optimizer does with a strategy. The points [starts, parameters] at first and after each step."""
    suggest, update, seed = jax.jit(strategy.suggest), jax.jit(strategy.update), jax.random.PRNGKey(1)
    state = strategy.init_state(seed)
    path = [np.asarray(state.points)]
    for _ in range(steps):
        batch = suggest(seed, state)
        points = np.asarray(batch.categorical)[:, 0, :]
        assert len(points) == strategy.suggestion_batch_size
        assert (points < np.array(strategy.sizes)).all()
        state = update(seed, state, batch, scores[tuple(points.T)])
        path.append(np.asarray(state.points))
    return path


def test_one_sweep_finds_the_optimum_of_a_sum_from_every_start():
    rng = np.random.default_rng(0)
    scores = sum(np.ix_(*(rng.normal(size=size) for size in SIZES)))
    *_, points = climb(CoordinateAscent(SIZES, starts=5), scores, steps=len(SIZES))
    optimum = np.unravel_index(scores.argmax(), scores.shape)
    assert points.tolist() == [list(optimum)] * 5


def test_no_step_makes_any_point_worse():
    scores = np.random.default_rng(1).normal(size=SIZES)
    path = climb(CoordinateAscent(SIZES, starts=6), scores, steps=8)
    reached = np.array([scores[tuple(points.T)] for points in path])
    assert (np.diff(reached, axis=0) >= 0).all()
    assert reached[-1].max() >= np.quantile(scores, 0.98)


def test_half_of_the_starts_are_the_best_known_points_and_padding_is_none():
    known = jax.numpy.array([[[0, 1, 0, 1]], [[1, 2, 0, 2]], [[2, 3, 0, 3]], [[0, 0, 0, 0]]])
    rewards = jax.numpy.array([0.1, 0.3, 0.2, -jax.numpy.inf])
    prior = vectorized_base.VectorizedOptimizerInput(jax.numpy.zeros((4, 1, 0)), known)
    state = CoordinateAscent(SIZES, starts=4).init_state(
        jax.random.PRNGKey(0), prior_features=prior, prior_rewards=rewards
    )
    assert np.asarray(state.points)[:2].tolist() == [[1, 2, 0, 2], [2, 3, 0, 3]]
    drawn = CoordinateAscent(SIZES, starts=4).init_state(jax.random.PRNGKey(0))
    padded = CoordinateAscent(SIZES, starts=4).init_state(
        jax.random.PRNGKey(0), prior_features=prior, prior_rewards=jax.numpy.full(4, -jax.numpy.inf)
    )
    assert np.asarray(padded.points).tolist() == np.asarray(drawn.points).tolist()


def test_equal_strategies_share_compiled_code():
    assert CoordinateAscent(SIZES, 4) == CoordinateAscent(SIZES, 4)
    assert hash(CoordinateAscent(SIZES, 4)) == hash(CoordinateAscent(SIZES, 4))
