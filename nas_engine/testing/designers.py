"""Contract tests of designers. Subclass `DesignerContract` in a test module and set `name`; pytest collects them."""

import json
import time
from collections.abc import Mapping, Sequence

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.constraints import Violation
from nas_engine.designers import registry
from nas_engine.designers.base import Designer, DesignerSettings, Objectives, Outcome, State, Suggestion
from nas_engine.designers.deduplication import FilledSuggestions, fill
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d
from nas_engine.testing.spaces import single_2d, small_2d


class AdditiveReward:
    """Reward with a known optimum `best`: the sum of a random part for each option of each position."""

    def __init__(self, space: SearchSpace, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self._space = space
        self._parts = [rng.normal(0, 0.01, len(position.options)) for position in space.positions]
        self.best = 0.6 + sum(float(parts.max()) for parts in self._parts)

    def __call__(self, architecture: Architecture) -> float:
        indices = self._space.encode(architecture)
        return 0.6 + sum(float(parts[index]) for parts, index in zip(self._parts, indices, strict=True))


class Bench:
    """Trials without training: the reward is the accuracy; energy and flash have other optima in the space."""

    def __init__(self, space: SearchSpace) -> None:
        self._accuracy, self._energy, self._flash = (AdditiveReward(space, seed) for seed in range(3))

    def outcome(
        self, number: int, architecture: Architecture, metadata: Mapping[str, str] | None = None, *, fails: bool = False
    ) -> Outcome:
        """Outcome of trial `number`; infeasible if it `fails`."""
        if fails:
            return Outcome(number, architecture, None, metadata or {})
        values = (self._accuracy(architecture), self._energy(architecture), self._flash(architecture) * 1e5)
        return Outcome(number, architecture, values[0], metadata or {}, Objectives(*values))


def random_history(space: SearchSpace, count: int, *, infeasible_every: int = 0, first: int = 1) -> list[Outcome]:
    """Outcomes of random architectures with additive rewards, not suggested by the designer under test."""
    rng = np.random.default_rng(1000 + first)
    bench = Bench(space)
    return [
        bench.outcome(number, space.sample(rng), fails=bool(infeasible_every) and number % infeasible_every == 0)
        for number in range(first, first + count)
    ]


def run(designer: Designer, reward: AdditiveReward, trials: int, first: int = 1) -> list[Outcome]:
    """Outcomes of sequential trials: suggest, evaluate, update."""
    outcomes = []
    for number in range(first, first + trials):
        (suggestion,) = designer.suggest(1, [])
        outcome = Outcome(number, suggestion.architecture, reward(suggestion.architecture), suggestion.metadata)
        designer.update([outcome])
        outcomes.append(outcome)
    return outcomes


def half_violate(architecture: Architecture) -> Violation | None:
    """Constraint check that half of all architectures violate, without a pattern that a designer could learn."""
    return Violation("its hash is odd", 1.5) if int(architecture.hash, 16) % 2 else None


def fill_constrained(designer: Designer, count: int, history: Sequence[Outcome]) -> FilledSuggestions:
    """`deduplication.fill` of `small_2d` with `half_violate` after `history`."""
    return fill(
        designer,
        count,
        space=small_2d(),
        finished={outcome.architecture.hash: outcome for outcome in history},
        pending=[],
        rng=np.random.default_rng(len(history)),
        check=half_violate,
        next_number=len(history) + 1,
    )


def hashes(suggestions: Sequence[Suggestion]) -> list[str]:
    """Hashes of the suggested architectures."""
    return [suggestion.architecture.hash for suggestion in suggestions]


class DesignerContract:
    """Tests of the contract `designers.base.Designer` for the designer `name`.

    `known` is the length of histories, enough for the designer to use its model.
    """

    name: str
    known = 40
    settings = DesignerSettings()
    seconds_to_rebuild = 3.0

    def create(
        self,
        space: SearchSpace,
        seed: int = 7,
        state: State | None = None,
        history: Sequence[Outcome] = (),
    ) -> Designer:
        """Designer under test with its settings."""
        return registry.create(self.name, space, seed, state, history, self.settings)

    def informed(self, seed: int = 7) -> Designer:
        """Designer informed of a history of `known` outcomes, every fifth infeasible."""
        return self.create(small_2d(), seed, history=random_history(small_2d(), self.known, infeasible_every=5))

    def test_a_designer_without_history_suggests_one_or_many(self) -> None:
        """Different architectures of the space from the first call on, one by one and in batches."""
        space = small_2d()
        for count in (1, 8):
            assert_different_members(space, self.create(space).suggest(count, []), count)

    def test_a_designer_with_history_suggests_one_or_many(self) -> None:
        """The same after `known` outcomes."""
        designer = self.informed()
        for count in (1, 8):
            assert_different_members(small_2d(), designer.suggest(count, []), count)

    def test_suggestions_made_in_parallel_differ(self) -> None:
        """Pending architectures are not suggested again."""
        first = self.informed().suggest(3, [])
        second = self.informed().suggest(3, [suggestion.architecture for suggestion in first])
        assert not set(hashes(first)) & set(hashes(second))

    def test_equal_seed_and_history_give_equal_suggestions(self) -> None:
        """A designer is deterministic."""
        assert self.informed().suggest(3, []) == self.informed().suggest(3, [])

    def test_seeds_differ_in_what_they_begin_with(self) -> None:
        """Another seed gives another first batch."""
        space = small_2d()
        assert hashes(self.create(space, seed=1).suggest(8, [])) != hashes(self.create(space, seed=2).suggest(8, []))

    def test_a_restored_designer_goes_on_like_the_one_that_was_dumped(self) -> None:
        """State and history restore a designer exactly."""
        history = random_history(small_2d(), self.known, infeasible_every=5)
        original = self.create(small_2d(), history=history)
        original.suggest(3, [])
        restored = self.create(small_2d(), state=through_json(original.dump()), history=history)
        assert restored.dump() == original.dump()
        assert restored.suggest(3, []) == original.suggest(3, [])

    def test_a_restored_designer_catches_up_with_what_it_missed(self) -> None:
        """Outcomes after the dump are learned from the history."""
        history = random_history(small_2d(), self.known)
        original = self.create(small_2d(), history=history[:-3])
        original.suggest(1, [])
        restored = self.create(small_2d(), state=through_json(original.dump()), history=history)
        original.update(history[-3:])
        assert restored.suggest(3, []) == original.suggest(3, [])

    def test_a_state_of_another_designer_is_left_aside(self) -> None:
        """A state of unknown format gives a designer made from the history alone."""
        history = random_history(small_2d(), 5)
        foreign = {"format": "another-1", "drawn": "?"}
        assert self.create(small_2d(), state=foreign, history=history).suggest(2, []) == self.create(
            small_2d(), history=history
        ).suggest(2, [])

    def test_a_study_of_nothing_but_infeasible_outcomes_goes_on(self) -> None:
        """No reward is needed to suggest."""
        space = small_2d()
        history = random_history(space, self.known, infeasible_every=1)
        assert_different_members(space, self.create(space, history=history).suggest(4, []), 4)

    def test_a_violating_suggestion_is_reported_as_infeasible_and_survives_a_restart(self) -> None:
        """Outcomes of constraint violations are part of the history."""
        history = random_history(small_2d(), self.known)
        original = self.create(small_2d(), history=history)
        filled = fill_constrained(original, 8, history)
        assert filled.violating
        assert not any(half_violate(suggestion.architecture) for suggestion in filled.suggestions)
        all_outcomes = [*history, *(violating.outcome for violating in filled.violating)]
        restored = self.create(small_2d(), state=through_json(original.dump()), history=all_outcomes)
        assert restored.dump() == original.dump()
        assert restored.suggest(2, []) == original.suggest(2, [])

    def test_outcomes_that_others_suggested_are_welcome(self) -> None:
        """Outcomes with missing or foreign metadata are accepted."""
        space = small_2d()
        designer = self.create(space)
        foreign: list[Mapping[str, str]] = [{}, {"source": "neighbour"}, {"eagle_fly": "no number", "source": "?"}]
        for number, outcome in enumerate(random_history(space, self.known)):
            designer.update([Outcome(number, outcome.architecture, outcome.reward, foreign[number % 3])])
        assert_different_members(space, designer.suggest(2, []), 2)

    def test_an_outcome_reported_twice_is_no_obstacle(self) -> None:
        """A repeated report under another architecture is accepted."""
        history = random_history(small_2d(), self.known)
        designer = self.create(small_2d(), history=history)
        (suggestion,) = designer.suggest(1, [])
        designer.update([Outcome(history[0].number, suggestion.architecture, 0.6, suggestion.metadata)] * 2)
        assert_different_members(small_2d(), designer.suggest(2, []), 2)

    def test_a_space_of_one_architecture_is_a_space(self) -> None:
        """Without a choice, the only architecture is suggested again."""
        space = single_2d()
        history = random_history(space, 3)
        for past in ((), history):
            (suggestion,) = self.create(space, history=past).suggest(1, [])
            assert space.contains(suggestion.architecture)

    def test_a_long_history_is_read_in_seconds(self) -> None:
        """Two restarts with 300 outcomes take at most `seconds_to_rebuild`."""
        space = paper_2d()
        history = random_history(space, 300, infeasible_every=13)
        started = time.monotonic()
        state = through_json(self.create(space, history=history).dump())
        self.create(space, state=state, history=history)
        assert time.monotonic() - started < self.seconds_to_rebuild


class SearchContract(DesignerContract):
    """Tests of whole searches, for designers whose suggestions take milliseconds."""

    def search(self, trials: int, *, restarts: bool) -> list[str]:
        """Hashes of the networks of a search in which two trials are open at a time and every seventh is infeasible."""
        space, bench = small_2d(), Bench(small_2d())
        designer, outcomes = self.create(space), list[Outcome]()
        open_trials: list[Suggestion] = []
        for number in range(1, trials + 1):
            if restarts:
                designer = self.create(space, state=through_json(designer.dump()), history=outcomes)
            waiting = [suggestion.architecture for suggestion in open_trials]
            open_trials += designer.suggest(2 - len(open_trials), waiting)
            ended = open_trials.pop(0)
            outcomes.append(bench.outcome(number, ended.architecture, ended.metadata, fails=number % 7 == 0))
            designer.update(outcomes[-1:])
        return [outcome.architecture.hash for outcome in outcomes]

    def test_a_search_restarted_at_every_trial_goes_the_same_way(self) -> None:
        """120 trials give equal networks with and without restarts."""
        assert self.search(120, restarts=True) == self.search(120, restarts=False)

    def test_every_option_is_reached_from_a_history_of_a_single_network(self) -> None:
        """300 trials try every option of every position at least once."""
        space, bench = small_2d(), Bench(small_2d())
        alone = space.decode([0] * len(space.positions))
        designer = self.create(space, history=[bench.outcome(number, alone) for number in range(1, 61)])
        seen: set[tuple[int, int]] = set()
        for number in range(61, 361):
            (suggestion,) = designer.suggest(1, [])
            seen.update(enumerate(space.encode(suggestion.architecture)))
            designer.update([bench.outcome(number, suggestion.architecture, suggestion.metadata)])
        assert seen == {
            (i, index) for i, position in enumerate(space.positions) for index in range(len(position.options))
        }

    def test_a_suggestion_after_a_thousand_trials_takes_less_than_50_ms(self) -> None:
        """Bound on processor time, mean of ten suggestions."""
        designer = self.create(paper_2d(), history=random_history(paper_2d(), 1_000, infeasible_every=13))
        designer.suggest(1, [])
        started = time.process_time()
        designer.suggest(10, [])
        assert (time.process_time() - started) / 10 < 0.05


def through_json(state: State) -> State:
    """State after a round trip through a JSON column."""
    restored: State = json.loads(json.dumps(state, allow_nan=False))
    return restored


def assert_different_members(space: SearchSpace, suggestions: Sequence[Suggestion], count: int) -> None:
    """Assert that there are `count` different suggestions of the space with JSON-able metadata."""
    assert len(suggestions) == count
    assert len(set(hashes(suggestions))) == count
    assert all(space.contains(suggestion.architecture) for suggestion in suggestions)
    assert through_json({"metadata": [dict(suggestion.metadata) for suggestion in suggestions]})
