"""Networks found by Earshot and by peers at equal epochs and at equal seconds, whole searches with stopping.

    python -m benchmarks.compute [--work PATH] [--json OUT] [--seeds 200 220] [--epochs 3000] [--only NAME ...]
    python -m benchmarks.compute --render

One line a finished search is kept in --work, from which an interrupted run goes on; --again repeats those of an
entrant. --json has for each landscape, budget and entrant the mean reward, without noise, of the networks that would be
handed over, its quartiles, lead and wins against the best peer by seeds, and the epochs until the best peer's mean is
reached; the same at equal seconds. The defaults are what is published; rules are developed with `--part odd` and seeds
below 100.
"""

import argparse
import json
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.compute import landscapes, report
from benchmarks.compute.entrants import BY_NAME, installed, missing
from benchmarks.compute.landscapes import PARTS
from benchmarks.compute.peers.grid import LIBRARIES, PEERS
from benchmarks.compute.spending import ComputeRecord, read, write
from benchmarks.compute.summary import summary
from benchmarks.compute.task import ComputeTask

_WORKERS = {
    "OMP_NUM_THREADS": "1",  # parallelism is by `jobs` processes
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # SMAC's search depends on the hashes of its parameters' names
}
_PUBLISHED = (200, 220)
RESULTS = Path("benchmarks/results")


def tasks(arguments: argparse.Namespace) -> Iterator[ComputeTask]:
    """All requested searches, seed by seed."""
    for seed in range(*arguments.seeds):
        for landscape in arguments.landscapes:
            for name in arguments.only:
                yield ComputeTask(landscape, arguments.part, name, seed, arguments.epochs)


def run(todo: list[ComputeTask], work: Path, jobs: int) -> None:
    """Run searches, `jobs` at a time, in processes of one thread and equal hashes; append each to `work` as it ends."""
    os.environ.update(_WORKERS)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for number, future in enumerate(as_completed([pool.submit(task.run) for task in todo]), start=1):
            record = future.result()
            with work.open("a", encoding="utf-8") as file:
                file.write(record.line())
            found = record.at_epochs(record.epochs)
            print(f"{number}/{len(todo)} {record.landscape} {record.entrant} {record.seed}: {found}", flush=True)


def result(records: list[ComputeRecord], arguments: argparse.Namespace) -> dict[str, Any]:
    """What --json holds, of the searches of this part and of the landscapes as they are now."""
    current = [one for one in records if one.part == arguments.part and one.edition == _edition(one.landscape)]
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        **{module: _version(package) for module, package in LIBRARIES.items()},
        "part": arguments.part,
        "peers": list(PEERS),
        "landscapes": summary(current, list(PEERS)),
    }


def _edition(landscape: str) -> str | None:
    return landscapes.edition(landscape) if landscape in landscapes.names() else None


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _chosen(names: list[str] | None, parser: argparse.ArgumentParser) -> list[str]:
    """Entrants that take part: those named, or all that can; ends the program where a named one cannot."""
    if names is None:
        if absent := missing():
            print(f"Left out, as not installed: {', '.join(absent)}.", flush=True)
        return installed()
    if absent := missing(names):
        parser.error(f"not installed: {', '.join(absent)} (pip install -c requirements.txt -r requirements-bench.txt)")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=RESULTS / "compute.jsonl", help="keeps finished searches")
    parser.add_argument("--json", type=Path, default=RESULTS / "compute.json")
    parser.add_argument("--part", choices=PARTS, default="even", help="trainings that landscapes are fitted to")
    parser.add_argument("--seeds", type=int, nargs=2, default=_PUBLISHED, help="first, and one after the last")
    parser.add_argument("--epochs", type=int, default=3_000)
    parser.add_argument("--only", nargs="+", choices=BY_NAME, help="by default all whose library is installed")
    parser.add_argument("--again", nargs="+", choices=BY_NAME, default=[])
    parser.add_argument("--landscapes", nargs="+", choices=landscapes.names(), default=landscapes.names())
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--render", action="store_true", help="only write the tables of docs/search.md from --json")
    arguments = parser.parse_args()
    if arguments.render:
        report.write(json.loads(arguments.json.read_text(encoding="utf-8")))
        return
    arguments.only = _chosen(arguments.only, parser)
    requested = list(tasks(arguments))
    again = {task.key for task in requested if task.entrant in arguments.again}
    kept = [one for one in read(arguments.work) if one.key not in again]
    done = {one.key for one in kept if one.epochs >= arguments.epochs}
    write(arguments.work, kept)
    run([task for task in requested if task.key not in done], arguments.work, arguments.jobs)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    found = result(read(arguments.work), arguments)
    arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
