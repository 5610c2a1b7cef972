"""Suggestions: ahead of the trainers, never twice the same, from memory or from the rows alike."""

from functools import partial

import pytest
from django.db.models.functions import Coalesce
from django.utils import timezone

from nas_engine.designers import registry
from nas_engine.early_stopping import registry as stopping_rules
from nas_engine.testing.spaces import tiny_2d
from tests.webapp import rows
from tests.webapp.worker import troubled_search
from webapp.models import Study, Trial, Worker
from webapp.queries.deliberation import deliberates
from webapp.services import studies, trials, workers
from webapp.services.suggestion_failures import MOST_FAILURES
from webapp.worker import suggesting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_known", {})


def finish(trial: Trial, **measured) -> None:
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    done = rows.evaluation(**measured)
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=done, tflite_name=rows.TFLITE)


def finish_all(study: Study) -> None:
    for trial in study.trials.filter(state="REQUESTED").order_by("number"):
        finish(trial, int8_accuracy=0.5 + int(trial.architecture_id[:4], 16) / 2**18)


def hashes(study: Study) -> list[str]:
    return list(study.trials.order_by("number").values_list("architecture_id", flat=True))


def test_two_trials_are_open_while_no_trainer_is_known():
    study = rows.running_study(trial_budget=10)
    suggesting.suggest_for(study.pk)
    assert study.trials.filter(state="REQUESTED").count() == 2
    suggesting.suggest_for(study.pk)
    assert study.trials.count() == 2


def test_two_trials_are_open_for_each_live_trainer():
    for number in range(3):
        workers.record_heartbeat(name=f"trainer {number}", role=Worker.Role.TRAINING)
    study = rows.running_study(trial_budget=10)
    suggesting.suggest_for(study.pk)
    assert study.trials.count() == 6


def test_no_more_is_suggested_than_the_budget_holds():
    study = rows.running_study(trial_budget=3)
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        suggesting.suggest_for(study.pk)
        finish_all(study)
    assert study.trials.count() == 3
    assert list(study.trials.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_a_study_that_does_not_run_gets_no_suggestion():
    study = rows.draft_study()
    suggesting.suggest_for(study.pk)
    assert study.trials.count() == 0
    suggesting.suggest_for(0)  # deleted meanwhile


@pytest.mark.parametrize("designer", ["random", "eagle", "evolution", "hyperfirefly", "hybrid", "nsga2"])
def test_a_restarted_search_worker_suggests_what_the_old_one_would_have(designer, monkeypatch):
    """The designer in memory is only a short cut: the rows say everything."""
    runs = []
    for restarted in (False, True):
        study = rows.running_study(trial_budget=12, designer=designer, seed=3, switch_at=7)
        while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
            if restarted:
                monkeypatch.setattr(suggesting, "_known", {})
            suggesting.suggest_for(study.pk)
            finish_all(study)
        runs.append(hashes(study))
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 12


def in_turn(study: Study) -> list[tuple[str, int]]:
    """(architecture, seed) of the completed trials; a retry stands where its original would have."""
    turns = study.trials.annotate(turn=Coalesce("retried_from__number", "number"))
    return list(turns.filter(state="COMPLETED").order_by("turn").values_list("architecture_id", "seed"))


@pytest.mark.parametrize("trouble", troubled_search.TROUBLES)
def test_with_one_trainer_neither_delays_nor_crashes_change_what_is_suggested(trouble):
    """Reward and seed of a trial follow from its architecture and turn, as they do in a real study."""

    def finish_as_its_network_says(trial: Trial) -> None:
        finish(trial, int8_accuracy=0.5 + int(trial.architecture_id[:4], 16) / 2**18)

    runs = []
    for applied in ("", trouble):
        study = rows.running_study(trial_budget=24, designer="hyperfirefly", seed=3)
        troubled_search.search(study, applied, finish_as_its_network_says)
        runs.append(in_turn(study))
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 24


def test_a_hybrid_is_no_longer_slow_once_it_has_switched():
    study = rows.running_study(trial_budget=9, designer="hybrid", switch_at=5)
    slow = []
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        slow.append(deliberates(Study.objects.get(pk=study.pk)))
        suggesting.suggest_for(study.pk)
        finish_all(study)
    assert slow == [True, True, True, False, False]


def test_a_hybrid_switches_where_the_study_says():
    study = rows.running_study(trial_budget=9, designer="hybrid", switch_at=5)
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        suggesting.suggest_for(study.pk)
        finish_all(study)
    sources = [
        suggestion["source"] for suggestion in study.trials.order_by("number").values_list("suggestion", flat=True)
    ]
    assert sources == ["random"] * 5 + ["hyperfirefly"] * 4


def stop_all(study: Study, epoch: int) -> None:
    for trial in study.trials.filter(state=Trial.State.REQUESTED):
        assert trials.claim(trial_id=trial.pk, worker="worker-a")
        decision = {"epoch": epoch, "forecast": 0.5, "low": 0.4, "high": 0.6}
        stopping = {"penalty": 0.0, "decisions": [decision]}
        assert trials.stop_early(trial_id=trial.pk, worker="worker-a", stopping=stopping, reason="hopeless")


@pytest.mark.parametrize(("rule", "by_first"), [("tsgp", 3), ("marginal_value", 9)])
def test_a_hybrid_counts_compute_where_the_rule_of_the_study_does(rule: str, by_first: int):
    """Each trial is stopped after a quarter of a training: eight of them and an open one make three."""
    study = rows.running_study(
        trial_budget=12, designer="hybrid", switch_at=3, early_stopping=rule, full_epochs=8, qat_epochs=2
    )
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        suggesting.suggest_for(study.pk)
        stop_all(study, epoch=2)
    sources = [made["source"] for made in study.trials.order_by("number").values_list("suggestion", flat=True)]
    assert sources == ["random"] * by_first + ["hyperfirefly"] * (12 - by_first)


def test_studies_and_simulations_count_compute_with_the_same_rules():
    counting = {rule for rule in Study.EarlyStopping.values if Study(early_stopping=rule).counts_compute}
    assert counting == stopping_rules.BY_COMPUTE


def test_the_designer_in_memory_is_used_again(monkeypatch):
    made = []
    create = registry.create
    monkeypatch.setattr(registry, "create", lambda *args: made.append(args) or create(*args))
    study = rows.running_study(trial_budget=8)
    for _ in range(3):
        suggesting.suggest_for(study.pk)
        finish_all(study)
    assert len(made) == 1


def test_a_designer_that_another_worker_has_moved_on_is_made_anew(monkeypatch):
    study = rows.running_study(trial_budget=8)
    suggesting.suggest_for(study.pk)
    mine = suggesting._known
    monkeypatch.setattr(suggesting, "_known", {})  # another worker
    finish_all(study)
    suggesting.suggest_for(study.pk)
    monkeypatch.setattr(suggesting, "_known", mine)
    finish_all(study)
    before = mine[study.pk].designer
    suggesting.suggest_for(study.pk)
    assert suggesting._known[study.pk].designer is not before
    assert len(set(hashes(study))) == 6


def test_of_two_search_workers_one_suggests():
    study = rows.running_study(trial_budget=10)
    rows.at_once(*[partial(suggesting.suggest_for, study.pk)] * 3)
    assert study.trials.count() == 2


def test_a_space_that_is_used_up_completes_the_study_with_the_reason():
    space = tiny_2d(len(rows.CLASSES))
    study = rows.running_study(trial_budget=50)
    Study.objects.filter(pk=study.pk).update(space_spec=space.to_json())
    for _ in range(space.cardinality + 2):
        suggesting.suggest_for(study.pk)
        finish_all(study)
    study.refresh_from_db()
    assert (study.state, study.trials.count()) == (Study.State.COMPLETED, space.cardinality)
    assert "used up" in study.reason
    assert len(set(hashes(study))) == space.cardinality


def test_a_failing_designer_shows_on_the_study_and_fails_it_in_the_end(monkeypatch):
    def explode(*args, **kwargs):
        raise ArithmeticError("no positive definite matrix")

    monkeypatch.setattr(registry, "create", explode)
    study = rows.running_study()
    for attempt in range(1, MOST_FAILURES + 1):
        suggesting.suggest_for(study.pk)
        suggesting.suggest_for(study.pk)  # too early: it does not count
        study.refresh_from_db()
        assert study.suggest_failures == attempt
        assert "no positive definite matrix" in study.reason
        Study.objects.filter(pk=study.pk).update(suggest_after=timezone.now())
    assert study.state == Study.State.FAILED


def test_a_designer_that_recovers_leaves_no_trace(monkeypatch):
    study = rows.running_study()
    with monkeypatch.context() as patch:
        patch.setattr(registry, "create", lambda *args: 1 / 0)
        suggesting.suggest_for(study.pk)
    Study.objects.filter(pk=study.pk).update(suggest_after=timezone.now())
    suggesting.suggest_for(study.pk)
    study.refresh_from_db()
    assert (study.suggest_failures, study.reason, study.trials.count()) == (0, "", 2)


def test_an_architecture_that_failed_for_good_is_not_tried_again():
    study = rows.running_study(trial_budget=4)
    suggesting.suggest_for(study.pk)
    trial = study.trials.get(number=1)
    for _ in range(2):
        trials.claim(trial_id=trial.pk, worker="worker-a")
        trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed")
        trial = getattr(Trial.objects.get(pk=trial.pk), "retry", trial)
    for _ in range(4):
        suggesting.suggest_for(study.pk)
        finish_all(study)
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED
    distinct = study.trials.exclude(retried_from__isnull=False).values_list("architecture_id", flat=True)
    assert len(set(distinct)) == len(distinct) == 4


def test_a_pause_during_a_suggestion_wins():
    study = rows.running_study()
    history = suggesting.history_of(study, suggesting.Memory())
    studies.pause(study_id=study.pk)
    assert not suggesting._request(study, 2, in_turn=False)
    assert study.trials.count() == history.trials == 0
