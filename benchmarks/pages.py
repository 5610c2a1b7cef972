"""A study's page in a browser, side by side with optuna-dashboard: how long until its charts can be read and used.

    python -m benchmarks.pages --json benchmarks/results/pages.json [--peer PYTHON] [--sizes 2000 10000]

Studies of so many completed trials with curves of 20 points, ours with the tests' rows (results simulated, shapes
real), the peer's with three objectives and twelve categorical parameters, held in the memory of its server: no database
slows it down. PYTHON is an interpreter that has optuna-dashboard; without it the peer is left out.

Each page is opened `OPENINGS` times in a new browser without a cache, ours and the peer's in turn. *Readable* is the
first frame in which a chart of the trials stands on the page, *interactive* the first with all its charts drawn by
Plotly, in seconds from the start of navigation. Bytes are those that came over the network until then. Server time is
that of the whole request in Django, the results being known; `first` is the first request, which reads them.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.throw_away import BASE, database

SIZES = (2_000, 10_000)
OPENINGS, REQUESTS = 3, 20
CURVE_POINTS = 20
OUR_PORT, PEER_PORT = 18_766, 18_767
PATIENCE_SECONDS = 300
_OURS_READABLE = "document.querySelector('.chart .drawing')?.getBoundingClientRect().height > 50"
_OURS_INTERACTIVE = """
    document.querySelectorAll('[data-chart]').length > 0 &&
    [...document.querySelectorAll('[data-chart]')].every(place => place.querySelector('.main-svg .xtick'))
"""
_PEER_DRAWN = """
    [...document.querySelectorAll('.js-plotly-plot')].some(
        place => place.querySelector('.main-svg .xtick')
            && (place.data || []).some(trace => (trace.x || []).length > 9))
"""
_WATCH = """
    window.seen = {};
    const conditions = {readable: () => (%s), interactive: () => (%s)};
    const look = () => {
        for (const [name, isTrue] of Object.entries(conditions))
            if (!(name in window.seen) && document.body && isTrue()) window.seen[name] = performance.now();
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""


class Side(NamedTuple):
    """A page to open, with the expressions that are true once it can be read and used."""

    address: str
    cookie: str
    readable: str
    interactive: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--peer", type=Path, help="Python that has optuna-dashboard")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "processors": os.cpu_count(),
        "openings": OPENINGS,
        "load_before": [round(value, 1) for value in os.getloadavg()],
    }
    with database():
        result["trials"] = {str(size): measured(size, arguments.peer) for size in arguments.sizes}
    result["load_after"] = [round(value, 1) for value in os.getloadavg()]
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measured(size: int, peer: Path | None) -> dict[str, Any]:
    """Server time, queries, and both pages in the browser, for studies of `size` trials."""
    study_id, cookie = our_study(size)
    found: dict[str, Any] = {"server": server(study_id)}
    with contextlib.ExitStack() as stack:
        stack.enter_context(serving([sys.executable, "manage.py", "serve", "--port", str(OUR_PORT)], OUR_PORT))
        ours = f"http://127.0.0.1:{OUR_PORT}/studies/{study_id}/"
        sides = {"ours": Side(ours, cookie, _OURS_READABLE, _OURS_INTERACTIVE)}
        if peer is not None:
            script = Path(__file__).with_name("pages_peer.py")
            command = [str(peer), str(script), str(size), str(CURVE_POINTS), str(PEER_PORT)]
            stack.enter_context(serving(command, PEER_PORT))
            address = f"http://127.0.0.1:{PEER_PORT}/dashboard/studies/0"
            sides["optuna_dashboard"] = Side(address, "", _PEER_DRAWN, _PEER_DRAWN)
        found |= in_browser(sides)
    return found


def our_study(size: int) -> tuple[int, str]:
    """The id of a study with baselines and curves, and the cookie of a session."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from tests.webapp.factories import make_baselines, make_study, make_workers
    from webapp.models import CurvePoint, Worker

    if not Worker.objects.exists():
        make_workers()
    study = make_study(completed=size)
    make_baselines(study.dataset)
    epochs = range(1, CURVE_POINTS + 1)
    for pk in study.trials.values_list("pk", flat=True):
        points = (CurvePoint(trial_id=pk, phase="float", epoch=n, loss=2 / n, eval_accuracy=1 - 1 / n) for n in epochs)
        CurvePoint.objects.bulk_create(points)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(User.objects.get_or_create(username="bench")[0])
    return study.pk, client.cookies["sessionid"].value


def server(study_id: int) -> dict[str, Any]:
    """Milliseconds and queries of the page's requests."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, address = Client(), f"/studies/{study_id}/"
    client.force_login(User.objects.get(username="bench"))
    first = _milliseconds(client, address)
    times = [_milliseconds(client, address) for _ in range(REQUESTS)]
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address)
    return {
        "page_ms_first": round(first, 1),
        "page_ms": round(statistics.median(times), 1),
        "page_bytes": len(page.content),
        "queries": len(queries),
    }


def _milliseconds(client: Any, address: str) -> float:
    started = time.perf_counter()
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return (time.perf_counter() - started) * 1e3


@contextlib.contextmanager
def serving(command: Sequence[str], port: int) -> Iterator[None]:
    """Context with a web server that answers at this port. Raises TimeoutError if it never does."""
    process = subprocess.Popen(command, cwd=BASE, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{' '.join(command)} does not answer.")
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def in_browser(sides: Mapping[str, Side]) -> dict[str, Any]:
    """Medians over all openings of each side."""
    from playwright.sync_api import sync_playwright

    from bootstrap.chromium import from_playwright, on_path

    opened: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(OPENINGS):
        for name, side in sides.items():
            with sync_playwright() as playwright:
                path = on_path() or from_playwright()
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
                opened[name].append(opening(browser, side))
                browser.close()
    return {name: _medians(values) for name, values in opened.items()}


def opening(browser: Any, side: Side) -> dict[str, float]:
    """Seconds and bytes of one opening of a page in a new browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if side.cookie:
        context.add_cookies([{"name": "sessionid", "value": side.cookie, "url": side.address}])
    page = context.new_page()
    page.add_init_script(_WATCH % (side.readable, side.interactive))
    arrived: list[tuple[float, float]] = []
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    began: list[float] = []
    devtools.on("Network.requestWillBeSent", lambda event: began.append(event["timestamp"]))
    devtools.on(
        "Network.loadingFinished", lambda event: arrived.append((event["timestamp"], event["encodedDataLength"]))
    )
    page.goto(side.address, wait_until="commit", timeout=PATIENCE_SECONDS * 1e3)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "interactive" not in page.evaluate("window.seen || {}"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{side.address} is not interactive after {PATIENCE_SECONDS} s.")
        page.wait_for_timeout(250)
    seen = {name: value / 1e3 for name, value in page.evaluate("window.seen").items()}
    seconds = {f"{name}_seconds": seen[name] for name in ("readable", "interactive")}
    came = {
        f"{name}_kb": sum(size for at, size in arrived if at - began[0] <= seen[name]) / 1e3
        for name in ("readable", "interactive")
    }
    return seconds | came


def _medians(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in values), 2) for name in values[0]}


if __name__ == "__main__":
    main()
