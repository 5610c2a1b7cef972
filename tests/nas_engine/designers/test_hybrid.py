"""The hybrid before, at and after its switch. Random search often stands in for the Gaussian process."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings, Outcome, State, Suggestion
from nas_engine.designers.firefly.hyperfirefly import WINDOW
from nas_engine.designers.hybrid import HybridDesigner
from nas_engine.designers.random import RandomDesigner
from nas_engine.testing.designers import AdditiveReward, SearchContract, hashes, random_history, run, through_json
from nas_engine.testing.spaces import small_2d


class TestHybridDesigner(SearchContract):
    """The first nine trials are the Gaussian process's, which are too few for it to compile anything."""

    name = "hybrid"
    settings = DesignerSettings(switch_at=9)


def hybrid(switch_at: int, state: State | None = None, history: Sequence[Outcome] = ()) -> HybridDesigner:
    return HybridDesigner(small_2d(), 3, state, history, first=lambda: RandomDesigner, switch_at=switch_at)


def makers(suggestions: Sequence[Outcome | Suggestion]) -> list[str]:
    return [outcome.metadata["source"] for outcome in suggestions]


def test_exactly_the_first_trials_are_the_first_designers():
    outcomes = run(hybrid(12), AdditiveReward(small_2d()), 30)
    assert makers(outcomes) == ["random"] * 12 + ["hyperfirefly"] * 18


def test_pending_trials_are_counted_and_a_batch_is_divided_at_the_switch():
    designer = hybrid(12, history=random_history(small_2d(), 6))
    pending = [suggestion.architecture for suggestion in designer.suggest(4, [])]
    batch = designer.suggest(5, pending)
    assert [suggestion.metadata["source"] for suggestion in batch] == ["random"] * 2 + ["hyperfirefly"] * 3
    assert len({*hashes(batch), *(architecture.hash for architecture in pending)}) == 9


def test_no_way_leads_back_when_pending_trials_come_to_nothing():
    designer = hybrid(12, history=random_history(small_2d(), 10))
    designer.suggest(4, [])
    restored = hybrid(12, through_json(designer.dump()), random_history(small_2d(), 10))
    for one in (designer, restored):
        assert WINDOW in one.suggest(1, [])[0].metadata
    restarted = hybrid(
        12, None, [Outcome(o.number, o.architecture, o.reward, {WINDOW: "0"}) for o in random_history(small_2d(), 3)]
    )
    assert WINDOW in restarted.suggest(1, [])[0].metadata


def test_hyperfirefly_begins_with_the_best_of_the_first_trials():
    designer = hybrid(60, history=random_history(small_2d(), 60))
    known = run(designer, AdditiveReward(small_2d()), 1, first=61)
    assert known[0].metadata["source"] == "hyperfirefly"
    rewards = sorted(outcome.reward or 0 for outcome in random_history(small_2d(), 60))
    pool = designer._at_work._firefly._eagle._firefly_pool
    lit = max(fly.trial.final_measurement.metrics["objective"].value for fly in pool._pool.values())
    assert lit >= rewards[-1]


def test_a_restart_across_the_switch_changes_nothing():
    history = random_history(small_2d(), 14)
    original = hybrid(12, history=history[:11])
    state = through_json(original.dump())
    original.update(history[11:])
    assert hybrid(12, state, history).suggest(6, []) == original.suggest(6, [])


def by_compute(switch_at: int, history: Sequence[Outcome] = ()) -> HybridDesigner:
    return HybridDesigner(
        small_2d(), 3, None, history, first=lambda: RandomDesigner, switch_at=switch_at, by_compute=True
    )


def stopped(outcomes: Sequence[Outcome], share: float) -> list[Outcome]:
    return [replace(outcome, objectives=None, deviation=0.02, trained_share=share) for outcome in outcomes]


def test_by_compute_a_stopped_trial_counts_as_the_share_that_was_trained():
    history = [*random_history(small_2d(), 6), *stopped(random_history(small_2d(), 20, first=7), 0.2)]
    suggestions = by_compute(12, history).suggest(4, [])
    assert [suggestion.metadata["source"] for suggestion in suggestions] == ["random"] * 2 + ["hyperfirefly"] * 2
    assert "hyperfirefly" in makers(hybrid(12, history=history).suggest(1, []))


def test_by_compute_nothing_changes_while_no_trial_is_stopped():
    reward = AdditiveReward(small_2d())
    assert run(by_compute(12), reward, 30) == run(hybrid(12), reward, 30)


def test_by_compute_the_order_in_which_trials_end_does_not_move_the_switch():
    """Sums of shares that binary numbers cannot hold exactly."""
    history = stopped(random_history(small_2d(), 33), 1 / 11)
    for outcomes in (history, history[::-1]):
        assert by_compute(3, outcomes).dump()["switched"]
        assert not by_compute(3, outcomes[1:]).dump()["switched"]


def test_before_the_switch_the_hybrid_is_the_gaussian_process():
    history = random_history(small_2d(), 5)
    plain = registry.create("gaussian_process", small_2d(), 3, None, history)
    assert registry.create("hybrid", small_2d(), 3, None, history).suggest(3, []) == plain.suggest(3, [])


_LOADED = """
import sys
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings
from nas_engine.testing.designers import random_history
from nas_engine.testing.spaces import small_2d
history = random_history(small_2d(), 12)
designer = registry.create("hybrid", small_2d(), 0, None, history, DesignerSettings(switch_at=12))
designer.suggest(1, [])
names = ("gaussian_process.designer", "firefly.hyperfirefly")
print(*(name for name in names if f"nas_engine.designers.{name}" in sys.modules))
"""


def test_the_gaussian_process_is_not_loaded_after_the_switch():
    process = subprocess.run([sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True)
    assert process.stdout.strip() == "firefly.hyperfirefly"


def test_a_switch_before_the_first_trial_is_refused():
    with pytest.raises(ValueError, match="switch_at must be at least 1, not 0"):
        DesignerSettings(switch_at=0)
