"""Networks found by Earshot and by peers at equal epochs and at equal seconds, whole searches with stopping.

    python -m benchmarks.compute --work PATH [--part even] [--seeds 200 220] [--epochs 3000] [--only NAME ...]

One line a finished search is kept in --work, from which an interrupted run goes on.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from benchmarks.compute import landscapes
from benchmarks.compute.entrants import BY_NAME
from benchmarks.compute.landscapes import PARTS
from benchmarks.compute.spending import read
from benchmarks.compute.task import SearchTask

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # parallelism is by `jobs` processes
_PUBLISHED = (200, 220)


def tasks(arguments: argparse.Namespace) -> Iterator[SearchTask]:
    """All searches asked for, seed by seed."""
    for seed in range(*arguments.seeds):
        for landscape in arguments.landscapes:
            for name in arguments.only:
                yield SearchTask(landscape, arguments.part, name, seed, arguments.epochs)


def run(arguments: argparse.Namespace) -> None:
    """Run the searches that --work does not hold, each process with one thread."""
    os.environ.update(_ONE_THREAD)
    done = {record.key for record in read(arguments.work) if record.epochs >= arguments.epochs}
    todo = [task for task in tasks(arguments) if task.key not in done]
    arguments.work.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn")) as pool:
        for number, future in enumerate(as_completed([pool.submit(task.run) for task in todo]), start=1):
            record = future.result()
            with arguments.work.open("a", encoding="utf-8") as file:
                file.write(record.line())
            print(
                f"{number}/{len(todo)} {' '.join(map(str, record.key))}: {record.at_epochs(record.epochs)}", flush=True
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="file in which finished searches are kept")
    parser.add_argument("--part", choices=PARTS, default="even", help="trainings that landscapes are fitted to")
    parser.add_argument("--seeds", type=int, nargs=2, default=_PUBLISHED, help="first, and one after the last")
    parser.add_argument("--epochs", type=int, default=10_000)
    parser.add_argument("--only", nargs="+", choices=BY_NAME, default=list(BY_NAME))
    parser.add_argument("--landscapes", nargs="+", choices=landscapes.names(), default=landscapes.names())
    parser.add_argument("--jobs", type=int, default=1)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
