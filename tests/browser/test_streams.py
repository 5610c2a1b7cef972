"""The evaluation on streams of a trial in a real browser: every state in both widths and themes, a mistake heard."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from tests.browser.visiting import WIDE, problems_of_pages, signed_in
from tests.webapp import rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_user, with_tflite
from tests.webapp.streams import PLAN, evaluated
from webapp.models import StreamEvaluation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_the_streams_of_a_trial_look_right_in_every_state(
    chromium: Browser, live_server: object, screenshots: Path | None
) -> None:
    make_user()
    ready = trial_with_network()
    evaluated(ready)
    study = rows.running_study(dataset=ready.study.dataset)
    none, computing, failed = (with_tflite(rows.completed_trial(study, seed=seed), b"TFL3") for seed in range(3))
    computing.stream_evaluations.create(plan=PLAN.to_json())
    StreamEvaluation.objects.create(trial=failed, plan=PLAN.to_json(), state="FAILED", reason="Its clips are damaged.")
    states = {"none": none, "ready": ready, "computing": computing, "failed": failed}
    addresses = {
        f"streams-{name}": reverse("trial", args=[trial.study_id, trial.number]) for name, trial in states.items()
    }
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []


def test_a_person_hears_a_mistake_with_one_click(chromium: Browser, live_server: object) -> None:
    make_user()
    trial = trial_with_network()
    evaluated(trial)
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("trial", args=[trial.study_id, trial.number]))
        page.locator("#mistakes-missed summary").click()
        player = page.locator("#mistakes-missed audio").first
        with page.expect_response(lambda response: "/mistakes/" in response.url) as heard:
            player.evaluate("audio => { audio.muted = true; return audio.play() }")
        assert heard.value.ok
        page.wait_for_function("audio => audio.currentTime > 0.2", arg=player.element_handle())
        assert player.evaluate("audio => audio.duration") > 1.0
