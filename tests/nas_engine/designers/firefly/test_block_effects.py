"""What blocks have brought, learnt from rewards."""

import numpy as np
import pytest

from nas_engine.designers.firefly.block_effects import BlockEffects

SIZES = (3, 1, 4, 5)


def networks(count: int, seed: int = 0) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    return [tuple(int(rng.integers(size)) for size in SIZES) for _ in range(count)]


def learnt(trials: list[tuple[tuple[int, ...], float]]) -> BlockEffects:
    effects = BlockEffects(SIZES)
    for network, reward in trials:
        effects.update(network, reward)
    return effects


def test_rewards_that_are_sums_of_blocks_are_foretold_for_networks_not_seen() -> None:
    rng = np.random.default_rng(1)
    worth = [rng.normal(0, 0.01, size) for size in SIZES]

    def reward(network: tuple[int, ...]) -> float:
        return 0.7 + sum(float(values[index]) for values, index in zip(worth, network, strict=True))

    effects = learnt([(network, reward(network) + rng.normal(0, 0.002)) for network in networks(400)])
    unseen = networks(100, seed=2)
    foretold = [effects.predict(network) for network in unseen]
    assert np.corrcoef(foretold, [reward(network) for network in unseen])[0, 1] > 0.97


def test_nothing_is_promised_before_the_first_trial_or_where_all_rewards_are_equal() -> None:
    assert BlockEffects(SIZES).predict((0, 0, 0, 0)) == 0
    assert learnt([(network, 0.5) for network in networks(20)]).predict((1, 0, 2, 3)) == pytest.approx(0, abs=1e-12)


def test_what_is_learnt_does_not_depend_on_the_order_of_trials() -> None:
    trials = [(network, float(reward)) for network, reward in zip(networks(60), np.linspace(0.5, 0.8, 60), strict=True)]
    forth, back = learnt(trials), learnt(trials[::-1])
    assert [forth.predict(network) for network in networks(30)] == [back.predict(network) for network in networks(30)]


def test_a_reward_beyond_all_bounds_does_no_harm() -> None:
    effects = learnt([((0, 0, 0, 0), -1e300), ((1, 0, 1, 1), 1e300), ((2, 0, 2, 2), 0.5)])
    assert effects.predict((0, 0, 0, 0)) < effects.predict((1, 0, 1, 1)) < float("inf")
