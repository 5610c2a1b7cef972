import numpy as np

from nas_engine.designers.base import Outcome
from nas_engine.designers.firefly.eagle import FLY, EagleDesigner
from nas_engine.designers.random import RandomDesigner
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.designers import AdditiveReward, SearchContract, run, through_json
from nas_engine.testing.spaces import small_2d


class TestEagleDesigner(SearchContract):
    name = "eagle"


def movers(designer: EagleDesigner, count: int) -> set[str]:
    return {suggestion.metadata[FLY] for suggestion in designer.suggest(count, [])}


def test_all_flies_move_after_the_history_is_replayed():
    """Upstream, a replayed pool lets one fly make every suggestion, since its highest number stays 0."""
    space = paper_2d()
    history = run(EagleDesigner(space, 0), AdditiveReward(space), 60)
    assert len(movers(EagleDesigner(space, 0, history=history), 26)) > 20


def test_all_flies_move_when_trials_end_in_reverse_order():
    """Upstream, flies with a number below that of the first fly in the pool never move again."""
    space = paper_2d()
    reward = AdditiveReward(space)
    designer = EagleDesigner(space, 0)
    first = designer.suggest(26, [])
    for number, suggestion in reversed(list(enumerate(first))):
        designer.update(
            [Outcome(number, suggestion.architecture, reward(suggestion.architecture), suggestion.metadata)]
        )
    assert movers(designer, 52) == {suggestion.metadata[FLY] for suggestion in first}


def test_a_fly_added_after_a_replay_takes_no_number_in_use():
    space = paper_2d()
    reward = AdditiveReward(space)
    history = run(EagleDesigner(space, 0), reward, 10)  # fewer than the pool holds: the next ones are new flies
    used = {outcome.metadata[FLY] for outcome in history}
    foreign = Outcome(0, space.sample(np.random.default_rng(5)), 0.5)
    assert not used & movers(EagleDesigner(space, 0, history=[foreign, *history]), 5)


def test_a_rebuilt_designer_does_not_begin_its_sequence_again():
    space = paper_2d()
    history = run(EagleDesigner(space, 0), AdditiveReward(space), 10)
    tried = {outcome.architecture.hash for outcome in history}
    rebuilt = EagleDesigner(space, 0, history=history)
    assert not tried & {suggestion.architecture.hash for suggestion in rebuilt.suggest(10, [])}


def test_outcomes_seen_before_the_dump_are_not_learnt_twice():
    space = paper_2d()
    designer = EagleDesigner(space, 0)
    history = run(designer, AdditiveReward(space), 60)
    state = through_json(designer.dump())
    assert EagleDesigner(space, 0, state, history).dump() == state


def test_the_firefly_finds_better_networks_than_chance():
    space = paper_2d()
    reward = AdditiveReward(space)

    def best(designer: EagleDesigner | RandomDesigner) -> float:
        return max(outcome.reward or 0 for outcome in run(designer, reward, 300))

    chance = [best(RandomDesigner(space, seed)) for seed in range(3)]
    firefly = [best(EagleDesigner(space, seed)) for seed in range(3)]
    assert min(firefly) > max(chance)


def test_no_network_is_suggested_twice_before_or_after_a_restart_or_adoption():
    space = small_2d()
    designer = EagleDesigner(space, 0)
    history = run(designer, AdditiveReward(space), 150)
    tried = {outcome.architecture.network_hash for outcome in history}
    assert len(tried) == 150
    adopting = EagleDesigner(space, 1)
    adopting.adopt(history)
    for another in (designer, EagleDesigner(space, 0, through_json(designer.dump()), history), adopting):
        assert not tried & {suggestion.architecture.network_hash for suggestion in another.suggest(50, [])}
