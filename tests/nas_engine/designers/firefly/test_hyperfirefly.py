import json

from nas_engine.designers.base import Outcome
from nas_engine.designers.firefly.eagle import FLY
from nas_engine.designers.firefly.hyperfirefly import MOST_FLIES, TRIALS_A_WINDOW, WINDOW, HyperFireflyDesigner
from nas_engine.designers.random import RandomDesigner
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.designers import AdditiveReward, SearchContract, random_history, run, through_json
from nas_engine.testing.spaces import small_2d


class TestHyperFireflyDesigner(SearchContract):
    name = "hyperfirefly"


def config(designer: HyperFireflyDesigner) -> object:
    return designer.dump()["tuner"]["values"]


def test_hyper_parameters_change_every_fifty_trials_and_flies_stay():
    designer = HyperFireflyDesigner(paper_2d(), 0)
    reward = AdditiveReward(paper_2d())
    run(designer, reward, TRIALS_A_WINDOW - 1)
    before, flies = config(designer), json.loads(designer.dump()["firefly"]["vizier"][":eagle"]["firefly_pool"])
    (last,) = run(designer, reward, 1, first=TRIALS_A_WINDOW)
    after = json.loads(designer.dump()["firefly"]["vizier"][":eagle"]["firefly_pool"])
    assert config(designer) != before
    assert designer._firefly._eagle._utils.config == designer._tuner.config
    unmoved = set(flies["_pool"]) - {last.metadata[FLY]}
    assert all(after["_pool"][fly] == flies["_pool"][fly] for fly in unmoved)


def test_all_flies_move_after_a_change_of_hyper_parameters():
    designer = HyperFireflyDesigner(paper_2d(), 0)
    run(designer, AdditiveReward(paper_2d()), TRIALS_A_WINDOW)
    assert len({suggestion.metadata[FLY] for suggestion in designer.suggest(MOST_FLIES, [])}) > 12


def test_many_outcomes_at_once_end_as_many_windows_as_one_by_one():
    space = paper_2d()
    history = run(HyperFireflyDesigner(space, 0), AdditiveReward(space), 5 * TRIALS_A_WINDOW)
    rebuilt = HyperFireflyDesigner(space, 0, history=history)
    original = HyperFireflyDesigner(space, 0)
    for outcome in history:
        original.update([outcome])
    assert rebuilt.dump()["window"] == 5
    assert rebuilt.dump()["tuner"] == original.dump()["tuner"]


def test_outcomes_of_others_count_for_no_window():
    history = random_history(small_2d(), 3 * TRIALS_A_WINDOW)
    begun = HyperFireflyDesigner(small_2d(), 0, history=history)
    told = HyperFireflyDesigner(small_2d(), 0)
    told.update(history)
    assert {designer.dump()["window"] for designer in (begun, told)} == {0}
    assert {designer.dump()["heard"] for designer in (begun, told)} == {0}


def test_the_best_of_others_become_the_first_flies():
    space = paper_2d()
    history = random_history(space, 200, infeasible_every=9)
    designer = HyperFireflyDesigner(space, 0, history=history)
    pool = designer._firefly._eagle._firefly_pool
    assert pool.capacity == MOST_FLIES
    lit = sorted(fly.trial.final_measurement.metrics["objective"].value for fly in pool._pool.values())
    best = sorted(outcome.reward for outcome in history if outcome.reward is not None)[-pool.capacity :]
    assert lit == best
    assert len({suggestion.metadata[FLY] for suggestion in designer.suggest(pool.capacity, [])}) == pool.capacity


def test_windows_of_nothing_but_infeasible_trials_are_survived():
    designer = HyperFireflyDesigner(small_2d(), 0)
    for number in range(1, 3 * TRIALS_A_WINDOW + 1):
        (suggestion,) = designer.suggest(1, [])
        designer.update([Outcome(number, suggestion.architecture, None, suggestion.metadata)])
    assert designer.dump()["window"] == 3


def test_an_infeasible_trial_first_in_a_window_leaves_the_best_of_the_others():
    space = small_2d()
    designer = HyperFireflyDesigner(space, 0)
    (first,) = designer.suggest(1, [])
    designer.update([Outcome(1, first.architecture, None, first.metadata)])
    rewards = [outcome.reward for outcome in run(designer, AdditiveReward(space), 9, first=2)]
    assert (designer.dump()["heard"], designer.dump()["best"]) == (10, max(filter(None, rewards)))


def test_what_ends_after_its_window_or_is_answered_again_does_not_count():
    designer = HyperFireflyDesigner(paper_2d(), 0)
    late = designer.suggest(1, [])[0]
    outcomes = run(designer, AdditiveReward(paper_2d()), TRIALS_A_WINDOW)
    assert late.metadata[WINDOW] == "0"
    designer.update([Outcome(51, late.architecture, 0.9, late.metadata)])
    (own,) = designer.suggest(1, [])
    designer.update([Outcome(outcomes[0].number, own.architecture, 0.9, own.metadata)])
    assert (designer.dump()["window"], designer.dump()["heard"]) == (1, 0)


def test_the_state_stays_small():
    designer = HyperFireflyDesigner(paper_2d(), 0, history=random_history(paper_2d(), 1_000))
    run(designer, AdditiveReward(paper_2d()), 300, first=1_001)
    state = designer.dump()
    assert through_json(state) == state
    assert len(json.dumps(state)) < 40_000


def test_hyperfirefly_finds_better_networks_than_chance():
    space = paper_2d()
    reward = AdditiveReward(space)

    def best(designer: HyperFireflyDesigner | RandomDesigner) -> float:
        return max(outcome.reward or 0 for outcome in run(designer, reward, 300))

    chance = [best(RandomDesigner(space, seed)) for seed in range(2)]
    assert min(best(HyperFireflyDesigner(space, seed)) for seed in range(2)) > max(chance)


def test_no_network_is_suggested_twice_before_or_after_a_restart():
    space = small_2d()
    designer = HyperFireflyDesigner(space, 0)
    history = run(designer, AdditiveReward(space), 150)
    tried = {outcome.architecture.network_hash for outcome in history}
    assert len(tried) == 150
    for another in (designer, HyperFireflyDesigner(space, 0, through_json(designer.dump()), history)):
        assert not tried & {suggestion.architecture.network_hash for suggestion in another.suggest(50, [])}
