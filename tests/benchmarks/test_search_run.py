"""Searches as they are compared: the same rules for everybody, and what is kept of each."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_landscapes import MADE_UP, SearchLandscape, landscape
from benchmarks.search_run import OPEN, OurSearcher, Record, SearchTrial, search
from nas_engine.architecture import Architecture
from nas_engine.designers.base import Objectives
from nas_engine.designers.registry import DEFAULT_SETTINGS
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d

TRIALS = 40


@pytest.fixture(scope="module")
def made_up() -> SearchLandscape:
    return landscape(MADE_UP, 0, Path("never read"))


def ours(name: str, seed: int = 0) -> OurSearcher:
    return OurSearcher(name, paper_2d(), seed, DEFAULT_SETTINGS)


class Stubborn:
    """Suggests the same network for ever, and counts how many wait."""

    answered = 0

    def __init__(self, space: SearchSpace) -> None:
        self.waiting: list[int] = []
        self._network = space.sample(np.random.default_rng(0))
        self._open = 0

    def ask(self) -> Architecture:
        self._open += 1
        self.waiting.append(self._open)
        return self._network

    def tell(self, architecture: Architecture, reward: float, objectives: Objectives) -> None:
        self._open -= 1


@pytest.mark.parametrize("name", ["random", "evolution", "nsga2", "hyperfirefly"])
def test_the_same_seed_searches_the_same_way_and_trains_no_network_twice(name: str, made_up: SearchLandscape) -> None:
    first, second = (list(search(ours(name), made_up, 0, TRIALS)) for _ in range(2))
    assert [trial.architecture for trial in first] == [trial.architecture for trial in second]
    assert [trial.reward for trial in first] == [trial.reward for trial in second]
    assert len({trial.architecture.network_hash for trial in first}) == TRIALS


def test_another_seed_searches_in_another_way(made_up: SearchLandscape) -> None:
    first, second = (list(search(ours("hyperfirefly", seed), made_up, seed, TRIALS)) for seed in (0, 1))
    assert {trial.architecture for trial in first}.isdisjoint(trial.architecture for trial in second)


def test_as_many_trials_are_open_as_in_a_study_and_none_is_asked_for_in_vain(made_up: SearchLandscape) -> None:
    stubborn = Stubborn(made_up.space)
    assert len(list(search(stubborn, made_up, 0, TRIALS))) == TRIALS
    assert len(stubborn.waiting) == TRIALS
    assert set(stubborn.waiting) == {1, OPEN}


def test_a_network_trained_again_is_a_trial_with_another_measurement_of_the_same_worth(
    made_up: SearchLandscape,
) -> None:
    trials = list(search(Stubborn(made_up.space), made_up, 0, TRIALS))
    assert Record.of(trials, 0).repeated == TRIALS - 1
    assert len({trial.reward for trial in trials}) > TRIALS / 2
    assert len({trial.noise_free for trial in trials}) == 1


def test_a_record_keeps_where_the_best_reward_rose_and_what_that_network_is_worth(tmp_path: Path) -> None:
    networks = [paper_2d().sample(np.random.default_rng(seed)) for seed in range(4)]
    worths = [(0.70, 0.71), (0.69, 0.74), (0.72, 0.705), (0.73, 0.73)]
    trials = [SearchTrial(network, *worth, 0.5) for network, worth in zip(networks, worths, strict=True)]
    record = Record.of(trials, answered=3)
    assert [record.at(n) for n in (1, 2, 3, 4)] == [(0.70, 0.71), (0.70, 0.71), (0.72, 0.705), (0.73, 0.73)]
    assert (record.known, record.repeated, record.answered, record.seconds) == (0.74, 0, 3, 0.5)
    record.write(tmp_path / "folder" / "a.json")
    assert Record.read(tmp_path / "folder" / "a.json") == record
