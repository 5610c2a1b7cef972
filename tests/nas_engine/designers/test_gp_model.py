import jax
import numpy as np
import pytest
from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit
from vizier.pyvizier.converters import padding

from nas_engine.designers import gp_model, jax_setup
from nas_engine.designers.vizier_problem import VizierProblem
from nas_engine.search_space import paper_2d
from nas_engine.testing.designers import random_history


@pytest.fixture(autouse=True)
def _x64() -> None:
    jax_setup.configure()


@pytest.mark.parametrize("count", [13, 16, 17])
def test_the_model_is_given_what_viziers_own_designer_would_give_it(count):
    """Padding, warped rewards and infeasible ones; only that Vizier numbers options as texts: 0, 1, 10, 11, 2."""
    space = paper_2d()
    history = random_history(space, count, infeasible_every=5)
    problem = VizierProblem(space)
    schedule = padding.PaddingSchedule(num_trials=padding.PaddingType.POWERS_OF_2)
    vizier = VizierGPUCBPEBandit(problem.statement, rng=jax.random.PRNGKey(0), padding_schedule=schedule)
    theirs = vizier._trials_to_data([problem.trial(outcome) for outcome in history])

    as_text = [np.argsort(np.argsort([str(i) for i in range(len(p.options))])) for p in space.positions]
    points = np.array(
        [
            [order[i] for order, i in zip(as_text, space.encode(outcome.architecture), strict=True)]
            for outcome in history
        ]
    )
    rewards = np.array([np.nan if outcome.reward is None else outcome.reward for outcome in history])
    ours = gp_model._model_data(points.astype(np.int32), gp_model._warped(rewards))
    for array, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_array_equal(array, other)


def test_after_news_it_mostly_exploits_and_otherwise_it_mostly_explores():
    """Vizier's probabilities: 0.9 (0.3 where the rewards are mostly noise) and 0.25."""
    rng = np.random.default_rng(0)

    def share(is_news: bool, is_noisy: bool) -> float:
        return sum(gp_model._exploits(is_news, is_noisy, rng) for _ in range(4000)) / 4000

    # 4000 draws have a standard deviation of at most 0.8 %.
    assert share(is_news=True, is_noisy=False) == pytest.approx(0.9, abs=0.04)
    assert share(is_news=True, is_noisy=True) == pytest.approx(0.3, abs=0.04)
    assert share(is_news=False, is_noisy=False) == pytest.approx(0.25, abs=0.04)
    assert share(is_news=False, is_noisy=True) == pytest.approx(0.25, abs=0.04)


def test_parameters_are_fitted_to_all_outcomes_or_to_256_drawn_anew_each_time():
    rng = np.random.default_rng(0)
    assert sorted(gp_model._sample(256, rng)) == list(range(256))
    many = gp_model._sample(1000, rng)
    assert len(set(many.tolist())) == 256
    assert set(many.tolist()) != set(gp_model._sample(1000, rng).tolist())
    assert max(many) > 900
