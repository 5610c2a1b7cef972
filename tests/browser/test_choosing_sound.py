"""Choosing a sound on the page "Try it" in a real browser: the last choice counts, and no microphone stays open."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_listening import drop, opened
from tests.browser.visiting import WIDE, signed_in
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_user
from tests.webapp.listenings import sweep, wav
from webapp.models import Trial

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ANSWER_LATER = """
  window.prompts = [];
  navigator.mediaDevices.getUserMedia = () => new Promise((allow, refuse) => {
    const stream = new AudioContext().createMediaStreamDestination().stream;
    window.prompts.push({ allow: () => allow(stream), refuse, stream });
  });
"""
"""The microphone of a browser whose person answers when the test says so."""


@pytest.fixture
def trial(broker: None, listening_process: None) -> Trial:
    make_user()
    return trial_with_network()


@contextmanager
def page_of(chromium: Browser, live_server: object, trial: Trial) -> Iterator[Page]:
    with signed_in(chromium, str(live_server), WIDE) as context:
        context.add_init_script(ANSWER_LATER)
        yield opened(context, trial)


def wait_for(page: Page, condition: str) -> None:
    """Playwright's own `wait_for_function` evaluates a string, which the page's policy forbids."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def ask_for_microphone(page: Page, prompts: int) -> None:
    page.locator('[data-part="microphone"]').click()
    wait_for(page, f"prompts.length === {prompts}")
    expect(page.locator('[data-part="microphone"]')).to_be_disabled()


def expect_heard(page: Page, words: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(words, timeout=60_000)
    expect(page.locator("#try")).to_have_attribute("data-state", "done")


def test_a_file_that_is_chosen_during_the_prompt_is_heard_whatever_the_answer(
    chromium: Browser, live_server: object, trial: Trial
) -> None:
    with page_of(chromium, live_server, trial) as page:
        page.get_by_role("checkbox", name="silence around").uncheck()
        for prompts, answer in ((1, "allow()"), (2, "refuse(new DOMException('no', 'NotAllowedError'))")):
            ask_for_microphone(page, prompts)
            drop(page, "walk.wav", wav(sweep(19.0 + prompts)))
            wait_for(page, f"hearing !== null && hearing.seconds === {19 + prompts}")
            page.evaluate(f"prompts[{prompts - 1}].{answer}")
            expect(page.locator('[data-part="microphone"]')).to_be_enabled()
            expect_heard(page, f"{19 + prompts}.0 s heard")
            assert page.evaluate("hearing.sent === hearing.pushed && stopMicrophone === null && !isLive")
            expect(page.get_by_role("alert")).to_be_hidden()
        assert page.evaluate("prompts[0].stream.getTracks().map((track) => track.readyState)") == ["ended"]


def test_a_microphone_that_is_stopped_before_the_first_window_is_no_mistake(
    chromium: Browser, live_server: object, trial: Trial
) -> None:
    with page_of(chromium, live_server, trial) as page:
        ask_for_microphone(page, 1)
        page.evaluate("prompts[0].allow()")
        wait_for(page, "hearing !== null && hearing.sent > 0")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator("#try")).to_have_attribute("data-state", "done")
        wait_for(page, "hearing.abandoned")
        expect(page.get_by_role("alert")).to_be_hidden()
        assert page.evaluate("prompts[0].stream.getTracks()[0].readyState") == "ended"


def test_the_sound_that_is_chosen_last_is_heard_and_one_that_waits_for_its_turn_is_read_later(
    chromium: Browser, live_server: object, trial: Trial
) -> None:
    held: list[Route] = []
    answers = iter([503, 503])

    def busy_at_first(route: Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, json={"message": "Busy. The page tries again by itself."})

    with page_of(chromium, live_server, trial) as page:
        page.get_by_role("checkbox", name="silence around").uncheck()
        page.route("**/try/clips/*/", lambda route: held.append(route))
        page.route("**/try/file/*", busy_at_first)
        page.get_by_role("button", name="Hear the clip").click()
        drop(page, "walk.wav", wav(sweep(6.0)))
        expect(page.get_by_role("alert")).to_contain_text("tries again by itself")
        expect_heard(page, "6.0 s heard")
        expect(page.get_by_role("alert")).to_be_hidden()
        held[0].continue_()
        page.wait_for_timeout(1500)
        expect_heard(page, "6.0 s heard")
        assert page.evaluate("hearing.seconds") == 6.0


def test_the_page_states_that_thresholds_were_chosen_at_another_hop(
    chromium: Browser, live_server: object, trial: Trial
) -> None:
    loop = {"hop_s": 0.5, "thresholds": {"dog": 0.7}}
    trial.stream_evaluations.create(plan={}, state="READY", evaluated_at=timezone.now(), result={"loop": loop})
    with page_of(chromium, live_server, trial) as page:
        notice = page.get_by_text(re.compile("chosen at a window every 0.5 s"))
        expect(notice).to_be_hidden()
        page.get_by_label("Window every").select_option("2.0")
        expect(notice).to_be_visible()
        page.get_by_label("Window every").select_option("0.5")
        expect(notice).to_be_hidden()
