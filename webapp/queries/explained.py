"""What explains the results of a study: its trained networks as options of the space, their curves, its workers' time.

Trials that were stopped early have no int8 accuracy: they are in curves and in the time of workers, and counted where
they are left out. A confirmation trains a network again: it takes a worker's time and counts nowhere else.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from django.db.models.fields.json import KeyTransform
from numpy.typing import NDArray

from nas_engine.search_space.space import SearchSpace
from nas_engine.statistics.explanation.factors import Factors, factors_of
from nas_engine.statistics.explanation.importance import ChoiceImportance, importances
from webapp.caches import MOST_ENCODED, encoded_networks, kept
from webapp.models import CurvePoint, StoredArchitecture, Study, Trial
from webapp.models.study import BYTES_PER_KB
from webapp.queries.pages.results import results
from webapp.translation import POINTS, search_space

Goal = Literal["accuracy", "energy", "flash"]
GOALS: tuple[Goal, ...] = get_args(Goal)


@dataclass(frozen=True, slots=True)
class TrainedNetworks:
    """Completed trials of a search with finite results, in the order of their numbers, a network once. Arrays [n].

    `options` [n, positions] are those of `SearchSpace.encode`. Accuracies are in percent, energy in mJ, flash in kB.
    `stopped`, `confirmations` and `elsewhere` (not of the space, or results that are no numbers) were left out.
    `energy_sources` are where the energies come from.
    """

    space: SearchSpace
    factors: Factors
    trial_ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    options: NDArray[np.int16]
    float_accuracy: NDArray[np.float64]
    int8_accuracy: NDArray[np.float64]
    energy_mj: NDArray[np.float64]
    flash_kb: NDArray[np.float64]
    reward: NDArray[np.float64]
    on_front: NDArray[np.bool_]
    stopped: int
    confirmations: int
    elsewhere: int
    energy_sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, goal: Goal) -> NDArray[np.float64]:
        """Results [n] by the goal: int8 accuracy in percent, energy in mJ or flash in kB."""
        return {"accuracy": self.int8_accuracy, "energy": self.energy_mj, "flash": self.flash_kb}[goal]

    @property
    def best(self) -> int | None:
        """Index of the greatest reward, None without networks."""
        return int(np.argmax(self.reward)) if len(self) else None


def trained_networks(study: Study) -> TrainedNetworks:
    """Of a search, with its current energies. Four queries, one fewer where all networks are known."""
    found, space = results(study), search_space(study)
    completed = Trial.objects.filter(study=study, state=Trial.State.COMPLETED).order_by("number")
    shown = completed.values_list("pk", "architecture_id", "float_accuracy", "confirms_id")
    rows = {pk: (network, float_accuracy, confirms) for pk, network, float_accuracy, confirms in shown}
    ids = [pk for pk in found.trial_ids.tolist() if pk in rows]
    encoded = _encoded(study, space, [rows[pk][0] for pk in ids])
    places = {pk: place for place, pk in enumerate(found.trial_ids.tolist())}
    values = np.column_stack([found.int8_accuracy, found.energy_mj, found.flash_bytes, found.reward])
    firsts = [pk for pk in ids if rows[pk][2] is None]
    kept_ids = [pk for pk in firsts if encoded[rows[pk][0]] and np.isfinite([*values[places[pk]], rows[pk][1]]).all()]
    at = np.array([places[pk] for pk in kept_ids], np.int64)
    stopped = Trial.objects.filter(study=study, state=Trial.State.STOPPED, confirms=None).count()
    options = np.array([encoded[rows[pk][0]] for pk in kept_ids], np.int16).reshape(len(at), len(space.positions))
    return TrainedNetworks(
        space=space,
        factors=factors_of(space),
        trial_ids=found.trial_ids[at],
        numbers=found.numbers[at],
        options=options,
        float_accuracy=POINTS * np.array([rows[pk][1] for pk in kept_ids], np.float64),
        int8_accuracy=POINTS * found.int8_accuracy[at],
        energy_mj=found.energy_mj[at],
        flash_kb=found.flash_bytes[at] / BYTES_PER_KB,
        reward=found.reward[at],
        on_front=found.on_energy_front[at],
        stopped=stopped,
        confirmations=len(ids) - len(firsts),
        elsewhere=len(firsts) - len(kept_ids),
        energy_sources=found.energy_sources,
    )


def stopped_trials(study: Study) -> list[tuple[int, int]]:
    """Ids and numbers of the trials that were stopped early, by number. One query."""
    stopped = Trial.objects.filter(study=study, state=Trial.State.STOPPED, confirms=None)
    return list(stopped.order_by("number").values_list("pk", "number"))


def _encoded(study: Study, space: SearchSpace, hashes: Sequence[str]) -> Mapping[str, tuple[int, ...] | None]:
    """Options by architecture. A hash stands for one network for ever, so each is looked up once."""
    digest = hashlib.sha256(json.dumps(study.space_spec, sort_keys=True).encode()).hexdigest()
    found = {key: encoded_networks[digest, key] for key in hashes if (digest, key) in encoded_networks}
    missing = set(hashes) - found.keys()
    if missing:
        tables = [
            {_key(option.to_json()): index for index, option in enumerate(one.options)} for one in space.positions
        ]
        stored = StoredArchitecture.objects.filter(pk__in=missing)
        for key, blocks in stored.annotate(blocks=KeyTransform("blocks", "spec")).values_list("hash", "blocks"):
            found[key] = _options(tables, blocks)
        if len(encoded_networks) + len(missing) > MOST_ENCODED:
            encoded_networks.clear()
        encoded_networks.update({(digest, key): found[key] for key in missing})
    return found


_BlockKey = tuple[object, ...]


def _key(block: Mapping[str, object]) -> _BlockKey:
    """What distinguishes the options of a position; they have its strides in common."""
    return block["kind"], block["kernel_size"], block["filters"], block["expansion"]


def _options(
    tables: Sequence[Mapping[_BlockKey, int]], blocks: Sequence[Mapping[str, object]]
) -> tuple[int, ...] | None:
    if len(blocks) != len(tables):
        return None
    found = tuple(table.get(_key(block), -1) for table, block in zip(tables, blocks, strict=True))
    return None if -1 in found else found


def importances_of(networks: TrainedNetworks) -> Mapping[Goal, ChoiceImportance | None]:
    """Importance of each choice of the space for each goal, None where it cannot be stated."""
    codes = networks.factors.codes(networks.options)
    values = np.column_stack([networks.of(goal) for goal in GOALS])
    levels = tuple(len(factor.levels) for factor in networks.factors.factors)
    return dict(zip(GOALS, _importances(codes.tobytes(), levels, values.tobytes()), strict=True))


@kept("importances")
def _importances(codes: bytes, levels: tuple[int, ...], values: bytes) -> tuple[ChoiceImportance | None, ...]:
    results_by_goal = np.frombuffer(values, np.float64).reshape(-1, len(GOALS))
    table = np.frombuffer(codes, np.int16).reshape(len(results_by_goal), len(levels))
    return importances(table, levels, results_by_goal)


@dataclass(frozen=True, slots=True)
class LearnedCurve:
    """Accuracy on the evaluation split in percent by epoch, counted from 1 through float training and QAT.

    NaN where it was not measured; `float_epochs` of them are of float training.
    """

    accuracy: tuple[float, ...]
    float_epochs: int


def learned_curves(trial_ids: Sequence[int]) -> Mapping[int, LearnedCurve]:
    """Curves of these trials by id; trials without one are left out. One query."""
    points = CurvePoint.objects.filter(trial__in=trial_ids).order_by("trial", "phase", "epoch")  # float, then qat
    found: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for trial_id, phase, accuracy in points.values_list("trial_id", "phase", "eval_accuracy"):
        found[trial_id].append((phase, np.nan if accuracy is None else POINTS * accuracy))
    return {
        trial_id: LearnedCurve(tuple(value for _, value in own), sum(phase == "float" for phase, _ in own))
        for trial_id, own in found.items()
    }


@dataclass(frozen=True, slots=True)
class WorkedTrial:
    """A trial that a worker had, with begin and end in seconds after the first begin of the study."""

    id: int
    number: int
    state: str
    worker: str
    begin_seconds: float
    end_seconds: float
    is_confirmation: bool


def worked_trials(study: Study) -> tuple[WorkedTrial, ...]:
    """Trials that ended after they were begun, in the order in which they began. One query."""
    rows = Trial.objects.filter(study=study, started_at__isnull=False, finished_at__isnull=False)
    shown = ("pk", "number", "state", "worker", "started_at", "finished_at", "confirms_id")
    found = list(rows.order_by("started_at", "number").values_list(*shown))
    if not found:
        return ()
    first = found[0][4]
    return tuple(
        WorkedTrial(
            id=pk,
            number=number,
            state=state,
            worker=worker,
            begin_seconds=(begin - first).total_seconds(),
            end_seconds=max((end - first).total_seconds(), (begin - first).total_seconds()),
            is_confirmation=confirms is not None,
        )
        for pk, number, state, worker, begin, end, confirms in found
    )
