"""The product in pictures: `make tour` writes docs/tour.md and the pictures in docs/tour.

    python -m tests.browser.tour --page docs/tour.md

A scratch database is filled with the tests' rows (results simulated, shapes real; nothing is trained), the web server
is started on it, and Chromium visits each stop. Pictures are WebP, made by Chromium itself.
"""

import argparse
import base64
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.pages import serving
from benchmarks.throw_away import database
from tests.browser.tour_stops import STOPS, Stop

WIDTH, HEIGHT = 1280, 860
PHONE_WIDTH, PHONE_HEIGHT = 390, 780
QUALITY = 62
MOST_BYTES = 1_500_000
"""Of all pictures together."""
PATIENCE_SECONDS = 120
_DRAWN = """() => [...document.querySelectorAll("[data-chart], [data-figure]")]
    .every(place => place.querySelector(".main-svg")
        || [...place.querySelectorAll(".chart-note")].some(note => !/^Loading/.test(note.textContent.trim())))"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, required=True, help="the page; pictures go to a folder of its name")
    page = parser.parse_args().page
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    with database():
        cookie, port = signed_in_cookie(), free_port()
        with serving([sys.executable, "manage.py", "serve", "--port", str(port)], port):
            take_pictures(f"http://127.0.0.1:{port}", cookie, folder)
    page.write_text(text_of(STOPS, folder.name), "utf-8")
    size = sum(picture.stat().st_size for picture in folder.glob("*.webp"))
    print(f"{page}: {len(STOPS)} pictures, {size / 1e3:,.0f} kB")
    if size > MOST_BYTES:
        sys.exit(f"The pictures are larger than {MOST_BYTES / 1e6:g} MB together.")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def signed_in_cookie() -> str:
    from django.test import Client

    from tests.webapp.factories import make_user, make_workers

    make_workers()
    client = Client()
    client.force_login(make_user())
    return client.cookies["sessionid"].value


def take_pictures(server: str, cookie: str, folder: Path) -> None:
    """Of all stops, into `folder`."""
    from playwright.sync_api import sync_playwright

    from bootstrap.chromium import from_playwright, on_path

    with sync_playwright() as playwright:
        path = on_path() or from_playwright()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        made: Mapping[str, Any] = {}
        for stop in STOPS:
            if stop.keys and not made:
                made = rows()
            keep_alive()
            photograph(browser, server + address_of(stop, made), cookie, stop, folder / f"{stop.name}.webp")
        browser.close()


def photograph(browser: Any, address: str, cookie: str, stop: Stop, file: Path) -> None:
    width, height = (PHONE_WIDTH, PHONE_HEIGHT) if stop.is_phone else (WIDTH, HEIGHT)
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if stop.is_phone else "light",
        reduced_motion="reduce",
        device_scale_factor=2 if stop.is_phone else 1,
    )
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    page = context.new_page()
    page.goto(address)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(_DRAWN):
        if time.monotonic() > deadline:
            raise TimeoutError(f"The charts of {address} are not drawn after {PATIENCE_SECONDS} s.")
        page.wait_for_timeout(200)
    if stop.click:
        page.locator(stop.click).first.click()
    if stop.at:
        page.locator(stop.at).first.evaluate("one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 12)")
    page.wait_for_timeout(400)
    devtools = context.new_cdp_session(page)
    made = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    file.write_bytes(base64.b64decode(made["data"]))
    context.close()


def text_of(stops: Sequence[Stop], folder: str) -> str:
    """The page in Markdown."""
    parts = [
        "# A tour in pictures",
        "Made by `make tour` from a scratch database: shapes and networks are real, results are simulated, nothing was"
        " trained or measured for these pictures.",
    ]
    for stop in stops:
        parts += [f"## {stop.title}", stop.words, f"![{stop.title}]({folder}/{stop.name}.webp)"]
    return "\n\n".join(parts) + "\n"


def address_of(stop: Stop, made: Mapping[str, Any]) -> str:
    from django.urls import reverse

    address = reverse(stop.view, args=[made[key] for key in stop.keys])
    return f"{address}?{stop.query.format_map(made)}" if stop.query else address


def keep_alive() -> None:
    """Let workers have reported just now, and the running trials with them: no process stands behind them."""
    from django.utils import timezone

    from webapp.models import Trial, Worker

    Worker.objects.update(seen_at=timezone.now())
    Trial.objects.filter(state="RUNNING").update(heartbeat_at=timezone.now())


def rows() -> Mapping[str, Any]:
    """Ids of what the stops show."""
    from tests.webapp.energy_models import examined_model, measured_device
    from tests.webapp.factories import make_baselines, make_dataset, make_study
    from webapp.models import Clip, Trial

    normalisation = {"mean": [0.0] * 40, "std": [1.0] * 40}
    dataset = make_dataset(clips_a_class=12, name="Kitchen and hallway", normalisation=normalisation)
    notes = "Only what fits the **earbud**: 60 kB and 1.25 mJ."
    study = make_study(
        name="Doorbell watch", notes=notes, dataset=dataset, completed=240, running=2, waiting=3, failed=2, refused=6,
        enforce_constraints=True, flash_limit_kb=90.0, curves=240, trial_budget=400, seed=9, tags=["earbud"],
    )  # fmt: skip
    make_baselines(dataset)
    phone = measured_device(name="Pixel 4 XL")
    examined_model(phone)
    best = Trial.objects.filter(study=study, state="COMPLETED").order_by("-reward")
    return {
        "dataset": dataset.pk,
        "clip": Clip.objects.filter(dataset=dataset, label="doorbell").earliest("pk").pk,
        "study": study.pk,
        "trial": best[0].number,
        **dict(zip(("first", "second", "third"), [trial.pk for trial in best[:3]], strict=True)),
        **compared(dataset, study),
        "device": phone.pk,
        "version": 1,
        "space": "paper-2d",
    }


def compared(dataset: Any, study: Any) -> Mapping[str, int]:
    """Ids of two comparisons: three designers over three seeds, and one search of each with `study`."""
    from tests.webapp.searches import simulated_search
    from webapp.models import Comparison

    race = Comparison.objects.create(name="Designers in the kitchen")
    fronts = Comparison.objects.create(name="Kitchen, four searches")
    fronts.studies.add(study)
    for designer in ("random", "evolution", "hyperfirefly"):
        searches = [simulated_search(dataset, designer=designer, seed=seed, trials=150) for seed in (1, 2, 3)]
        race.studies.add(*searches)
        fronts.studies.add(searches[0])
    return {"race": race.pk, "fronts": fronts.pk}


if __name__ == "__main__":
    main()
