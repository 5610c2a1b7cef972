"""A trial's page."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from nas_engine.evaluation_result import RuntimeResult
from tests.webapp.factories import make_study, stopped_early, with_tflite
from tests.webapp.views.reading import markup_of
from webapp.models import Device, EnergyModel, Study, Trial
from webapp.queries.pages.trial import other_runtime

pytestmark = pytest.mark.django_db


def page(person: Client, study: Study, number: int) -> str:
    response = person.get(reverse("trial", args=[study.pk, number]))
    assert response.status_code == 200
    return markup_of(response)


def test_a_completed_trial_shows_its_numbers_blocks_and_confusion(person: Client) -> None:
    study = make_study(completed=2, curves=1)
    trial = with_tflite(Trial.objects.select_related("architecture").get(study=study, number=1), b"network")
    text = page(person, study, 1)
    assert f"{trial.reward:.3f}" in text
    assert f"{100 * (trial.int8_accuracy or 0):.1f}\N{NO-BREAK SPACE}%" in text
    assert "Download .tflite" in text
    assert "Terms of the reward" in text
    assert "baby_cry" in text
    assert "bottleneck" in text
    assert f"export_trial {study.pk}/1 --out trial-1" in text
    assert trial.architecture.hash[:12] in text
    assert reverse("trial", args=[study.pk, 2]) in text


def test_runtimes_are_compared_with_the_studys_own(person: Client) -> None:
    study = make_study(completed=1, runtime="micro")
    assert "Results by runtime" not in page(person, study, 1)
    found = {
        "xnnpack": RuntimeResult(200, 150, 3, 17).to_json(),
        "micro": RuntimeResult(200, 151, 0, 0).to_json(),
    }
    Trial.objects.filter(study=study).update(runtimes=found)
    assert "69–80\N{NO-BREAK SPACE}%" in page(person, study, 1)
    text = page(person, study, 1)
    assert 'TensorFlow Lite Micro <span class="tag">of the study</span>' in text
    assert "3 of 200" in text
    assert "17 / 256" in text
    assert "reference kernels" not in text


def test_of_a_runtime_that_saw_part_of_the_clips_no_accuracy_is_shown(person: Client) -> None:
    study = make_study(completed=1)
    found = {"xnnpack": RuntimeResult(200, 150, 0, 0).to_json(), "reference": RuntimeResult(40, 37, 2, 1).to_json()}
    Trial.objects.filter(study=study).update(runtimes=found)
    text = page(person, study, 1)
    assert "75.0\N{NO-BREAK SPACE}%" in text
    assert "37 of 40" in text
    assert "2 of 40" in text
    assert "92.5\N{NO-BREAK SPACE}%" not in text


def test_a_study_for_another_runtime_than_its_energy_models_device_says_so(person: Client) -> None:
    study = make_study(completed=1)
    study.energy_model = EnergyModel(device=Device(name="Board", runtime="micro"))
    assert other_runtime(study) == "TensorFlow Lite Micro"
    study.runtime = "micro"
    assert other_runtime(study) == ""
    study.energy_model = None
    assert other_runtime(study) == ""


def test_where_a_rule_compares_with_new_trials_its_threshold_is_shown(person: Client) -> None:
    study = make_study(completed=2, curves=1, early_stopping="marginal_value")
    trial = stopped_early(Trial.objects.get(study=study, number=1))
    assert "New trials are worth more below" not in page(person, study, 1)
    trial.stopping["decisions"][-1] |= {"threshold": 0.6543, "rate": 1e-5}
    trial.save()
    text = page(person, study, 1)
    assert "New trials are worth more below" in text
    assert "0.6543" in text
    assert "raise the best reward by 0.0100" in " ".join(text.split())


def test_a_trial_that_was_stopped_early_shows_every_forecast_and_why(person: Client) -> None:
    study = make_study(completed=2, curves=1, early_stopping="tsgp")
    trial = stopped_early(Trial.objects.get(study=study, number=1))
    text = page(person, study, 1)
    assert "stopped early" in text
    assert "Stopped after epoch 8." in text
    assert text.count("<td>continue</td>") + text.count("<td>stop</td>") == len(trial.stopping["decisions"])
    chart = person.get(reverse("curve_chart", args=[study.pk, 1])).json()
    assert "Forecast of the end (95 % band)" in {trace.get("name") for trace in chart["data"]}
    listed = markup_of(person.get(reverse("study", args=[study.pk])))
    assert "Learned curves (TSGP); with a confidence of 0.95" in listed


def test_a_failed_trial_says_why_and_what_became_of_it(person: Client) -> None:
    study = make_study(completed=1, failed=1, waiting=1)
    Trial.objects.filter(study=study, number=3).update(retried_from=Trial.objects.get(study=study, number=2))
    text = page(person, study, 2)
    assert "the training process was ended by signal 11 (SIGSEGV)" in text
    assert "It was retried as" in text
    assert "Download" not in text
    assert "export_trial" not in text
    assert "This trial repeats" in page(person, study, 3)


def test_a_running_trial_is_polled_and_told_to_redraw_its_curve(person: Client) -> None:
    study = make_study(running=1)
    assert "float, epoch" in page(person, study, 1)
    live = person.get(reverse("trial_live", args=[study.pk, 1]), {"version": "RUNNING-3"})
    assert live.status_code == 200
    assert live.headers["HX-Trigger"] == '{"curve-changed": true}'
    same = person.get(reverse("trial_live", args=[study.pk, 1]), {"version": live.context["version"]})
    assert "HX-Trigger" not in same.headers


def test_a_finished_trial_is_not_polled(person: Client) -> None:
    study = make_study(completed=1)
    response = person.get(reverse("trial_live", args=[study.pk, 1]))
    assert response.status_code == 286
    assert "every 2s" not in response.content.decode()


def test_the_page_takes_few_queries(person: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    study = make_study(completed=3, curves=3)
    with django_assert_max_num_queries(11):
        page(person, study, 2)


def test_a_trial_that_is_not_there_is_not_found(person: Client) -> None:
    study = make_study(completed=1)
    for name in ("trial", "trial_live", "curve_chart", "trial_tflite", "trial_architecture"):
        assert person.get(reverse(name, args=[study.pk, 99])).status_code == 404


def test_a_waiting_trial_is_skipped_and_a_running_one_stopped_from_page_and_table(person: Client) -> None:
    study = make_study(completed=1, running=1, waiting=1, trial_budget=9)
    table = markup_of(person.get(reverse("study", args=[study.pk])))
    assert 'aria-label="Stop trial 2"' in table
    assert 'aria-label="Skip trial 3"' in table
    assert "trial 1" not in "".join(re.findall(r'aria-label="(?:Stop|Skip|Retry) trial \d+"', table))
    assert 'aria-label="Stop trial 2"' in markup_of(person.get(reverse("trial", args=[study.pk, 2])))
    shown = person.post(reverse("skip_trial", args=[study.pk, 3]), {"to": "study"}, follow=True)
    assert shown.redirect_chain[0][0] == f"{reverse('study', args=[study.pk])}#trials"
    assert "Trial 3 is cancelled; another one takes its place." in markup_of(shown)
    shown = markup_of(person.post(reverse("skip_trial", args=[study.pk, 2]), follow=True))
    assert "Trial 2 ends at its next epoch; another one takes its place." in shown
    assert "Given up by a person: it ends at its next epoch." in shown
    assert 'aria-label="Stop trial 2"' not in shown
    assert "is completed already" in markup_of(person.post(reverse("skip_trial", args=[study.pk, 1]), follow=True))


def test_a_failed_trial_shows_the_end_of_its_log_and_is_retried(person: Client) -> None:
    study = make_study(completed=1, failed=1, trial_budget=9)
    page = reverse("trial", args=[study.pk, 2])
    assert "No log of this failure was kept" in markup_of(person.get(page))
    study.trials.filter(number=2).update(log_tail="Traceback:\n<b>ValueError</b>: no such layer")
    text = person.get(page).content.decode()
    assert "&lt;b&gt;ValueError&lt;/b&gt;: no such layer" in text
    assert 'aria-label="Retry trial 2"' in person.get(reverse("study", args=[study.pk])).content.decode()
    shown = markup_of(person.post(reverse("retry_trial", args=[study.pk, 2]), follow=True))
    assert "To be retried, as trial 3." in shown
    assert "It was retried as" in shown
    assert 'aria-label="Retry trial 2"' not in shown
    assert 'aria-label="Retry trial 2"' not in markup_of(person.get(reverse("study", args=[study.pk])))
