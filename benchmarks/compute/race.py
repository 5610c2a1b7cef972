"""A race with real trainings: our default against a peer's setting at equal epochs, our trainer under both.

    python -m benchmarks.compute.race SOUNDS [--work PATH] [--json OUT] [--space paper-1d] [--epochs 3000]
                                      [--entrants NAME ...] [--seeds 200 202]

Counted are epochs as in `spending`. The network that each search would hand over after each of the --checkpoints is
then trained --final times with other seeds, and its mean accuracy on the evaluation split less the penalty of
Equation 1 is its reward. One line a training is kept in --work. An interrupted race goes on: kept trainings are given
to the entrants again, who must ask for the same ones.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.compute.entrants import BY_NAME
from benchmarks.compute.spending import Entrant
from benchmarks.search_landscapes import PENALTY
from nas_engine.architecture import Architecture
from nas_engine.audio.cache import FeaturePack
from nas_engine.errors import InfeasibleArchitecture, TrainingDiverged
from nas_engine.evaluation_result import EpochResult, EvaluationResult, Progress
from nas_engine.network.schedule import TrainingConfig
from nas_engine.search_space.paper_spaces import NAMES, by_name
from nas_engine.search_space.space import SearchSpace
from nas_engine.simulation.simulated_evaluation import SimulatedPlan
from webapp.management.sounds import packed_features

_DEFAULTS = ("hyperfirefly-marginal_value", "optuna_tpe-asha_1-loss")
"""Of new studies; the peer that was best on the recordings at 3,000 epochs (benchmarks/results/compute.json)."""
_SEEDS_A_SEARCH = 100_000  # trainings of a search have seeds of their own
_FIRST_FINAL_SEED = 50_000


class _Stopped(Exception):
    """An entrant or the end of the epochs stops a training."""


@dataclass(frozen=True, slots=True)
class RacedTraining:
    """One training of a search: its float epochs as (loss, accuracy on the evaluation split), 0..1, and QAT epochs.

    `result` is None where the training was stopped or failed. `seconds` are those of the training.
    """

    options: tuple[int, ...]
    float_epochs: tuple[tuple[float, float], ...]
    qat_epochs: int
    result: Mapping[str, Any] | None
    seconds: float

    @property
    def epochs(self) -> int:
        """Epochs of both kinds."""
        return len(self.float_epochs) + self.qat_epochs

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "RacedTraining":
        """Inverse of `asdict`."""
        points = tuple((loss, accuracy) for loss, accuracy in fields["float_epochs"])
        return cls(tuple(fields["options"]), points, fields["qat_epochs"], fields["result"], fields["seconds"])


class RaceJournal:
    """Trainings by key, one JSON line each; an incomplete last line is cut off."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        path.write_bytes(content[: content.rfind(b"\n") + 1])
        lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        self._kept = {json.dumps(line["key"]): RacedTraining.from_json(line["training"]) for line in lines}

    def get(self, *key: str | int) -> RacedTraining | None:
        """RacedTraining of `key`, if it is kept."""
        return self._kept.get(json.dumps(key))

    def keep(self, training: RacedTraining, *key: str | int) -> None:
        """Append a training."""
        self._kept[json.dumps(key)] = training
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "training": asdict(training)}, separators=(",", ":")) + "\n")


class Race:
    """Searches of `space` by `config` on `pack`, in this process; `epochs` are those of a search."""

    def __init__(
        self, pack: FeaturePack, space: SearchSpace, journal: RaceJournal, epochs: int, config: TrainingConfig
    ) -> None:
        self._pack = pack
        self._space = space
        self._journal = journal
        self._epochs = epochs
        self._config = config
        self._plan = SimulatedPlan(config.trial_epochs, config.qat_epochs)

    def search(self, name: str, seed: int) -> Iterator[tuple[int, RacedTraining, Architecture | None]]:
        """Epochs spent after each training, the training, and the network that would be handed over then."""
        entrant = BY_NAME[name].make(self._space, seed, self._plan)
        spent, number = 0, 0
        while spent < self._epochs:
            number += 1
            architecture = entrant.begin()
            options = self._space.encode(architecture)
            training = self._journal.get(name, seed, number)
            if training is None:
                training = self._train(architecture, seed * _SEEDS_A_SEARCH + number, self._epochs - spent, entrant)
                self._journal.keep(training, name, seed, number)
                print(f"{name}, seed {seed}: {spent + training.epochs} epochs", flush=True)
            elif training.options != tuple(options):
                raise SystemExit(f"{name}, seed {seed}: training {number} of the kept race is of another network.")
            else:
                _retell(entrant, training)
            spent += training.epochs
            if training.result is None and spent >= self._epochs:
                return  # the epochs ran out in it
            entrant.end(None if training.result is None else _result(training.result))
            yield spent, training, entrant.incumbent()

    def final_accuracies(self, architecture: Architecture, count: int) -> list[float]:
        """int8 accuracies (0..1) on the evaluation split of `count` whole trainings with seeds of their own."""
        found = []
        for number in range(count):
            training = self._journal.get("final", architecture.hash, number)
            if training is None:
                training = self._train(architecture, _FIRST_FINAL_SEED + number, self._epochs, None)
                self._journal.keep(training, "final", architecture.hash, number)
            if training.result is not None:
                found.append(float(training.result["int8_accuracy"]))
        return found

    def _train(self, architecture: Architecture, seed: int, left: int, entrant: Entrant | None) -> RacedTraining:
        """Train for at most `left` epochs, float ones until `entrant` stops."""
        from nas_engine.evaluation import evaluate  # loads TensorFlow

        points: list[tuple[float, float]] = []
        quantised, seconds = 0, 0.0

        def on_progress(progress: Progress) -> None:
            nonlocal quantised, seconds
            seconds = progress.seconds
            if not progress.epoch:
                return
            if progress.phase == "float":
                assert progress.loss is not None
                assert progress.eval_accuracy is not None
                points.append((progress.loss, progress.eval_accuracy))
                if entrant is not None and entrant.stops(_point(len(points), points[-1])):
                    raise _Stopped
            else:
                quantised += 1
            if len(points) + quantised >= left:
                raise _Stopped

        result = None
        try:
            found = evaluate(architecture, self._pack, replace(self._config, seed=seed), on_progress).result
            result = asdict(found) | {"runtimes": {}}
            seconds = sum(found.seconds.values())
        except (_Stopped, InfeasibleArchitecture, TrainingDiverged):
            pass
        return RacedTraining(self._space.encode(architecture), tuple(points), quantised, result, round(seconds, 2))


def _point(epoch: int, values: tuple[float, float]) -> EpochResult:
    loss, accuracy = values
    return EpochResult("float", epoch, loss, accuracy, accuracy, 0.0)


def _retell(entrant: Entrant, training: RacedTraining) -> None:
    """Tell `entrant` the epochs of a kept training."""
    for epoch, values in enumerate(training.float_epochs, start=1):
        entrant.stops(_point(epoch, values))


def _result(fields: Mapping[str, Any]) -> EvaluationResult:
    return EvaluationResult(**fields | {"confusion": tuple(map(tuple, fields["confusion"]))})


def raced(race: Race, name: str, seed: int, checkpoints: list[int], final: int) -> dict[str, Any]:
    """What the JSON holds of one search. Rewards are None where there is no network yet."""
    handed_over: dict[int, Architecture | None] = dict.fromkeys(checkpoints)
    trained: list[RacedTraining] = []
    for spent, training, network in race.search(name, seed):
        trained.append(training)
        handed_over |= {checkpoint: network for checkpoint in checkpoints if spent <= checkpoint}
    after = {}
    for checkpoint, network in handed_over.items():
        accuracies = [] if network is None else race.final_accuracies(network, final)
        reward = mean(accuracies) - PENALTY(network) if network is not None and accuracies else None
        after[str(checkpoint)] = {"reward": reward, "accuracies": accuracies}
    finished = sum(training.result is not None for training in trained)
    seconds = round(sum(training.seconds for training in trained))
    counts = {"trainings": len(trained), "finished": finished, "seconds": seconds}
    return {"entrant": name, "seed": seed, **counts, "after": after}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sounds", type=Path, help="a folder or list of clips")
    parser.add_argument("--work", type=Path, default=Path("benchmarks/results/race.jsonl"), help="keeps trainings")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/race.json"))
    parser.add_argument("--space", default="paper-1d", type=lambda name: name.replace("-", "_"), choices=NAMES)
    parser.add_argument("--epochs", type=int, default=3_000)
    parser.add_argument("--checkpoints", type=int, nargs="+", default=[1_000, 3_000])
    parser.add_argument("--entrants", nargs="+", choices=BY_NAME, default=list(_DEFAULTS))
    parser.add_argument("--seeds", type=int, nargs=2, default=(200, 202), help="first, and one after the last")
    parser.add_argument("--final", type=int, default=3, help="trainings of each network that is handed over")
    arguments = parser.parse_args()
    from nas_engine.network.keras import configure  # loads TensorFlow

    configure(1)
    with packed_features(arguments.sounds, lambda *_: None) as pack:
        space = by_name(arguments.space, len(pack.classes))
        race = Race(pack, space, RaceJournal(arguments.work), arguments.epochs, TrainingConfig())
        searches = []
        for seed in range(*arguments.seeds):
            for name in arguments.entrants:
                searches.append(raced(race, name, seed, arguments.checkpoints, arguments.final))
                print(json.dumps(searches[-1]), flush=True)
    clips = {split: len(pack.split(split)) for split in ("train", "eval")}
    found = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "space": arguments.space,
        "clips": clips,
        "epochs": arguments.epochs,
        "searches": searches,
    }
    arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
