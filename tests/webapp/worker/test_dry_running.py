"""Dry runs in the search worker: they end with a result or a reason, and say what stood for training."""

from datetime import timedelta
from pathlib import Path

import pytest

from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import Evaluation
from nas_engine.simulation import simulated_evaluation
from nas_engine.simulation.recording import RecordingHeader, record
from nas_engine.simulation.simulated_evaluation import SimulatedPlan
from nas_engine.testing.spaces import tiny_2d
from tests.webapp import energy_models, rows
from webapp.models import DryRun, Study
from webapp.queries.dry_runs import dry_run_page
from webapp.services import trials
from webapp.services.dry_runs import request_dry_run
from webapp.services.errors import Conflict
from webapp.worker import dry_running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One search for each number of workers, and no recording but what a test makes."""
    monkeypatch.setattr(dry_running, "SECONDS", 0.0)
    monkeypatch.setattr(dry_running, "RECORDINGS", tmp_path)


def unsaved(**values) -> Study:
    defaults = {
        "name": "what if", "designer": "random", "trial_budget": 12, "full_epochs": 8, "early_stopping": "none"
    }  # fmt: skip
    return Study(**{**defaults, "dataset": rows.ready_dataset(), **values})


def tiny(**values) -> Study:
    """18 networks."""
    return unsaved(space="edited", space_spec=tiny_2d().to_json(), **values)


def ended(study: Study) -> DryRun:
    ordered = request_dry_run(study=study, owner=None)
    dry_running.run(ordered.pk, "worker")
    return DryRun.objects.get(pk=ordered.pk)


def test_a_dry_run_says_what_to_expect_with_each_number_of_workers():
    row = ended(unsaved())
    assert (row.state, row.reason) == ("DONE", "")
    assert row.result["accuracies_from"] == "a made-up landscape"
    assert "made up" in row.result["seconds_from"]
    assert [item["workers"] for item in row.result["by_workers"]] == [1, 4, 16]
    alone, four, sixteen = (item["wall_seconds"] for item in row.result["by_workers"])
    assert alone > four > sixteen > 0
    for item in row.result["by_workers"]:
        assert item["trials"] == 12
        assert [checkpoint["trials"] for checkpoint in item["checkpoints"]] == [1, 3, 10, 12]
    found = dry_run_page(row)
    medians = [best.best_rewards[0][1] for best in found.best]
    assert medians == sorted(medians)
    assert not found.is_live


def test_early_stopping_is_simulated_and_its_saving_told():
    stopping = ended(unsaved(early_stopping="exponential_decay", stop_confidence=0.8, full_epochs=24, trial_budget=40))
    whole = ended(unsaved(full_epochs=24, trial_budget=40))
    for item, unstopped in zip(stopping.result["by_workers"], whole.result["by_workers"], strict=True):
        assert item["stopped"] > 0
        assert 0 < item["training_saved"] < 1
        total = item["training_seconds"] + item["training_saved_seconds"]
        assert total == pytest.approx(unstopped["training_seconds"])
        assert item["training_saved"] == pytest.approx(item["training_saved_seconds"] / total)
        assert (unstopped["stopped"], unstopped["training_saved"]) == (0, 0)


def test_nothing_of_a_dry_run_is_a_study_or_a_trial():
    ended(unsaved())
    assert not Study.objects.exists()


def test_a_dry_run_is_made_once():
    ordered = request_dry_run(study=unsaved(), owner=None)
    dry_running.run(ordered.pk, "worker")
    first = DryRun.objects.get(pk=ordered.pk).result
    DryRun.objects.filter(pk=ordered.pk).update(result={"kept": True})
    dry_running.run(ordered.pk, "worker")
    assert first
    assert DryRun.objects.get(pk=ordered.pk).result == {"kept": True}


def test_a_longer_study_is_simulated_as_far_as_is_quick(monkeypatch):
    monkeypatch.setattr(dry_running, "MOST_TRIALS", 10)
    row = ended(unsaved(trial_budget=2_000))
    assert row.result["trials"] == 10
    assert row.result["searches"] == 1


@pytest.mark.parametrize(("designer", "most_trials"), [("gaussian_process", 4), ("hybrid", 12)])
def test_of_a_gaussian_process_fewer_trials_are_simulated_once(designer, most_trials, monkeypatch):
    monkeypatch.setattr(dry_running, "SECONDS", 100.0)
    monkeypatch.setattr(dry_running, "MOST_DELIBERATE_TRIALS", most_trials)
    monkeypatch.setattr(dry_running, "WORKERS", (1,))
    row = ended(tiny(trial_budget=40, designer=designer, switch_at=11))
    assert (row.state, row.reason) == ("DONE", "")
    assert (row.result["trials"], row.result["searches"]) == (most_trials, 1)


def test_a_dry_run_that_waits_says_behind_how_many():
    first, second = (request_dry_run(study=unsaved(), owner=None) for _ in range(2))
    assert [dry_run_page(row).ahead for row in (first, second)] == [0, 1]
    dry_running.run(first.pk, "worker")
    page = dry_run_page(second)
    assert (page.ahead, page.deliberates) == (0, False)


def test_a_space_that_is_used_up_is_said():
    row = ended(tiny(trial_budget=40))
    assert {item["trials"] for item in row.result["by_workers"]} == {18}
    reason = "is finished, violates a constraint or is being tried"
    assert all(reason in item["ended_early"][0] for item in row.result["by_workers"])


def test_hard_limits_refuse_in_a_dry_run_as_in_a_study():
    row = ended(unsaved(enforce_constraints=True, flash_limit_kb=50.0))
    assert all(item["violating"] > 0 for item in row.result["by_workers"])


def test_limits_that_nothing_passes_are_a_reason_without_a_traceback():
    row = ended(tiny(enforce_constraints=True, flash_limit_kb=0.1))
    assert row.state == "FAILED"
    assert "none meets the constraints" in row.reason
    assert "Error" not in row.reason


def test_an_error_is_a_reason(monkeypatch):
    monkeypatch.setattr(dry_running, "MOST_TRIALS", 0)
    row = ended(unsaved())
    assert (row.state, row.reason) == (
        "FAILED",
        "It could not be simulated: ValueError('budget must be at least 1, not 0').",
    )


def test_a_recording_of_the_same_space_stands_for_training(tmp_path):
    def simulated(seed: int, architecture: Architecture) -> Evaluation:
        return simulated_evaluation.simulate(architecture, SimulatedPlan(6, 2, seed=seed))

    (tmp_path / "a note.jsonl").write_text("no recording\n")
    list(record(tmp_path / "tiny.jsonl", RecordingHeader(tiny_2d(), 7, "no clips: simulated", {}, {}), 12, simulated))
    row = ended(tiny())
    assert row.result["accuracies_from"] == "a landscape fitted to 12 recorded trainings (no clips: simulated)"
    assert row.result["seconds_from"] == "12 recorded trainings (no clips: simulated)"
    assert ended(unsaved()).result["accuracies_from"] == "a made-up landscape"


def test_times_are_those_of_earlier_trials_on_the_dataset():
    study = rows.running_study(full_epochs=8)
    (trial,) = rows.requested_trials(study, 1)
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=rows.evaluation(), tflite_name=rows.TFLITE)
    trial.refresh_from_db()
    study.trials.update(started_at=trial.finished_at - timedelta(seconds=100))
    row = ended(unsaved(dataset=study.dataset))
    assert row.result["seconds_from"] == "1 earlier trial on this dataset"
    assert row.result["by_workers"][0]["training_seconds"] == pytest.approx(1200.0)


def test_what_cannot_be_simulated_is_refused_with_what_to_do():
    waiting = rows.ready_dataset(state="PREPARING", prepared_at=None, pack="", classes=[])
    with pytest.raises(Conflict, match="not prepared yet"):
        request_dry_run(study=unsaved(dataset=waiting), owner=None)
    assert not DryRun.objects.exists()


def test_dry_runs_are_kept_for_a_day():
    old = request_dry_run(study=unsaved(), owner=None)
    DryRun.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=2))
    new = request_dry_run(study=unsaved(), owner=None)
    assert list(DryRun.objects.values_list("pk", flat=True)) == [new.pk]


def test_every_setting_of_the_study_reaches_the_worker():
    study = unsaved(seed=5, flash_threshold_kb=45.0, energy_step_points=1.0, batch_size=32)
    ordered = request_dry_run(study=study, owner=None)
    given = Study(**DryRun.objects.get(pk=ordered.pk).settings)
    assert (given.seed, given.flash_threshold_kb, given.energy_step_points, given.batch_size) == (5, 45.0, 1.0, 32)
    assert given.dataset_id == study.dataset_id
    assert len(given.space_spec["positions"]) == 12


def test_a_dry_run_goes_by_the_studys_energy_model():
    """A device that takes four times what is published: the same limit refuses many more networks."""
    settings = {"designer": "random", "enforce_constraints": True, "energy_limit_mj": 4.0}
    model = energy_models.ready_model(energy_models.device(), times=4.0)
    by_model, published = ended(unsaved(energy_model=model, **settings)), ended(unsaved(**settings))
    assert (by_model.state, published.state) == ("DONE", "DONE")
    violating = [row.result["by_workers"][0]["violating"] for row in (by_model, published)]
    assert violating[0] > violating[1]
