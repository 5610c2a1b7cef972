"""The page "Try it" in a real browser: microphone, dropped file, chosen clip, thresholds, the loop in JavaScript."""

import base64
import json
import re
import wave
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bootstrap.chromium import from_playwright, on_path
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.values import StreamScores
from tests.browser.conftest import FLAGS
from tests.browser.visiting import WIDE, problems_of_pages, signed_in
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_user
from tests.webapp.listenings import RATE, heard_at_once, sweep, wav
from webapp.models import Listening, Trial
from webapp.services import listening

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STATIC = Path(__file__).parents[2] / "static" / "earshot"


@pytest.fixture
def trial(broker: None, listening_process: None) -> Trial:
    make_user()
    return trial_with_network()


def opened(context: BrowserContext, trial: Trial) -> Page:
    page = context.new_page()
    page.goto(reverse("try_trial", args=[trial.study_id, trial.number]))
    return page


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the place for it, as a person does from another window."""
    page.evaluate(
        """([name, content]) => {
          const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], name));
          const place = document.querySelector("[data-drop]");
          place.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [name, base64.b64encode(content).decode()],
    )


def test_the_page_looks_right(chromium: Browser, live_server: object, screenshots: Path | None, trial: Trial) -> None:
    addresses = {"try": reverse("try_trial", args=[trial.study_id, trial.number])}
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []


def test_a_chosen_clip_and_a_dropped_file_are_heard_and_thresholds_change_what_is_detected(
    chromium: Browser, live_server: object, screenshots: Path | None, trial: Trial
) -> None:
    with signed_in(chromium, str(live_server), WIDE, accept_downloads=True) as context:
        page = opened(context, trial)
        page.get_by_role("button", name="Hear the clip").click()
        expect(page.locator("#try")).to_have_attribute("data-state", "done", timeout=90_000)
        expect(page.get_by_role("status").first).to_contain_text("10.0 s heard")  # 2 s between twice 4 s of silence

        page.get_by_role("checkbox", name="silence around").uncheck()
        drop(page, "walk.wav", wav(sweep(20.0, 44_100), 44_100))
        expect(page.get_by_role("status").first).to_contain_text("20.0 s heard")
        expect(page.locator("#try")).to_have_attribute("data-state", "done")
        assert page.evaluate("hearing.outputs.length") == 17
        before = page.locator(".detections li").count()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        for label in ("alarm", "dog"):
            page.get_by_label(f"Threshold of {label}").fill("0")
        expect(page.locator(".detections li")).not_to_have_count(before)
        for label in ("alarm", "dog"):
            page.get_by_label(f"Threshold of {label}").press("End")
        expect(page.locator(".detections li")).to_have_count(0)
        page.get_by_role("button", name="Reset thresholds").click()
        expect(page.locator(".detections li")).to_have_count(before)
        assert requests == []
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save sound").click()
        with wave.open(str(saved.value.path())) as file:
            assert (file.getframerate(), file.getnframes()) == (RATE, 20 * RATE)
        if screenshots:
            page.get_by_label("Threshold of alarm").fill("0.3")
            page.screenshot(path=screenshots / "try-file-1440.png", full_page=True)
            page.set_viewport_size({"width": 390, "height": 900})
            page.get_by_role("button", name="Dark", exact=True).click()
            page.screenshot(path=screenshots / "try-file-390-dark.png", full_page=True)
    assert Listening.objects.filter(ended_at=None).count() == 0


def test_the_microphone_is_heard_while_it_is_on(
    chromium: Browser, live_server: object, tmp_path: Path, trial: Trial
) -> None:
    sound = tmp_path / "microphone.wav"
    sound.write_bytes(wav(sweep(30.0, 48_000), 48_000))
    fake = [
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    ]  # fmt: skip
    path = on_path() or from_playwright()
    with (
        chromium.browser_type.launch(executable_path=path, args=[*FLAGS, *fake]) as browser,
        signed_in(browser, str(live_server), WIDE) as context,
    ):
        page = opened(context, trial)
        page.get_by_role("button", name="Use the microphone").click()
        expect(page.locator("#try")).to_have_attribute("data-windows", re.compile("[3-9]"), timeout=120_000)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator("#try")).to_have_attribute("data-state", "done")
        heard = np.array(page.evaluate("[...hearing.samples()]"), np.int16)
        outputs = page.evaluate("hearing.outputs")
        print("delay of scores:", page.get_attribute("#try", "data-delay"), "s")
    assert np.abs(heard).max() > 6_000, "the fake device's tone"
    whole = heard_at_once(trial, heard).outputs.tolist()
    assert outputs == whole


def test_limits_and_what_is_no_sound_are_answered_in_words(
    chromium: Browser, live_server: object, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LIMITS", listening.Limits(file_seconds=5.0, listening_seconds=8.0))
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = opened(context, trial)
        for name, content, words in (
            ("notes.wav", b"RIFF no sound at all", "notes.wav: it cannot be read"),
            ("long.wav", wav(sweep(6.0)), "long.wav lasts longer than 5 s"),
            ("short.wav", wav(sweep(4.0)), "0.133 minutes are heard at a stretch"),
        ):
            page.get_by_label("Drop a recording here").set_input_files(
                {"name": name, "mimeType": "audio/wav", "buffer": content}
            )
            expect(page.get_by_role("alert")).to_contain_text(words, timeout=90_000)


def test_the_loop_in_the_browser_detects_what_the_engines_loop_detects(chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.add_script_tag(path=STATIC / "loop.js")
    rng = np.random.default_rng(5)
    labels = ("alarm", "dog", "negative")
    for _ in range(40):
        outputs = (rng.integers(-16, 16, (int(rng.integers(0, 40)), 3)) * 8).astype(np.int8)
        among = int(rng.integers(1, 5))
        loop = LoopSettings(
            hop_s=0.5,
            smoothing_windows=int(rng.integers(1, 5)),
            needed=int(rng.integers(1, among + 1)),
            among=among,
            refractory_s=float(rng.choice([0.0, 0.5, 0.75, 2.0])),
            thresholds={label: float(rng.integers(0, 33)) / 32 for label in labels},
        )
        scores = StreamScores("s", labels, outputs, 3.925, 0.5, 30.0)
        settings = {
            **loop.to_json(), "classes": labels, "detected": loop.detected_classes(labels),
            "scale": scores.scale, "zero_point": scores.zero_point,
        }  # fmt: skip
        found = page.evaluate(
            "([outputs, times, settings]) => detectionsOf(evidenceOf(outputs, settings), times, settings)",
            [outputs.tolist(), scores.times_ms.tolist(), json.loads(json.dumps(settings))],
        )
        expected = [(round(1000 * one.time_s), one.label, one.score) for one in detections(scores, loop)]
        assert [(one["timeMs"], one["label"], one["score"]) for one in found] == expected
    context.close()


def test_the_microphone_is_resampled_without_aliases(chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.add_script_tag(path=STATIC / "sound.js")
    for rate, hertz, audible in ((48_000, 1000, True), (44_100, 5000, True), (48_000, 11_000, False)):
        samples = page.evaluate(
            """([rate, hertz]) => {
              const step = (2 * Math.PI * hertz) / rate;
              const tone = Float32Array.from({ length: rate }, (_, i) => 0.5 * Math.sin(step * i));
              const resampler = new Resampler(rate);
              const found = [];
              for (let at = 0; at < rate; at += 2048) found.push(...resampler.push(tone.slice(at, at + 2048)));
              return found;
            }""",
            [rate, hertz],
        )
        heard = np.array(samples)
        assert 15_950 < len(heard) <= RATE
        expected = 0.5 * np.sin(2 * np.pi * hertz * np.arange(len(heard)) / RATE) if audible else 0.0
        assert np.abs(heard - expected)[200:-200].max() < 1e-3
    context.close()
