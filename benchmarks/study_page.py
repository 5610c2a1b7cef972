"""Server time of the study page at 100 and 2,000 trials, and memory of the web process.

    python -m benchmarks.study_page --json OUT

Rows are the tests' (results simulated, shapes real). Time is that of the whole request in Django, without network;
memory is the resident memory of the web server after it has served the page and its charts.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.throw_away import BASE, database

SIZES = (100, 2_000)
REPEATS = 20
CHARTS = ("charts/energy.json", "charts/flash.json", "charts/rewards.json")


def server_times(study_id: int, client: Any) -> dict[str, float]:
    """Median milliseconds of the page and of each of its charts."""
    addresses = ["", "progress/", "trials/", *CHARTS]
    return {address or "page": round(_median_ms(client, f"/studies/{study_id}/{address}"), 1) for address in addresses}


def _median_ms(client: Any, address: str) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        response = client.get(address)
        times.append((time.perf_counter() - started) * 1e3)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}")
    return statistics.median(times)


def web_megabytes(study_id: int, cookie: str, port: int = 8765) -> float:
    """Resident memory of the web server after serving the page and its charts."""
    import psutil

    process = subprocess.Popen([sys.executable, "manage.py", "serve", "--port", str(port)], cwd=BASE)
    try:
        for address in ("", *CHARTS) * 3:
            _get(f"http://127.0.0.1:{port}/studies/{study_id}/{address}", cookie)
        return round(psutil.Process(process.pid).memory_info().rss / 1e6, 1)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _get(address: str, cookie: str, patience_seconds: float = 30) -> None:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookie})).read()
            return
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError) or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def measure() -> dict[str, Any]:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.webapp.factories import make_study, make_workers

    make_workers()
    user = User.objects.create_user("bench")
    client = Client()
    client.force_login(user)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    studies = {size: make_study(completed=size - 3, running=2, waiting=1).pk for size in SIZES}
    times = {f"server_ms_at_{size}_trials": server_times(pk, client) for size, pk in studies.items()}
    return {**times, "web_process_mb": web_megabytes(studies[SIZES[-1]], cookie)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    with database():
        result = measure()
    arguments.json.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
