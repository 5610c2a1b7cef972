"""Confirmations: finished networks that are trained again with another seed, as the stopping rule says."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial

import pytest
from django.db.models.functions import Coalesce

from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve, Decision, StoppingRule, continue_training
from nas_engine.early_stopping.marginal_value.rule import MarginalValue
from tests.webapp import packs, rows
from tests.webapp.worker import troubled_search
from webapp.models import CurvePoint, Event, Study, Trial, Worker
from webapp.services import trials, workers
from webapp.worker import evaluating, suggesting
from webapp.worker.history import Memory, history_of
from webapp.worker.stopping import ended_curves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]

Confirm = Callable[[StoppingRule, Sequence[Curve], Collection[str]], str | None]


def best_from(
    networks: int, trainings: int, rule: StoppingRule, ended: Sequence[Curve], without: Collection[str]
) -> str | None:
    """From so many finished networks on, the best is trained so often."""
    finished = [curve for curve in ended if curve.reward is not None]
    count = Counter(curve.network for curve in finished)
    best = max(finished, key=lambda curve: curve.reward or 0.0).network if len(count) >= networks else ""
    return best if best and best not in without and count[best] < trainings else None


@pytest.fixture(autouse=True)
def _best_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_known", {})
    monkeypatch.setattr(registry, "to_confirm", partial(best_from, 4, 2))


def study_of(**values: object) -> Study:
    return rows.running_study(**{"early_stopping": "marginal_value", "trial_budget": 12, **values})


def finish(trial: Trial) -> None:
    """Its accuracy follows from network and seed."""
    accuracy = 0.5 + int(trial.architecture_id[:4], 16) / 2**18 + trial.seed % 7 / 2**12
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    done = rows.evaluation(int8_accuracy=accuracy)
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=done, tflite_name=rows.TFLITE)


def finish_all(study: Study) -> None:
    for trial in study.trials.filter(state="REQUESTED").order_by("number"):
        finish(trial)


def until_confirming(study: Study) -> Trial:
    """The first confirmation, just requested."""
    while (found := study.trials.exclude(confirms=None).first()) is None:
        finish_all(study)
        suggesting.suggest_for(study.pk)
    return found


def test_the_best_is_confirmed_once_while_the_confirmation_is_open() -> None:
    for number in range(2):
        workers.record_heartbeat(name=f"trainer {number}", role=Worker.Role.TRAINING)
    study = study_of()
    trial = until_confirming(study)
    best = study.trials.filter(state="COMPLETED").order_by("-reward").first()
    assert best is not None
    assert (trial.confirms, trial.architecture_id, trial.suggestion) == (best, best.architecture_id, {})
    assert trial.seed not in study.trials.exclude(pk=trial.pk).values_list("seed", flat=True)
    assert Event.objects.get(trial=trial, new_state="REQUESTED").message == f"Confirms trial {best.number}."
    assert study.trials.filter(state="REQUESTED").count() == 4  # the others are the designer's
    suggesting.suggest_for(study.pk)
    assert study.trials.exclude(confirms=None).count() == 1
    finish_all(study)
    suggesting.suggest_for(study.pk)
    confirmed = Counter(study.trials.exclude(confirms=None).values_list("architecture", flat=True))
    assert set(confirmed.values()) == {1}


def test_in_turn_only_the_confirmation_is_requested_and_the_designer_stays_as_it_is() -> None:
    study = study_of()
    while study.trials.filter(state="COMPLETED").count() < 5:  # the last counts as open
        for trial in study.trials.filter(state="REQUESTED").order_by("number")[:1]:
            finish(trial)
        suggesting.suggest_for(study.pk)
    study.trials.filter(state="REQUESTED").delete()
    before, known = Study.objects.get(pk=study.pk), suggesting._known[study.pk]
    assert suggesting._request(before, 2, in_turn=True)
    assert list(study.trials.filter(state="REQUESTED").values_list("confirms__state", flat=True)) == ["COMPLETED"]
    assert Study.objects.get(pk=study.pk).designer_state == before.designer_state is not None
    assert suggesting._known[study.pk] is known


def test_confirmations_count_to_the_budget() -> None:
    study = study_of()
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        suggesting.suggest_for(study.pk)
        finish_all(study)
    assert study.trials.count() == 12
    assert list(study.trials.order_by("number").values_list("number", flat=True)) == list(range(1, 13))
    assert 12 > study.trials.values("architecture").distinct().count() == study.trials.filter(confirms=None).count()


def test_the_designer_never_hears_of_a_confirmation() -> None:
    study = study_of()
    trial = until_confirming(study)
    confirmed = trial.confirms
    assert confirmed is not None
    before = history_of(study, Memory())
    assert trial.architecture_id in {architecture.hash for architecture in before.pending}
    assert before.finished[trial.architecture_id].number == confirmed.number
    finish(trial)
    after = history_of(study, Memory())
    assert after.finished == before.finished
    assert (after.trials, after.turns) == (before.trials, before.turns)
    assert trial.architecture_id not in {architecture.hash for architecture in after.pending}
    assert set(after.curves) - set(before.curves) == {trial.pk}
    curves = [curve for curve in ended_curves(study) if curve.network == trial.architecture_id]
    assert len(curves) == 2


def test_whether_the_last_confirmation_has_ended_makes_no_difference_in_turn() -> None:
    study = study_of()
    trial = until_confirming(study)
    for other in study.trials.filter(state="REQUESTED", number__lt=trial.number):
        finish(other)
    study.trials.filter(number__gt=trial.number).delete()
    is_open = history_of(study, Memory()).with_last_open()
    finish(trial)
    has_ended = history_of(study, Memory()).with_last_open()
    assert is_open is not None
    assert is_open == has_ended
    assert is_open.pending == (history_of(study, Memory()).finished[trial.architecture_id].architecture,)
    assert trial.pk not in is_open.curves


def in_turn(study: Study) -> list[tuple[str, int, bool]]:
    """(architecture, seed, whether it confirms) of completed trials; a retry stands where its original would have."""
    turns = study.trials.filter(state="COMPLETED").annotate(turn=Coalesce("retried_from__number", "number"))
    columns = turns.order_by("turn").values_list("architecture_id", "seed", "confirms")
    return [(network, seed, confirms is not None) for network, seed, confirms in columns]


@pytest.mark.parametrize("trouble", [*troubled_search.TROUBLES, "restarts"])
def test_with_one_trainer_neither_delays_nor_crashes_change_what_is_confirmed(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "to_confirm", partial(best_from, 4, 3))
    runs = []
    for applied in ("", trouble):
        study = study_of(trial_budget=24, designer="hyperfirefly", seed=3)
        troubled_search.search(study, applied, finish)
        runs.append(in_turn(study))
    assert runs[0] == runs[1]
    assert len(runs[0]) == 24
    assert sum(confirms for _, _, confirms in runs[0]) >= 3


def test_a_confirmation_that_fails_is_retried_as_one_and_not_requested_again_after_that() -> None:
    study = study_of(trial_budget=30)
    trial = until_confirming(study)
    troubled_search.crash(trial)
    retry = Trial.objects.get(retried_from=trial)
    assert (retry.confirms_id, retry.seed) == (trial.confirms_id, trial.seed)
    history = history_of(study, Memory())
    assert retry.architecture_id in {architecture.hash for architecture in history.pending}
    troubled_search.crash(retry)
    history = history_of(study, Memory())
    assert history.unconfirmed == {trial.architecture_id}
    assert history.finished[trial.architecture_id].reward is not None
    for _ in range(3):
        suggesting.suggest_for(study.pk)
        finish_all(study)
    assert study.trials.filter(architecture=trial.architecture_id).count() == 3


def test_a_stale_confirmation_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of()
    for _ in range(2):
        suggesting.suggest_for(study.pk)
        finish_all(study)
    confirm: Confirm = registry.to_confirm

    def slowly(rule: StoppingRule, ended: Sequence[Curve], without: Collection[str]) -> str | None:
        rows.requested_trials(study, seed=77)  # another search worker was faster
        return confirm(rule, ended, without)

    monkeypatch.setattr(registry, "to_confirm", slowly)
    before = Study.objects.get(pk=study.pk).designer_state
    assert not suggesting._request(Study.objects.get(pk=study.pk), 2, in_turn=False)
    assert Study.objects.get(pk=study.pk).designer_state == before
    assert not study.trials.exclude(confirms=None).exists()


@pytest.mark.parametrize("rule", ["none", "tsgp", "exponential_decay"])
def test_other_rules_confirm_nothing(rule: str) -> None:
    study = study_of(early_stopping=rule)
    for _ in range(4):
        suggesting.suggest_for(study.pk)
        finish_all(study)
    assert study.trials.filter(confirms=None).count() == study.trials.count() > 4


def test_a_rule_that_fails_confirms_nothing_and_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(rule: StoppingRule, ended: Sequence[Curve], without: Collection[str]) -> str | None:
        raise ArithmeticError("no policy")

    monkeypatch.setattr(registry, "to_confirm", broken)
    study = study_of()
    suggesting.suggest_for(study.pk)
    assert study.trials.count() == 2
    assert "could not say what to confirm" in caplog.text


@pytest.mark.parametrize(("confirms", "state"), [(False, "STOPPED"), (True, "COMPLETED")])
def test_a_confirmation_is_never_stopped(confirms: bool, state: str, worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(rule: MarginalValue, running: Curve, ended: Sequence[Curve]) -> Decision:
        assert running.network
        decision = continue_training(running).to_json()
        return Decision(
            **{
                **decision,
                "stop": True,
                "forecast": 0.1,
                "low": 0.0,
                "high": 0.2,
                "best_reward": 0.9,
                "probability": 1.0,
            }
        )

    monkeypatch.setattr(MarginalValue, "decide", stops)
    study = study_of(dataset=packs.dataset_with_features(), full_epochs=8)
    first = rows.completed_trial(study)
    trial = rows.requested_trials(study)[0]
    assert trial.architecture_id == first.architecture_id
    if confirms:
        Trial.objects.filter(pk=trial.pk).update(confirms=first)
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == state, trial.reason
    assert (trial.stopping is None) == confirms
    assert CurvePoint.objects.filter(trial=trial, phase="float").count() == (6 if confirms else 1)
