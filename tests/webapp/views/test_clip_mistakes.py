"""Clips that a network got wrong: listed with their sound, those of the test split of recorded openings alone."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.evaluation_result import BothSplits, ClipMistake, SplitAnswers
from tests.webapp import finals as made
from tests.webapp import rows
from tests.webapp.packs import dataset_with_features
from tests.webapp.views.reading import words_of
from webapp.models import Clip, ClipMistakes, Dataset, SplitOpening, Trial
from webapp.queries.finals import features_hash
from webapp.services import openings

pytestmark = pytest.mark.django_db
CONFUSION = ((4, 1, 1), (0, 6, 0), (1, 0, 5))
MISTAKES = (ClipMistake(14, 2, 0, 0.96), ClipMistake(1, 0, 2, 0.75), ClipMistake(3, 0, 1, 0.5))
"""Six clips of each class: positions 0 to 5 are of alarm, 6 to 11 of dog, then negative."""


def a_trial(**measured: object) -> Trial:
    study = rows.running_study(dataset=dataset_with_features())
    return rows.completed_trial(study, **{"confusion": CONFUSION, "mistakes": MISTAKES, **measured})


def page(person: Client, trial: Trial, query: str = "") -> str:
    return person.get(reverse("trial", args=[trial.study_id, trial.number]) + query).content.decode()


def section(text: str) -> str:
    return text.split('<section id="clip-mistakes"')[1].split("</section>")[0]


def clip_at(trial: Trial, position: int, split: str = "eval") -> Clip:
    return Clip.objects.get(dataset=trial.study.dataset, split=split, position=position)


def test_the_clips_that_a_network_got_wrong_are_listed_by_score_and_heard_with_one_click(person: Client) -> None:
    trial = a_trial()
    shown = section(page(person, trial))
    clips = [clip_at(trial, one.position) for one in MISTAKES]
    places = [shown.index(reverse("clip_audio", args=[clip.dataset_id, clip.pk])) for clip in clips]
    assert places == sorted(places)
    assert shown.count("<audio") == 3
    assert "0.960" in shown
    assert "All 3 wrong answers" in shown
    assert f"{reverse('try_trial', args=[trial.study_id, trial.number])}?clip={clips[0].pk}" in shown
    heard = person.get(reverse("clip_audio", args=[clips[0].dataset_id, clips[0].pk]))
    assert (heard.status_code, heard.headers["Content-Type"]) == (200, "audio/flac")


def test_a_cell_of_the_confusion_matrix_leads_to_its_clips(person: Client) -> None:
    trial = a_trial()
    text = page(person, trial)
    assert "?truth=alarm&amp;answer=dog#clip-mistakes" in text
    assert "?truth=dog" not in text, "a cell without mistakes leads nowhere"
    shown = section(page(person, trial, "?truth=alarm&answer=dog"))
    assert shown.count("<audio") == 1
    assert reverse("clip_audio", args=[trial.study.dataset_id, clip_at(trial, 3).pk]) in shown
    assert "1 of 3:" in shown
    assert section(page(person, trial, "?truth=owl")).count("<audio") == 0


def test_many_mistakes_are_on_several_pages_and_their_number_is_stated(person: Client) -> None:
    wrong = tuple(ClipMistake(position % 18, 0, 1, 1 - position / 100) for position in range(60))
    trial = a_trial(confusion=((0, 60, 0), (0, 0, 0), (0, 0, 0)), mistakes=wrong)
    shown = section(page(person, trial))
    assert "Page 1 of 3" in shown
    assert shown.count("<audio") == 25
    assert "All 60 wrong answers" in shown
    part = reverse("clip_mistakes", args=[trial.study_id, trial.number])
    fetched = person.get(f"{part}?page=3", headers={"HX-Request": "true"})
    assert fetched.content.decode().count("<audio") == 10
    assert fetched.headers["HX-Replace-Url"].endswith("/trials/1/?page=3")


def test_a_trial_without_mistakes_and_one_whose_mistakes_were_not_kept_state_so(person: Client) -> None:
    right = a_trial(confusion=((6, 0, 0), (0, 6, 0), (0, 0, 6)), mistakes=())
    assert "None: it got every clip of the evaluation split right." in page(person, right)
    former = a_trial(mistakes=None)
    assert not ClipMistakes.objects.filter(trial=former).exists()
    text = page(person, former)
    assert "Which clips it got wrong was not kept when this trial was evaluated." in text
    assert "?truth=" not in text


def test_a_trial_that_cannot_be_tried_states_the_reason_in_place_of_the_link(person: Client) -> None:
    trial = a_trial()
    address = reverse("try_trial", args=[trial.study_id, trial.number])
    assert address in page(person, trial)
    frontend = FrontendConfig.of_kind("micro").to_json()
    Dataset.objects.filter(pk=trial.study.dataset_id).update(frontend=frontend)
    text = page(person, trial)
    assert address not in text
    assert "keeps a state that cannot be stored between pieces of sound." in text


def test_the_page_takes_one_more_query_for_mistakes(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trial = a_trial()
    with django_assert_max_num_queries(12):
        page(person, trial)


def an_opening(seeds: int = 3) -> SplitOpening:
    """Seeds of a finalist that answered the 18 test clips: all got clip 2 wrong, one clip 7 as well."""
    [finalist] = made.finalists(made.search(dataset=dataset_with_features()), count=1, seeds=seeds)
    made.train(finalist)
    opening = openings.open_test_split(finalist_id=finalist.pk)
    assert openings.claim(opening_id=opening.pk, worker="data-1")
    labels = tuple(position // 6 for position in range(18))
    answers = [list(labels) for _ in range(seeds)]
    for place, one in enumerate(answers):
        one[2] = 2 if place == 0 else 1
    answers[1][7] = 0
    split = SplitAnswers(labels, tuple(f"clip {n}" for n in range(18)), tuple(map(tuple, answers)))
    found = replace(made.evaluated(finalist), answers=BothSplits(split, split))
    assert openings.complete(opening_id=opening.pk, worker="data-1", evaluated=found)
    opening.refresh_from_db()
    return opening


def test_test_clips_that_an_opened_network_got_wrong_are_listed_by_the_seeds_that_did(person: Client) -> None:
    opening = an_opening()
    address = reverse("opening_mistakes", args=[opening.pk])
    assert opening.finalist is not None
    listed = person.get(reverse("finalists", args=[opening.finalist.finals.parent_id])).content.decode()
    assert address in listed
    response = person.get(address)
    text, markup = words_of(response), response.content.decode()
    assert "dog (2), negative (1) 3 of 3" in text
    assert "alarm 1 of 3" in text
    assert "2 clips that at least one seed got wrong" in text
    first, second = (
        markup.index(reverse("clip_audio", args=[opening.dataset_id, clip.pk]))
        for clip in (Clip.objects.get(dataset=opening.dataset, split="test", position=position) for position in (2, 7))
    )
    assert first < second
    assert "/try/" not in markup, "the test split is closed to everything else"


def test_no_test_clip_is_listed_before_an_opening_has_ended_or_of_other_features(person: Client) -> None:
    opening = an_opening()
    address = reverse("opening_mistakes", args=[opening.pk])
    SplitOpening.objects.update(state="EVALUATING")
    assert person.get(address).status_code == 404
    SplitOpening.objects.update(state="READY", data_hash="f" * 64)
    assert opening.dataset is not None
    assert features_hash(opening.dataset) != "f" * 64
    text = person.get(address).content.decode()
    assert "The data set has other clips now than were opened" in text
    assert "<audio" not in text
    assert "/sign-in/" in Client().get(address).headers["Location"]
