"""What was refused before training, on every page and in every file that lists trials."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse

from nas_engine.architecture import Architecture, Block
from nas_engine.cost import cost
from tests.webapp.factories import REFUSAL, make_study, make_workers
from tests.webapp.views.reading import markup_of
from webapp.models import Event, Study, Trial
from webapp.queries.budget import budget_of
from webapp.queries.pages.constraints import estimates, limits_in_words
from webapp.queries.pages.progress import progress
from webapp.queries.pages.results import results
from webapp.queries.pages.studies import StudyFilter, study_page
from webapp.queries.pages.study import events, failures
from webapp.queries.pages.trials import TrialFilter, trial_page
from webapp.translation import violating_architecture_row

pytestmark = pytest.mark.django_db


def screened(**values) -> Study:
    return make_study(
        enforce_constraints=True, flash_limit_kb=20.0, **{"completed": 3, "infeasible": 1, "refused": 2} | values
    )


def refused_trial(study: Study) -> Trial:
    found = Trial.objects.select_related("study", "architecture").filter(study=study, violates_constraints=True).first()
    assert found is not None
    return found


def page(person: Client, name: str, *args: int, **query: str) -> str:
    response = person.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return markup_of(response)


def test_refused_trials_are_counted_apart_and_use_up_no_budget():
    study = screened(waiting=1, trial_budget=10)
    make_workers(trainers=1)
    now, budget = progress(study), budget_of(study)
    assert (now.counts.violating, now.counts.infeasible, now.counts.done) == (2, 1, 4)
    assert (budget.counted, budget.finished, budget.remaining) == (5, 4, 5)
    assert study_page(StudyFilter()).rows[0].done == 4
    assert now.seconds_left == pytest.approx(6 * 38)


def test_a_newly_refused_trial_changes_the_version_of_the_page():
    study = screened(waiting=1, refused=1)
    before = progress(study).version
    Trial.objects.filter(pk=refused_trial(study).pk).delete()
    assert progress(study).version != before


def test_they_are_no_failures_and_do_not_bury_the_events():
    study = screened()
    assert [failure.number for failure in failures(study)] == [4]
    assert Event.objects.filter(study=study, trial__violates_constraints=True).count() == 2
    assert {event.trial_number for event in events(study)} == {None, 1, 2, 3, 4}


def test_the_table_shows_and_filters_them_by_a_word_of_their_own():
    study = screened()
    found = {
        state: [row.number for row in trial_page(study, results(study), TrialFilter(state=state)).rows]
        for state in ("", "ALL", "VIOLATING", "INFEASIBLE")
    }
    assert {state: sorted(numbers) for state, numbers in found.items()} == {
        "": [1, 2, 3, 4],
        "ALL": [1, 2, 3, 4, 5, 6],
        "VIOLATING": [5, 6],
        "INFEASIBLE": [4],
    }
    row = trial_page(study, results(study), TrialFilter(state="VIOLATING")).rows[0]
    assert (row.state, row.state_label, row.reason, row.seconds) == ("VIOLATING", "constraint violated", REFUSAL, None)


def test_the_study_page_counts_them_shows_the_reason_and_names_the_limits(person: Client):
    study = screened(energy_limit_mj=1.25)
    text = page(person, "study", study.pk, state="VIOLATING")
    assert "2 violated a constraint (not trained)" in text
    assert text.count(REFUSAL) == 2
    assert "flash 20 kB, energy 1.25 mJ" in text
    assert '<option value="VIOLATING" selected>constraint violated</option>' in text


def test_the_table_hides_them_and_says_how_many(person: Client):
    study = screened()
    text = page(person, "study", study.pk)
    assert REFUSAL not in text
    assert "Hidden: 2 trials that violate a constraint and were not trained." in text
    assert 'href="?state=ALL"' in text
    assert '<option value="" selected>all but constraint violated</option>' in text
    shown = page(person, "study", study.pk, state="ALL")
    assert shown.count(REFUSAL) == 2
    assert "Hidden:" not in shown
    found = page(person, "study", study.pk, q=refused_trial(study).architecture.hash)
    assert "Hidden: 1 trial that violates a constraint and was not trained." in found


def test_a_study_without_constraints_offers_no_filter_of_them(person: Client):
    text = page(person, "study", make_study(completed=1).pk)
    assert "constraint violated" not in text
    assert '<option value="" selected>all</option>' in text


def test_limits_are_named_only_where_screening_is_on():
    assert limits_in_words(screened()) == "flash 20 kB"
    assert limits_in_words(make_study(flash_limit_kb=20.0)) == ""


def test_a_refused_trials_page_says_why_and_claims_no_run(person: Client):
    study = screened()
    trial = refused_trial(study)
    text = page(person, "trial", study.pk, trial.number)
    assert f"Violates a constraint (not trained, uses no budget): {REFUSAL}" in text
    assert "Estimates and constraints" in text
    assert "over the limit" in text
    assert "bottleneck" in text
    for claim in ("Learning curve", "Worker", "Seed of this trial", "Seconds by phase", "Download", "export_trial"):
        assert claim not in text


def test_the_estimates_of_a_refused_trial_stand_beside_the_limits():
    trial = refused_trial(screened())
    judged = estimates(trial)
    assert judged is not None
    total = cost(Architecture.from_json(trial.architecture.spec))
    flash, ram, energy = judged.rows
    assert (flash.value, flash.limit, flash.exceeds) == (total.flash_bytes_estimate / 1000, 20.0, True)
    assert (ram.value, ram.limit, ram.exceeds) == (total.peak_activation_bytes / 1000, None, False)
    assert (energy.limit, energy.exceeds) == (None, False)
    assert "estimate" in judged.energy_source


def test_a_trial_that_ran_has_no_estimates_to_show(person: Client):
    study = screened()
    assert "Estimates and constraints" not in page(person, "trial", study.pk, 1)
    assert "Learning curve" in page(person, "trial", study.pk, 4)


def test_a_network_that_cannot_be_built_has_a_page_and_no_costs(person: Client):
    study = screened(refused=1)
    trial = refused_trial(study)
    network = Architecture.from_json(trial.architecture.spec)
    blocks = (network.blocks[0], Block("mobilenet_v1", 3, 16, (2, 1)), *network.blocks[2:])
    impossible = violating_architecture_row(Architecture(network.stem, blocks, network.head))
    impossible.save()
    Trial.objects.filter(pk=trial.pk).update(architecture=impossible)
    text = page(person, "trial", study.pk, trial.number)
    assert "cannot be built, so it has no counts" in text
    assert "Estimates and constraints" not in text
    (row,) = trial_page(study, results(study), TrialFilter(state="VIOLATING")).rows
    assert (row.flops, row.parameters) == (None, None)
    summary = json.loads(page(person, "study_json", study.pk))
    assert summary["trials"][-1]["flops"] is None


def test_the_exports_mark_them(person: Client):
    study = screened()
    response = person.get(reverse("trials_csv", args=[study.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [row["violates_constraints"] for row in rows] == ["False"] * 4 + ["True"] * 2
    assert {(row["state"], row["reason"], row["seconds"]) for row in rows[4:]} == {("INFEASIBLE", REFUSAL, "")}
    summary = json.loads(page(person, "study_json", study.pk))
    assert [trial["violates_constraints"] for trial in summary["trials"]] == [False] * 4 + [True] * 2
    assert summary["study"]["trials_violating"] == 2
    assert summary["study"]["settings"]["enforce_constraints"] is True
