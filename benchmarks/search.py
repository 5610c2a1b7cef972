"""Best networks found by Earshot's designers and by peers after 50, 100, 300, 1,000 and 2,000 trials.

    python -m benchmarks.search --json OUT --work DIR [--jobs 2] [--only hyperfirefly optuna_tpe ...] [--again eagle]
    python -m benchmarks.search --json benchmarks/results/search.json --render

Whole searches of the paper's space, ours through the code of a study (registry, deduplication), the peers as their
users would run them (`search_peers`), two trials open at any time. Trainings are simulated from a recording of real
ones, with another landscape for each seed, and from the synthetic landscape. Finished searches are kept in --work,
where an interrupted run continues; --again repeats those of an entrant. --json holds a summary of --work, from which
`--render` writes table and plot in docs/.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import search_landscapes, search_report
from benchmarks.search_entrants import BY_NAME, ENTRANTS, SearchEntrant
from benchmarks.search_landscapes import edition, is_one_for_all_seeds, landscape
from benchmarks.search_run import OPEN, Record, search
from benchmarks.search_summary import claims, summary
from nas_engine.simulation.recorded_trainings import RecordedEvaluator
from nas_engine.simulation.recording import read_recording

RECORDING = Path("benchmarks/data/paper-2d.jsonl")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # parallelism is by `jobs` processes


@dataclass(frozen=True, slots=True)
class SearchTask:
    """One search and the path of its record."""

    entrant: str
    landscape: str
    seed: int
    trials: int
    recording: Path
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / f"{self.entrant}-{self.seed}.json"

    @property
    def is_done(self) -> bool:
        return self.path.exists() and Record.read(self.path).trials >= self.trials

    def run(self) -> Record:
        """Run the search and write its record."""
        where = landscape(self.landscape, self.seed, self.recording)
        searcher = BY_NAME[self.entrant].make(where.space, self.seed)
        trials = list(search(searcher, where, self.seed, self.trials))
        record = Record.of(trials, searcher.answered)
        record.write(self.path)
        return record


def tasks(arguments: argparse.Namespace) -> Iterator[SearchTask]:
    """Searches to run, cheap entrants first, then by seed."""
    chosen = [entrant for entrant in ENTRANTS if entrant.name in arguments.only and not entrant.missing]
    for dearness in sorted({entrant.dearness for entrant in chosen}):
        group = [entrant for entrant in chosen if entrant.dearness == dearness]
        for seed in range(arguments.seeds):
            for name in arguments.landscapes:
                yield from (_task(entrant, name, seed, arguments) for entrant in group if seed < entrant.seeds)


def _task(entrant: SearchEntrant, name: str, seed: int, arguments: argparse.Namespace) -> SearchTask:
    folder = arguments.work / edition(name, arguments.recording)
    return SearchTask(entrant.name, name, seed, min(entrant.trials, arguments.trials), arguments.recording, folder)


def run(todo: Sequence[SearchTask], jobs: int) -> None:
    """Run the searches that are not finished, `jobs` at a time, each process with one thread."""
    os.environ.update(_ONE_THREAD)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(task.run): task for task in todo}
        for number, future in enumerate(as_completed(running), start=1):
            task, record = running[future], future.result()
            reward, noise_free = record.at(task.trials)
            print(
                f"{number}/{len(todo)} {task.landscape} {task.entrant} seed {task.seed}: {reward} ({noise_free}), "
                f"{record.seconds} s a suggestion",
                flush=True,
            )


def kept(folder: Path, entrant: SearchEntrant) -> dict[int, Record]:
    """Records of one entrant by seed, of any length."""
    found = {int(path.stem.rpartition("-")[2]): Record.read(path) for path in folder.glob(f"{entrant.name}-*.json")}
    return dict(sorted(found.items()))


def result(arguments: argparse.Namespace) -> dict[str, Any]:
    """Summary of the finished searches in --work."""
    recording = read_recording(arguments.recording)
    report = RecordedEvaluator(recording).report
    peers = [entrant.name for entrant in ENTRANTS if entrant.library]
    summaries, held = {}, {}
    for name in search_landscapes.NAMES:
        folder = arguments.work / edition(name, arguments.recording)
        records = {entrant.name: kept(folder, entrant) for entrant in ENTRANTS}
        summaries[name] = summary(records, is_one_for_all_seeds(name))
        held[name] = claims(records, peers)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "open_trials": OPEN,
        "recording": {
            "trainings": report.trainings,
            "sounds": recording.header.sounds,
            "spread": round(report.spread, 4),
            "leave_one_out_error": round(report.leave_one_out_error, 4),
            "own_deviation": round(report.own_deviation, 4),
            "training_noise": round(report.training_noise, 4),
        },
        "entrants": {entrant.name: {"title": entrant.title, "source": entrant.source} for entrant in ENTRANTS},
        "claims": held,
        "landscapes": summaries,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--render", action="store_true", help="only write table and plot from --json")
    parser.add_argument("--work", type=Path, help="folder for finished searches")
    parser.add_argument("--recording", type=Path, default=RECORDING)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=BY_NAME, default=list(BY_NAME))
    parser.add_argument("--again", nargs="+", choices=BY_NAME, default=[])
    parser.add_argument("--landscapes", nargs="+", choices=search_landscapes.NAMES, default=search_landscapes.NAMES)
    parser.add_argument("--seeds", type=int, default=max(entrant.seeds for entrant in ENTRANTS), help="upper limit")
    parser.add_argument("--trials", type=int, default=max(entrant.trials for entrant in ENTRANTS), help="upper limit")
    arguments = parser.parse_args()
    if not arguments.render:
        if arguments.work is None:
            parser.error("--work is needed: the folder in which finished searches are kept")
        everything = list(tasks(arguments))
        for task in everything:
            if task.entrant in arguments.again:
                task.path.unlink(missing_ok=True)
        run([task for task in everything if not task.is_done], arguments.jobs)
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result(arguments), indent=1) + "\n")
    search_report.write(json.loads(arguments.json.read_text()))


if __name__ == "__main__":
    main()
