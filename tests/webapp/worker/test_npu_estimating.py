"""Networks are compiled by the training worker before they train: real files, the real Vela, simulated trainings."""

import pytest

from nas_engine.deployment import vela
from nas_engine.deployment.vela import estimate
from nas_engine.errors import TransientError
from tests.webapp import packs, rows
from tests.webapp.npus import CHIP, compiled, npu_model
from webapp.models import StoredNpuEstimate, Study, Trial
from webapp.queries.budget import budget_of
from webapp.worker import npu_estimating
from webapp.worker.evaluating import evaluate
from webapp.worker.lifecycle import ThisWorker

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = {"enforce_constraints": True, "accelerator": CHIP}


def study(**values: object) -> Study:
    return rows.running_study(dataset=packs.dataset_with_features(), full_epochs=2, qat_epochs=1, **values)


def evaluated(trial: Trial, worker: ThisWorker) -> Trial:
    evaluate(trial.pk, worker)
    trial.refresh_from_db()
    return trial


@pytest.mark.slow
def test_a_network_over_a_limit_is_infeasible_with_its_reason_before_it_trains(worker: ThisWorker) -> None:
    screened = study(**LIMITS, npu_time_limit_ms=0.001, npu_sram_limit_kb=1.0)
    trial = evaluated(rows.requested_trials(screened)[0], worker)
    assert trial.state == Trial.State.INFEASIBLE, trial.reason
    assert "ethos-u55-128: inference time estimate " in trial.reason
    assert "ms exceeds the hard limit of 0.001 ms; ethos-u55-128: SRAM estimate " in trial.reason
    assert not trial.curve.exists()
    assert budget_of(screened).finished == 1
    kept = StoredNpuEstimate.objects.get()
    assert kept.architecture_id == trial.architecture_id
    assert kept.estimate["accelerator"] == CHIP
    assert kept.estimate["seconds"] == kept.seconds > 0


@pytest.mark.slow
def test_energy_by_an_npu_is_that_of_the_compiled_network(worker: ThisWorker) -> None:
    trial = evaluated(rows.requested_trials(study(energy_model=npu_model(8.0)))[0], worker)
    assert trial.state == Trial.State.COMPLETED, trial.reason
    kept = StoredNpuEstimate.objects.get()
    assert trial.energy_mj == pytest.approx(8.0 * kept.seconds)
    assert trial.energy_source.startswith("estimate by Vela")


def uncompiled(*_: object) -> None:
    raise AssertionError("compiled again")


def test_an_architecture_that_was_compiled_is_not_compiled_again(
    worker: ThisWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npu_estimating, "_compiled", uncompiled)
    first = rows.requested_trials(study(**LIMITS, npu_time_limit_ms=5.0))[0]
    compiled(first)
    assert evaluated(first, worker).state == Trial.State.COMPLETED, first.reason
    second = rows.requested_trials(study(**LIMITS, npu_time_limit_ms=0.001))[0]
    assert second.architecture_id == first.architecture_id
    assert evaluated(second, worker).state == Trial.State.INFEASIBLE


def test_a_fallback_has_no_time_but_sram(worker: ThisWorker) -> None:
    by_time = rows.requested_trials(study(**LIMITS, npu_time_limit_ms=5.0))[0]
    compiled(by_time, fallbacks=1)
    assert evaluated(by_time, worker).state == Trial.State.INFEASIBLE
    assert "1 operator falls back to the CPU" in by_time.reason
    by_sram = rows.requested_trials(study(**LIMITS, npu_sram_limit_kb=900.0))[0]
    assert evaluated(by_sram, worker).state == Trial.State.COMPLETED, by_sram.reason


def test_limits_that_are_not_enforced_compile_nothing(worker: ThisWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npu_estimating, "_compiled", uncompiled)
    trial = rows.requested_trials(study(accelerator=CHIP, npu_time_limit_ms=0.001))[0]
    assert evaluated(trial, worker).state == Trial.State.COMPLETED, trial.reason


def test_a_machine_without_vela_fails_the_trial_for_another_to_retry(
    worker: ThisWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_vela(*_: object) -> None:
        raise TransientError("Vela is not installed on this machine")

    monkeypatch.setattr(npu_estimating, "_compiled", without_vela)
    trial = evaluated(rows.requested_trials(study(**LIMITS, npu_time_limit_ms=1.0))[0], worker)
    assert trial.state == Trial.State.FAILED
    assert trial.reason == "Vela gave no estimate: Vela is not installed on this machine"
    assert trial.retry.state == Trial.State.REQUESTED


def test_vela_missing_or_killed_is_no_fault_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vela, "find_spec", lambda name: None)
    with pytest.raises(TransientError, match="Vela is not installed on this machine"):
        npu_estimating.estimate_or_reason(b"", CHIP)
    monkeypatch.undo()
    monkeypatch.setattr(vela, "_PATIENCE_SECONDS", 0.01)
    with pytest.raises(TransientError, match="did not compile the network within"):
        estimate(b"no network", CHIP)
    monkeypatch.undo()
    assert "Vela cannot compile this network" in str(npu_estimating.estimate_or_reason(b"no network", CHIP))


def test_a_study_that_changes_to_an_npu_during_a_training_has_its_network_compiled(
    worker: ThisWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, model = rows.requested_trials(study())[0], npu_model(8.0)
    trains = npu_estimating.violation_of
    calls: list[str] = []

    def change_after_the_first(changed: Study, *arguments: object) -> str:
        found = trains(changed, *arguments)
        if not calls:
            compiled(trial)
            Study.objects.filter(pk=changed.pk).update(energy_model=model)
        calls.append(found)
        return found

    monkeypatch.setattr("webapp.worker.evaluating.violation_of", change_after_the_first)
    assert evaluated(trial, worker).state == Trial.State.COMPLETED, trial.reason
    assert calls == ["", ""]
    assert trial.energy_source.startswith("estimate by Vela")
