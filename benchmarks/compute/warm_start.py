"""What a search gains that begins with the best networks of an earlier study, at equal epochs of its own.

    python -m benchmarks.compute.warm_start --work PATH --json OUT [--part even] [--seeds 200 204] [--epochs 1000]

Earlier studies, each of --source-epochs by the same entrant, with the same space and the same penalties of Equation 1:

    same       the same landscape: other seeds of designer and of training noise
    related    another landscape fitted to the same recording. What the recording shows of blocks is shared; what it
               leaves open, and each network's own deviation, is drawn independently
    unrelated  the made-up landscape for a recorded one, and the other way round: no accuracy is shared

The search's first --networks trials are the earlier study's networks of the highest measured reward. `cold` has no
earlier study; `cold_longer` is a cold search with the epochs of the earlier study in addition, which is what these
could have been spent on. One line a finished search is kept in --work, from which an interrupted run goes on.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compute import landscapes
from benchmarks.compute.entrants import OURS
from benchmarks.compute.landscapes import PARTS, Landscape, Part
from benchmarks.compute.ours import OurEntrant
from benchmarks.compute.spending import ComputeRecord, PaidSearch, read
from benchmarks.search_landscapes import MADE_UP
from nas_engine.architecture import Architecture
from nas_engine.designers.base import Designer, Outcome, State, Suggestion

SOURCES = ("same", "related", "unrelated")
COLD, LONGER = "cold", "cold_longer"
_OTHER = 1_000  # added to a search's seed for that of its earlier study
_CHECKPOINTS = (300, 1_000, 3_000)


class WarmStartedDesigner:
    """Suggests the networks `first`, each once, then as `designer` does, which learns from their outcomes as well."""

    def __init__(self, designer: Designer, first: Sequence[Architecture]) -> None:
        self._designer = designer
        self._first = {architecture.network_hash: architecture for architecture in first}
        self._tried: set[str] = set()

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """Networks of `first` that are neither tried nor pending, best first; then the designer's own."""
        taken = self._tried | {architecture.network_hash for architecture in pending}
        left = [architecture for key, architecture in self._first.items() if key not in taken][:count]
        suggestions = [Suggestion(architecture, {"source": "warm_start"}) for architecture in left]
        if len(suggestions) < count:
            suggestions += self._designer.suggest(count - len(suggestions), [*pending, *left])
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        self._tried.update(outcome.architecture.network_hash for outcome in outcomes)
        self._designer.update(outcomes)

    def dump(self) -> State:
        return self._designer.dump()


def source(kind: str, name: str, part: Part, seed: int) -> Landscape | None:
    """Landscape of the earlier study; None where there is no such kind for the landscape `name`."""
    if kind == "same":
        return landscapes.landscape(name, part, seed)
    if kind == "related":
        return None if name == MADE_UP else landscapes.landscape(name, part, seed + _OTHER)
    recorded = next(other for other in landscapes.names() if other != MADE_UP)
    return landscapes.landscape(recorded if name == MADE_UP else MADE_UP, part, seed)


def best_measured(where: Landscape, entrant: str, seed: int, epochs: int, most: int) -> list[Architecture]:
    """Networks of the highest measured reward that a search of so many epochs trained to their ends, best first."""
    searcher = OURS[entrant].make(where.space, seed, where.plan)
    PaidSearch(searcher, where, seed, epochs).run("", "", "", entrant)
    return searcher.best_measured(most)


def search(name: str, kind: str, arguments: argparse.Namespace, seed: int) -> ComputeRecord:
    """Search of the landscape `name` after an earlier study of this kind, or without one."""
    where, entrant, epochs = landscapes.landscape(name, arguments.part, seed), arguments.entrant, arguments.epochs
    searcher = OURS[entrant].make(where.space, seed, where.plan)
    if kind in SOURCES:
        earlier = source(kind, name, arguments.part, seed)
        assert earlier is not None
        first = best_measured(earlier, entrant, seed + _OTHER, arguments.source_epochs, arguments.networks)
        searcher = warm_started(searcher, first)
    elif kind == LONGER:
        epochs += arguments.source_epochs
    label = _label(kind, arguments)
    return PaidSearch(searcher, where, seed, epochs).run(name, landscapes.edition(name), arguments.part, label)


def warm_started(searcher: OurEntrant, first: Sequence[Architecture]) -> OurEntrant:
    """The entrant with a designer that begins with the networks `first`."""
    searcher.designer = WarmStartedDesigner(searcher.designer, first)
    return searcher


def requested(arguments: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    """Landscape, kind of earlier study and seed of each search."""
    for seed in range(*arguments.seeds):
        for name in arguments.landscapes:
            for kind in (COLD, LONGER, *SOURCES):
                if kind not in SOURCES or source(kind, name, arguments.part, seed) is not None:
                    yield name, kind, seed


def _label(kind: str, arguments: argparse.Namespace) -> str:
    """Name of a search in --work: searches with other settings are others."""
    return f"{arguments.entrant}-{kind}-{arguments.source_epochs}-{arguments.networks}"


def summary(records: Sequence[ComputeRecord], arguments: argparse.Namespace) -> dict[str, Any]:
    """Rewards by landscape, kind and epochs: mean, standard error of its lead over cold by seeds, and wins."""
    by_key = {(one.landscape, one.entrant, one.seed): one for one in records if one.part == arguments.part}
    found: dict[str, Any] = {}
    for name in arguments.landscapes:
        for kind in (COLD, LONGER, *SOURCES):
            seeds = [s for s in range(*arguments.seeds) if (name, _label(kind, arguments), s) in by_key]
            searches = [by_key[name, _label(kind, arguments), seed] for seed in seeds]
            cold = [by_key[name, _label(COLD, arguments), seed] for seed in seeds]
            if seeds:
                found.setdefault(name, {})[kind] = _numbers(searches, cold, kind, arguments)
    return found


def _numbers(
    searches: Sequence[ComputeRecord], cold: Sequence[ComputeRecord], kind: str, arguments: argparse.Namespace
) -> dict[str, Any]:
    numbers: dict[str, Any] = {"seeds": len(searches)}
    extra = arguments.source_epochs if kind == LONGER else 0
    for epochs in sorted({*(one for one in _CHECKPOINTS if one <= arguments.epochs), arguments.epochs}):
        rewards = np.array([one.at_epochs(epochs + extra) or 0.0 for one in searches])
        leads = rewards - np.array([one.at_epochs(epochs) or 0.0 for one in cold])
        error = float(leads.std(ddof=1) / np.sqrt(len(leads))) if len(leads) > 1 else None
        numbers[str(epochs)] = {
            "mean": round(float(rewards.mean()), 4),
            "lead": round(float(leads.mean()), 4),
            "lead_standard_error": error and round(error, 4),
            "wins": int((leads > 0).sum()),
            "losses": int((leads < 0).sum()),
        }
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="file in which finished searches are kept")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--part", choices=PARTS, default="even")
    parser.add_argument("--seeds", type=int, nargs=2, default=(200, 204), help="first, and one after the last")
    parser.add_argument("--epochs", type=int, default=1_000)
    parser.add_argument("--source-epochs", type=int, default=1_000)
    parser.add_argument("--networks", type=int, default=5)
    parser.add_argument("--entrant", choices=OURS, default="hyperfirefly-marginal_value")
    parser.add_argument("--landscapes", nargs="+", choices=landscapes.names(), default=landscapes.names())
    arguments = parser.parse_args()
    done = {(one.landscape, one.entrant, one.seed, one.edition, one.part) for one in read(arguments.work)}
    arguments.work.parent.mkdir(parents=True, exist_ok=True)
    for name, kind, seed in requested(arguments):
        if (name, _label(kind, arguments), seed, landscapes.edition(name), arguments.part) not in done:
            record = search(name, kind, arguments, seed)
            with arguments.work.open("a", encoding="utf-8") as file:
                file.write(record.line())
            print(name, kind, seed, record.at_epochs(record.epochs), flush=True)
    current = [one for one in read(arguments.work) if one.edition == landscapes.edition(one.landscape)]
    settings = {key: getattr(arguments, key) for key in ("part", "entrant", "epochs", "source_epochs", "networks")}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    found = settings | {"landscapes": summary(current, arguments)}
    arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
