"""Pages of a study whose reward takes the accuracy on streams: they name it, and look as others do."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from nas_engine.evaluation_result import DetectedClass, StreamResult
from tests.browser.visiting import problems_of_pages, signed_in
from tests.webapp.factories import CLASSES, make_baselines, make_dataset, make_study, make_user
from webapp.models import StreamDetection, Study
from webapp.services import stream_detections
from webapp.services.comparisons import create

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def detected(accuracy: float) -> StreamResult:
    misses = round(22 * (1.0 - accuracy))
    return StreamResult(3.0, 3, tuple(DetectedClass(label, 0.62, 22, misses, 0) for label in CLASSES[:-1]))


@pytest.fixture
def study() -> Study:
    """Trials by the square of their accuracy, and two of three baselines evaluated on the streams."""
    make_user()
    dataset = make_dataset()
    make_baselines(dataset, names=["TC-ResNet8", "TC-ResNet14-0.5", "TC-ResNet14-1.0"])
    study = make_study(name="Doorbell at night", completed=24, curves=1, dataset=dataset, accuracy_measure="streams")
    for trial in study.trials.all():
        found = detected((trial.int8_accuracy or 0.0) ** 2)
        values = {"stream_accuracy": found.accuracy, "streams": found.to_json()}
        reward = (trial.reward or 0.0) - (trial.int8_accuracy or 0.0) + found.accuracy
        study.trials.filter(pk=trial.pk).update(**values, reward=reward)
    stream_detections.request_baselines(study)
    for row in StreamDetection.objects.order_by("pk")[:2]:
        assert stream_detections.claim(detection_id=row.pk, worker="data-1")
        assert stream_detections.complete(detection_id=row.pk, worker="data-1", result=detected(0.5))
    return study


@pytest.mark.parametrize("javascript", [True, False])
def test_the_form_asks_for_streams_where_they_are_chosen(
    chromium: Browser, live_server: object, javascript: bool
) -> None:
    make_user()
    make_dataset()
    with signed_in(chromium, str(live_server), 1440, java_script_enabled=javascript) as context:
        page = context.new_page()
        page.goto(reverse("new_study"))
        rate = page.get_by_label("False alarms per hour, at most")
        expect(page.get_by_label("Accuracy in the reward")).to_have_value("clips")
        expect(rate).to_be_hidden()
        page.get_by_label("Accuracy in the reward").select_option("streams")
        expect(rate).to_have_value("1.0")
        page.get_by_label("Hours of streams").fill("0.5")
        page.get_by_label("Name").fill("Too short")
        page.get_by_role("button", name="Save as draft").click()
        expect(page.get_by_text("give at least 3 hours").first).to_be_visible()
        page.get_by_label("Hours of streams").fill("3")
        page.get_by_role("button", name="Save as draft").click()
        expect(page.get_by_text("Detection rate: 1 less the mean miss rate").first).to_be_visible()
    assert Study.objects.get(name="Too short").accuracy_measure == "streams"


def test_every_page_names_the_accuracy_that_the_reward_takes(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    other = make_study(name="Doorbell by clips", completed=12, dataset=study.dataset)
    comparison = create(name="Two measures", study_ids=[study.pk, other.pk], owner=None)
    addresses = {
        "streams-study": reverse("study", args=[study.pk]),
        "streams-trial": reverse("trial", args=[study.pk, 1]),
        "streams-finalists": reverse("finalists", args=[study.pk]),
        "streams-comparison": reverse("comparison", args=[comparison.pk]),
        "streams-form": f"{reverse('new_study')}?from={study.pk}",
    }
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(addresses["streams-study"])
        expect(page.locator("#trials")).to_contain_text("Detection rate")
        expect(page.locator(".ytitle").first).to_contain_text("Detection rate on streams (%)")
        expect(page.locator("#baselines")).to_contain_text("it is being evaluated on the streams")
        page.goto(addresses["streams-trial"])
        expect(page.locator("#detected")).to_contain_text("Share missed")
        page.goto(addresses["streams-comparison"])
        expect(page.get_by_text("so that the fronts are drawn by int8 accuracy on clips")).to_be_visible()
