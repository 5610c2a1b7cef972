import json
from dataclasses import replace

import jax
import numpy as np

from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings, Outcome, Suggestion
from nas_engine.testing.designers import AdditiveReward, DesignerContract, random_history, run
from nas_engine.testing.spaces import everything, small_2d


class TestGaussianProcessDesigner(DesignerContract):
    name = "gaussian_process"
    known = 21  # the model speaks after 10 rewards; from 17 to 32 outcomes everything shares one compilation


def test_the_model_finds_one_of_the_best_of_270_within_eleven_trials():
    """Chance alone finds one of the best three in eleven trials with a probability of 12 %."""
    space = small_2d()
    reward = AdditiveReward(space)
    known = random_history(space, 20)
    designer = registry.create("gaussian_process", space, seed=0, history=known)
    outcomes = run(designer, reward, 11, first=21)
    third = sorted(map(reward, everything(space)))[-3]
    assert max(outcome.reward or 0 for outcome in known) < third
    assert max(outcome.reward or 0 for outcome in outcomes) >= third


def test_one_more_outcome_compiles_nothing():
    """Or the process that searches grows by megabytes with every suggestion."""
    space = small_2d()
    history = random_history(space, 30)
    designer = registry.create("gaussian_process", space, seed=0, history=history[:21])
    for outcome in history[21:27]:
        designer.suggest(2, [])  # a second suggestion explores
        designer.update([outcome])
    compiled: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, seconds, **_: compiled.append(event))
    for outcome in history[27:]:
        designer.suggest(2, [history[0].architecture])
        designer.update([outcome])
    assert not [event for event in compiled if "backend_compile" in event]
    jax.jit(lambda array: array + 1)(np.ones(3))
    assert [event for event in compiled if "backend_compile" in event]  # this is what a compilation looks like


def test_the_model_never_suggests_what_has_been_tried_or_is_pending():
    space = small_2d()
    reward = AdditiveReward(space)
    best_first = sorted(everything(space), key=reward, reverse=True)
    history = [
        Outcome(number, architecture, reward(architecture)) for number, architecture in enumerate(best_first[:24])
    ]
    designer = registry.create("gaussian_process", space, seed=0, history=history)
    suggested = {suggestion.architecture for suggestion in designer.suggest(4, best_first[24:28])}
    assert len(suggested) == 4
    assert not suggested & set(best_first[:28])


def test_a_restart_forgets_neither_what_was_answered_nor_the_order_of_trials():
    space = small_2d()
    history = random_history(space, 24)
    designer = registry.create("gaussian_process", space, seed=0, history=history[:20])
    designer.suggest(1, [])
    twin = next(a for a in everything(space) if a not in {outcome.architecture for outcome in history})
    designer.update([replace(history[3], architecture=twin)])  # an identity elsewhere: the same network
    designer.update([history[21], history[20], *history[22:]])  # the younger one ended first
    state = json.loads(json.dumps(designer.dump()))
    restored = registry.create("gaussian_process", space, seed=0, state=state, history=history)
    expected = designer.suggest(4, [])
    assert restored.suggest(4, []) == expected
    assert twin not in {suggestion.architecture for suggestion in expected}
    forgetful = registry.create("gaussian_process", space, seed=0, state=state | {"answered": []}, history=history)
    assert forgetful.suggest(4, []) != expected


def test_a_penalty_that_is_known_need_not_be_learnt():
    """Nothing in the outcomes tells of it: all of them are accuracies, of networks without a penalty."""
    space, accuracy = small_2d(), AdditiveReward(small_2d())
    costly = space.positions[3].options[0]
    settings = DesignerSettings(penalty=lambda architecture: 0.1 * (architecture.blocks[3] == costly))
    others = [architecture for architecture in everything(space) if architecture.blocks[3] != costly]
    history = [
        Outcome(number, architecture, accuracy(architecture)) for number, architecture in enumerate(others[::13])
    ]
    designer = registry.create("gaussian_process", space, seed=0, history=history, settings=settings)
    assert all(suggestion.architecture.blocks[3] != costly for suggestion in designer.suggest(6, []))


def test_what_will_be_refused_is_never_suggested_by_the_model():
    space, accuracy = small_2d(), AdditiveReward(small_2d())
    kept = {architecture.hash for architecture in list(everything(space))[::3]}
    settings = DesignerSettings(penalty=lambda architecture: 0.0 if architecture.hash in kept else np.inf)
    history = [
        Outcome(number, architecture, accuracy(architecture) if architecture.hash in kept else None)
        for number, architecture in enumerate(list(everything(space))[:60])
    ]
    designer = registry.create("gaussian_process", space, seed=0, history=history, settings=settings)
    assert all(suggestion.architecture.hash in kept for suggestion in designer.suggest(6, []))


def test_forecasts_count_less_than_measurements_where_they_are_uncertain():
    space = small_2d()
    measured = random_history(space, 30)
    rng = np.random.default_rng(4)
    forecasts = [
        Outcome(number, architecture, 0.6 + rng.normal(0, 0.004), deviation=0.02, trained_share=0.2)
        for number, architecture in enumerate([space.sample(rng) for _ in range(30)], start=31)
    ]
    history = [*measured, *forecasts]

    def suggested(by_compute: bool, history: list[Outcome]) -> list[Suggestion]:
        settings = DesignerSettings(by_compute=by_compute)
        return registry.create("gaussian_process", space, 0, None, history, settings).suggest(4, [])

    assert suggested(True, history) != suggested(False, history)
    assert suggested(True, measured) == suggested(False, measured)
    assert suggested(False, history) == suggested(False, [replace(one, deviation=0.0) for one in history])
