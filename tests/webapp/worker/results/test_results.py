"""The run behind `make results`, with real workers' code and simulated trainings: what fails, and what it writes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from nas_engine.baselines import NAMES
from tests.webapp import rows
from tests.webapp.worker.results.runs import (
    PLAN,
    begun,
    finish_searches,
    leave_to_another_machine,
    work,
)
from webapp.management.results.journal import JournalError
from webapp.management.results.page import page_of
from webapp.management.results.values import values_of
from webapp.models import Dataset, SplitOpening, Study, Trial
from webapp.services import comparisons, openings, restoring, studies, trials
from webapp.worker import evaluating

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("plan", "words"), [(replace(PLAN, trials=3), "trials 2, not 3"), (PLAN, "[Dd]ata ?set .*, not elsewhere")]
)
def test_studies_of_another_run_that_have_the_names_of_this_one_are_refused(dataset, worker, tmp_path, plan, words):
    begun(dataset, tmp_path / "a.jsonl")
    if plan == PLAN:
        dataset = rows.ready_dataset(
            pack=dataset.pack.name, counts=dataset.counts, frontend=rows.FRONTEND, name="elsewhere"
        )
    with pytest.raises(JournalError, match=f"is of another run: .*{words}.*another name or delete it"):
        begun(dataset, tmp_path / "b.jsonl", plan)


def test_a_comparison_of_the_users_keeps_its_name_and_studies(dataset, worker, journal):
    mine = rows.running_study(dataset=dataset)
    theirs = comparisons.create(name="Results", study_ids=[mine.pk])
    run = begun(dataset, journal)
    assert list(theirs.studies.all()) == [mine]
    assert run.comparison.name == "Results 2"
    comparisons.add_studies(comparison_id=run.comparison.pk, study_ids=[mine.pk])
    assert begun(dataset, journal).comparison == run.comparison
    assert mine in run.comparison.studies.all()


def fail_all(reason: str) -> None:
    for trial in Trial.objects.filter(state=Trial.State.REQUESTED):
        assert trials.claim(trial_id=trial.pk, worker="w")
        trials.fail(trial_id=trial.pk, worker="w", reason=reason)


def test_a_baseline_that_fails_is_retried_once_and_then_stated(dataset, worker, journal):
    run = begun(dataset, journal)
    finish_searches(run)
    while run.advance() is not None:
        fail_all("out of memory")
    assert Trial.objects.filter(study__kind="finals").count() == 2 * PLAN.seeds
    assert len(run.failures()) == PLAN.seeds
    assert "TC-ResNet8-1.0, seed 1 of Finals of the baselines of" in run.failures()[0]
    assert "out of memory" in run.failures()[0]
    assert run.failures()[0] in page_of(values_of(run, dataset.name, PLAN.to_json()), "make results")


def test_a_network_of_which_one_seed_fails_is_evaluated_with_the_others(dataset, worker, journal):
    run = begun(dataset, journal)
    finish_searches(run)
    run.advance()
    first = Trial.objects.filter(study__kind="finals").earliest("number")
    for _ in range(2):
        trial = Trial.objects.get(label=first.label, state=Trial.State.REQUESTED)
        assert trials.claim(trial_id=trial.pk, worker="w")
        trials.fail(trial_id=trial.pk, worker="w", reason="out of memory")
    assert work(run, worker) == (PLAN.seeds - 1, 1)
    assert SplitOpening.objects.get().results.count() == PLAN.seeds - 1
    assert len(run.failures()) == 1


def test_a_search_that_fails_ends_the_run_and_is_resumed_at_the_next_start(dataset, worker, journal):
    run = begun(dataset, journal)
    one, *others = run.searches
    Study.objects.filter(pk=one.pk).update(state="FAILED", reason="No suggestion could be made")
    assert f"{one.name} failed: No suggestion could be made. Start the command again" in run.advance()
    Study.objects.filter(pk__in=[study.pk for study in others]).update(state="COMPLETED")
    assert run.advance() is None
    assert run.failures() == [f"{one.name} failed: No suggestion could be made. Start the command again to resume it."]
    again = begun(dataset, journal)
    assert again.failures() == []
    assert again.advance() == "searches: 0 of 10 trials"


def test_a_paused_study_is_stated_and_resumed_at_the_next_start(dataset, worker, journal):
    run = begun(dataset, journal)
    studies.pause(study_id=run.searches[0].pk)
    assert run.advance().endswith(f"{run.searches[0].name} is paused: Paused by a person. Resume it on its page")
    run = begun(dataset, journal)
    finish_searches(run)
    run.advance()
    container = Study.objects.get(kind="finals")
    studies.pause(study_id=container.pk)
    assert f"{container.name} is paused" in run.advance()
    assert begun(dataset, journal).advance() == "finalists and baselines: 0 trained, 2 to go"


def test_an_opening_that_fails_is_stated_and_counts(dataset, worker, journal):
    run = begun(dataset, journal)
    finish_searches(run)
    while not (run.advance() or "").startswith("test split"):
        for trial in Trial.objects.filter(state=Trial.State.REQUESTED).order_by("pk"):
            evaluating.evaluate(trial.pk, worker)
    opening = SplitOpening.objects.get()
    assert '"EVALUATING"' in journal.read_text()  # an opening is in the journal before it is evaluated
    assert openings.claim(opening_id=opening.pk, worker="d")
    openings.fail(opening_id=opening.pk, worker="d", reason="died")
    assert run.advance() is None
    assert "was not evaluated on the test split: died. Open it again" in run.failures()[0]
    leave_to_another_machine()
    second = begun(dataset, journal)
    finish_searches(second)
    assert work(second, worker) == (0, 1)
    assert SplitOpening.objects.get().number == 2


def test_the_command_ends_with_what_failed_and_writes_it_on_the_page(dataset, worker, journal, tmp_path):
    Dataset.objects.filter(pk=dataset.pk).update(options={"folder": str(tmp_path)})
    plan = replace(PLAN, baselines=NAMES)
    run = begun(dataset, journal, plan)
    finish_searches(run)
    while run.advance() is not None:
        fail_all("out of memory")
    numbers = {name: getattr(plan, name) for name in ("trials", "full_epochs", "qat_epochs", "finalists", "seeds")}
    files = {"data": tmp_path, "journal": journal, "page": tmp_path / "page.md"}
    with pytest.raises(CommandError, match=r"TC-ResNet8-1\.0, seed 2 of .* failed: out of memory"):
        call_command("results_guide", address="http://localhost", **files, **numbers)
    assert "**Something failed**" in (tmp_path / "page.md").read_text()


def test_trials_of_the_journal_that_an_earlier_version_began_are_restored():
    lines = map(json.loads, Path("benchmarks/results/results.jsonl").read_text("utf-8").splitlines()[1:])
    ended = [line for line in lines if line["study"] == "Results: NAS-HyperFirefly"]
    study = rows.draft_study()
    assert restoring.restore_trials(study_id=study.pk, ended=ended) == len(ended) > 0
    assert {line["number"] for line in ended} == set(study.trials.values_list("number", flat=True))
    assert restoring.restore_trials(study_id=study.pk, ended=ended) == 0
