"""Architectures over a hard limit: refused before training, recorded once with the reason, at no cost."""

from functools import partial

import numpy as np
import pytest

from nas_engine.architecture import Block
from nas_engine.cost import cost
from nas_engine.search_space.paper_spaces import Position, SearchSpace, paper_2d
from nas_engine.testing.spaces import tiny_2d
from tests.webapp import packs, rows
from tests.webapp.worker.test_suggesting import finish_all, hashes
from webapp import translation
from webapp.models import Event, Study, Trial
from webapp.queries.budget import budget_of
from webapp.queries.study_summary import study_summary
from webapp.services import requests, studies
from webapp.worker import suggesting
from webapp.worker.evaluating import evaluate
from webapp.worker.lifecycle import ThisWorker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_known", {})


def median_flash_kb() -> float:
    """Half of the space is above it."""
    space, rng = paper_2d(len(rows.CLASSES)), np.random.default_rng(0)
    return float(np.median([cost(space.sample(rng)).flash_bytes_estimate for _ in range(200)])) / 1000


def screened_study(limit_kb: float | None = None, **values) -> Study:
    limit_kb = median_flash_kb() if limit_kb is None else limit_kb
    return rows.running_study(enforce_constraints=True, flash_limit_kb=limit_kb, **values)


def run_to_the_end(study: Study) -> None:
    for _ in range(60):
        suggesting.suggest_for(study.pk)
        finish_all(study)
        study.refresh_from_db()
        if study.state != Study.State.RUNNING:
            return
    pytest.fail("the study does not end")


def assert_refused_once_at_no_cost(study: Study) -> None:
    violating = study.trials.filter(violates_constraints=True)
    assert len(set(hashes(study))) == study.trials.count()
    assert list(study.trials.order_by("number").values_list("number", flat=True)) == [
        *range(1, study.trials.count() + 1)
    ]
    for trial in violating:
        assert (trial.state, trial.started_at, trial.seconds, trial.worker) == ("INFEASIBLE", None, {}, "")
        assert trial.finished_at is not None
        assert f"kB exceeds the hard limit of {study.flash_limit_kb:g} kB" in trial.reason
        assert trial.suggestion
        (event,) = Event.objects.filter(trial=trial)
        assert (event.old_state, event.new_state) == ("", "INFEASIBLE")
        assert trial.reason in event.message


@pytest.mark.parametrize("designer", ["random", "eagle"])
def test_a_study_under_a_limit_trains_its_whole_budget_and_records_what_it_refused(designer):
    study = screened_study(trial_budget=12, designer=designer)
    run_to_the_end(study)
    assert study.state == Study.State.COMPLETED
    assert study.trials.filter(state="COMPLETED").count() == 12
    assert 3 <= study.trials.filter(violates_constraints=True).count() <= 60
    assert_refused_once_at_no_cost(study)
    for trial in study.trials.filter(state="COMPLETED"):
        assert flash_kb(trial) <= study.flash_limit_kb


def flash_kb(trial: Trial) -> float:
    return cost(translation.architecture(trial.architecture)).flash_bytes_estimate / 1000


def test_a_gaussian_process_is_refused_while_it_begins_at_random_too():
    study = screened_study(trial_budget=4, designer="gaussian_process")
    run_to_the_end(study)
    assert study.trials.filter(state="COMPLETED").count() == 4
    assert_refused_once_at_no_cost(study)


def test_a_simulated_study_under_a_limit_completes_and_its_refused_trials_took_no_time(worker: ThisWorker):
    study = screened_study(trial_budget=4, full_epochs=4, dataset=packs.dataset_with_features())
    while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
        suggesting.suggest_for(study.pk)
        for trial_id in study.trials.filter(state="REQUESTED").values_list("pk", flat=True):
            evaluate(trial_id, worker)
    summary = study_summary(study.pk)
    trained = [trial for trial in summary["trials"] if not trial["violates_constraints"]]
    violating = [trial for trial in summary["trials"] if trial["violates_constraints"]]
    assert [trial["state"] for trial in trained] == ["COMPLETED"] * 4
    assert summary["study"]["trials_violating"] == len(violating) > 0
    assert summary["study"]["settings"]["flash_limit_kb"] == study.flash_limit_kb
    assert all(trial["flops"] > 0 and trial["reason"] for trial in violating)
    assert not any(trial["seconds"] or trial["started_at"] or trial["worker"] for trial in violating)


@pytest.mark.parametrize("designer", ["random", "eagle"])
def test_a_restarted_search_worker_refuses_and_suggests_what_the_old_one_would_have(designer, monkeypatch):
    runs = []
    for restarted in (False, True):
        study = screened_study(trial_budget=8, designer=designer, seed=3)
        while Study.objects.get(pk=study.pk).state == Study.State.RUNNING:
            if restarted:
                monkeypatch.setattr(suggesting, "_known", {})
            suggesting.suggest_for(study.pk)
            finish_all(study)
        runs.append(list(study.trials.order_by("number").values_list("architecture_id", "violates_constraints")))
    assert runs[0] == runs[1]


def test_with_screening_off_a_limit_refuses_nothing():
    study = rows.running_study(trial_budget=3, enforce_constraints=False, flash_limit_kb=1.0)
    run_to_the_end(study)
    assert study.trials.count() == study.trials.filter(state="COMPLETED").count() == 3


def test_a_limit_that_nothing_meets_ends_the_study_with_the_nearest_miss():
    study = screened_study(limit_kb=1.0, trial_budget=6)
    suggesting.suggest_for(study.pk)
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED
    assert "architectures of paper_2d were checked and none meets the constraints; the nearest: flash" in study.reason
    assert 0 < study.trials.count() == study.trials.filter(violates_constraints=True).count() < 30
    assert_refused_once_at_no_cost(study)
    studies.extend_budget(study_id=study.pk, additional_trials=2)
    suggesting.suggest_for(study.pk)
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED
    assert_refused_once_at_no_cost(study)


def test_a_limit_that_is_met_by_few_ends_the_study_after_them_and_not_before_they_have_ended():
    space = tiny_2d(len(rows.CLASSES))
    study = rows.draft_study(trial_budget=50, enforce_constraints=True)
    sizes = sorted(
        cost(space.decode([i, j, k])).flash_bytes_estimate for i in range(2) for j in range(3) for k in range(3)
    )
    limit_kb = sizes[3] / 1000
    Study.objects.filter(pk=study.pk).update(space_spec=space.to_json(), flash_limit_kb=limit_kb)
    studies.start(study_id=study.pk)
    suggesting.suggest_for(study.pk)
    assert Study.objects.get(pk=study.pk).state == Study.State.RUNNING
    study.refresh_from_db()
    run_to_the_end(study)
    assert study.state == Study.State.COMPLETED
    assert study.trials.filter(state="COMPLETED").count() == sum(size <= sizes[3] for size in sizes)
    assert_refused_once_at_no_cost(study)


def test_two_suggestions_at_once_record_nothing_twice():
    study = screened_study(trial_budget=8)
    for _ in range(2):
        rows.at_once(*[partial(suggesting.suggest_for, study.pk)] * 3)
        finish_all(study)
    assert study.trials.filter(state="COMPLETED").count() == 4
    assert_refused_once_at_no_cost(study)


def test_of_two_requests_from_one_view_of_the_study_only_one_records_its_refused():
    study = screened_study()
    trained, violating = rows.networks(study, 2)
    request = partial(
        requests.request_trials,
        study_id=study.pk,
        requested=[requests.RequestedTrial(trained)],
        violating=[requests.ViolatingTrial(violating, "flash estimate 72.3 kB exceeds the hard limit of 60 kB")],
        designer_state=None,
        expected_trials=0,
    )
    assert sorted(map(len, rows.at_once(request, request))) == [0, 1]
    assert list(study.trials.order_by("number").values_list("number", "violates_constraints")) == [
        (1, True),
        (2, False),
    ]


def test_an_extended_study_and_a_clone_keep_the_limit():
    study = screened_study(trial_budget=3)
    run_to_the_end(study)
    studies.extend_budget(study_id=study.pk, additional_trials=3)
    run_to_the_end(study)
    assert study.trials.filter(state="COMPLETED").count() == 6
    assert budget_of(study).is_met
    assert_refused_once_at_no_cost(study)
    copy = studies.start(study_id=studies.clone(study_id=study.pk, owner=None).pk)
    assert (copy.enforce_constraints, copy.flash_limit_kb, copy.trials.count()) == (True, study.flash_limit_kb, 0)
    run_to_the_end(copy)
    assert_refused_once_at_no_cost(copy)


def with_blocks_that_cannot_be_built() -> SearchSpace:
    """`tiny_2d` with an option at its first position that has no layers in TensorFlow."""
    space = tiny_2d(len(rows.CLASSES))
    strides = (4, 2)
    impossible = Block("mobilenet_v1", 3, 8, strides)
    first = Position(strides, (Block("kxk", 3, 4, strides), impossible))
    return SearchSpace(space.name, space.stem, (first, *space.positions[1:]), space.head)


def test_networks_that_cannot_be_built_are_refused_without_any_limit():
    study = rows.draft_study(trial_budget=50)
    Study.objects.filter(pk=study.pk).update(space_spec=with_blocks_that_cannot_be_built().to_json())
    studies.start(study_id=study.pk)
    study.refresh_from_db()
    run_to_the_end(study)
    assert study.state == Study.State.COMPLETED
    assert study.suggest_failures == 0
    assert study.trials.filter(state="COMPLETED").count() == 9
    violating = study.trials.filter(violates_constraints=True).select_related("architecture")
    assert 0 < violating.count() <= 9
    for trial in violating:
        assert "unequal strides (4, 2)" in trial.reason
        assert trial.architecture.flops == 0
