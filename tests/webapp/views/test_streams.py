"""The evaluation on streams on a trial's page: requested, waited for, read, heard, refused in words."""

import io
import wave
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from nas_engine.streaming.composing import Composition, compose
from nas_engine.streaming.features import Gain
from nas_engine.streaming.procedure.mistakes import excerpt_of
from nas_engine.streaming.procedure.outcome import FALSE_ALARM, EvaluationOutcome
from nas_engine.streaming.procedure.plan import EvaluationPlan
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_workers
from tests.webapp.streams import PLAN, evaluated, sounds_of
from webapp.forms.streams import StreamsForm, streams_form
from webapp.models import Clip, StreamEvaluation, Trial
from webapp.queries.pages.streams import chosen_loop
from webapp.services import stream_evaluations
from webapp.translation import frontend

pytestmark = pytest.mark.django_db


def address(name: str, trial: Trial, *more: int) -> str:
    return reverse(name, args=[trial.study_id, trial.number, *more])


def page(person: Client, trial: Trial) -> str:
    return person.get(address("trial", trial)).content.decode()


def entered(plan: EvaluationPlan = PLAN, **values: object) -> dict[str, object]:
    """What the form of a plan posts."""
    return {**streams_form(plan).initial, **values}


def test_an_evaluation_is_requested_on_the_trials_page_and_waited_for_there(person: Client) -> None:
    trial = trial_with_network()
    assert "Evaluate on streams" in page(person, trial)
    response = person.post(address("evaluate_streams", trial), entered())
    assert response.url == address("trial", trial) + "#streams"
    row = StreamEvaluation.objects.get()
    assert row.owner is not None
    assert EvaluationPlan.from_json(row.plan) == PLAN
    assert "No data worker is alive, so that nobody evaluates it." in page(person, trial)
    make_workers()
    assert 'name="events_per_hour"' in page(person, trial), "other settings can be entered meanwhile"
    live = person.get(address("streams_live", trial)).content.decode()
    assert "<form" not in live, "what a person types is not fetched anew"
    assert "is being evaluated on streams" in live
    assert "hx-trigger" in live
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-1")
    assert stream_evaluations.fail(evaluation_id=row.pk, worker="data-1", reason="The features are damaged.")
    response = person.get(address("streams_live", trial))
    assert response.status_code == 286
    assert "The features are damaged." in response.content.decode()


def test_the_page_shows_what_was_missed_and_alarmed_and_at_which_thresholds(person: Client) -> None:
    trial = trial_with_network()
    row = evaluated(trial)
    outcome = EvaluationOutcome.from_json(row.result)
    text = page(person, trial)
    assert "The search chose" in text
    assert "DET curves" in text
    for one in outcome.together.classes:
        assert f'<th scope="row">{one.label}</th>' in text
    assert text.count("<audio") == len(outcome.mistakes) > 0
    assert address("streams_json", trial, row.pk) in text
    stored = person.get(address("streams_json", trial, row.pk)).json()
    assert stored["outcome"] == row.result
    for name in ("det_chart", "noise_chart"):
        assert person.get(address(name, trial, row.pk)).json()["data"]


def test_each_mistake_is_heard_as_it_was_in_the_whole_stream(person: Client) -> None:
    trial = trial_with_network()
    row = evaluated(trial)
    outcome = EvaluationOutcome.from_json(row.result)
    parts = stream_evaluations.clips_for(trial, PLAN)
    sounds = sounds_of(parts.measuring)
    events = [one for one in sounds if one.label != "negative"]
    behind = [one.samples for one in sounds if one.label == "negative"]
    for place, mistake in enumerate(outcome.mistakes[:: max(1, len(outcome.mistakes) // 4)]):
        place = outcome.mistakes.index(mistake)
        composition: Composition = PLAN.composition(outcome.streams[mistake.stream].snr_db, 1)
        start, end = excerpt_of(mistake, frontend(trial.study.dataset).seconds, PLAN.loop)
        expected = compose("whole", events, behind, composition).samples[start:end]
        response = person.get(address("mistake_audio", trial, row.pk, place))
        with wave.open(io.BytesIO(b"".join(response))) as heard:
            assert (heard.getframerate(), heard.getnchannels()) == (16_000, 1)
            samples = np.frombuffer(heard.readframes(heard.getnframes()), "<i2")
        np.testing.assert_array_equal(samples, expected)
    part = person.get(address("mistake_audio", trial, row.pk, 0), HTTP_RANGE="bytes=0-43")
    assert part.status_code == 206


def test_a_mistake_that_is_none_or_whose_clips_are_gone_is_not_found(person: Client) -> None:
    trial = trial_with_network()
    row = evaluated(trial)
    most = len(row.result["mistakes"])
    assert person.get(address("mistake_audio", trial, row.pk, most)).status_code == 404
    Clip.objects.all().delete()
    assert person.get(address("mistake_audio", trial, row.pk, 0)).status_code == 404
    row.state = "COMPUTING"
    row.save(update_fields=["state"])
    assert person.get(address("streams_json", trial, row.pk)).status_code == 404


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"levels": "loud"}, "Give numbers of dB"),
        ({"levels": "1,2,3,4,5,6,7"}, "Give 1 to 6 levels"),
        ({"hours": "13"}, "Must be at most 12"),
        ({"hop_s": "0.99"}, "Must be a multiple of 0.02 s"),
        ({"needed": "3", "among": "2"}, "Must be at most M."),
        ({"events_per_hour": "0"}, "Must be at least 1"),
        ({"alarms": ""}, "Must not be empty."),
    ],
)
def test_settings_that_cannot_be_are_answered_in_words_and_kept(
    person: Client, values: dict[str, str], words: str
) -> None:
    trial = trial_with_network()
    response = person.post(address("evaluate_streams", trial), entered(**values))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not StreamEvaluation.objects.exists()


@pytest.mark.parametrize("per_hour", [0.0, 1 / 24, 0.5, 2.0])
def test_the_form_of_a_plan_gives_that_plan(per_hour: float) -> None:
    plan = EvaluationPlan(2.0, 30.0, (10.0, -5.0), 3.0, 2.0, 7, target=type(PLAN.target)(per_hour, "class"))
    form = StreamsForm(streams_form(plan).initial)
    assert form.is_valid(), form.errors
    assert form.plan().target.per_hour == pytest.approx(per_hour)
    assert form.plan().to_json() | {"target": None} == plan.to_json() | {"target": None}


def test_evaluations_are_for_people_who_signed_in_and_requests_are_posts(client: Client, person: Client) -> None:
    trial = trial_with_network()
    row = evaluated(trial)
    for name, more in (("streams_live", ()), ("streams_json", (row.pk,)), ("mistake_audio", (row.pk, 0))):
        assert "/sign-in/" in Client().get(address(name, trial, *more)).headers["Location"]
    assert person.get(address("evaluate_streams", trial)).status_code == 405


def test_a_trial_without_a_real_network_is_answered_with_the_reason(person: Client) -> None:
    trial = trial_with_network()
    Clip.objects.exclude(label="negative").delete()
    response = person.post(address("evaluate_streams", trial), entered(), follow=True)
    assert "too few recordings" in response.content.decode()


def test_a_mistake_is_heard_with_the_gain_of_the_loop_and_from_where_its_score_begins(person: Client) -> None:
    trial = trial_with_network()
    plan = replace(PLAN, loop=replace(PLAN.loop, gain_db=-12.0, smoothing_windows=3))
    row = evaluated(trial, plan)
    outcome = EvaluationOutcome.from_json(row.result)
    place = next(n for n, one in enumerate(outcome.mistakes) if one.kind == FALSE_ALARM and one.time_s > 10.0)
    mistake = outcome.mistakes[place]
    start, end = excerpt_of(mistake, frontend(trial.study.dataset).seconds, plan.loop)
    assert start < (mistake.time_s - frontend(trial.study.dataset).seconds - 2.0) * 16_000
    sounds = sounds_of(stream_evaluations.clips_for(trial, plan).measuring)
    events = [one for one in sounds if one.label != "negative"]
    behind = [one.samples for one in sounds if one.label == "negative"]
    whole = compose("whole", events, behind, plan.composition(outcome.streams[mistake.stream].snr_db, 1))
    [expected] = Gain(-12.0).apply([whole.samples[start:end]])
    with wave.open(io.BytesIO(b"".join(person.get(address("mistake_audio", trial, row.pk, place))))) as heard:
        samples = np.frombuffer(heard.readframes(heard.getnframes()), "<i2")
    np.testing.assert_array_equal(samples, expected)
    assert np.abs(samples).max() < np.abs(whole.samples[start:end]).max()


def test_the_page_shows_the_evaluation_whose_thresholds_the_loop_takes(person: Client) -> None:
    trial = trial_with_network()
    first, second = evaluated(trial), evaluated(trial, replace(PLAN, seed=3))
    StreamEvaluation.objects.filter(pk=first.pk).update(evaluated_at=second.evaluated_at + timedelta(hours=1))
    assert address("streams_json", trial, first.pk) in page(person, trial)
    loop = chosen_loop(trial)
    assert loop is not None
    assert loop.to_json() == first.result["loop"]
