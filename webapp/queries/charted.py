"""What charts of a study's page show besides its results: trials without one, latencies, and when each trial ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.db.models import F, OuterRef, Q, Subquery, Value
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.errors import InfeasibleArchitecture
from webapp.caches import kept
from webapp.energy_predictors import compiled_energies_mj, is_known_once_compiled, predictor_of
from webapp.models import CurvePoint, Run, Study, Trial
from webapp.queries.pages.results import Results

MOST_DRAWN = 100
"""Trials of each kind without a result that are drawn with their costs, evenly spread."""
_SECONDS_AN_HOUR, _MS_A_SECOND = 3600.0, 1000.0
_MEASURED, _ESTIMATED = "measured on", "estimated by Vela for"

VIEWS: Mapping[str, str] = {
    "energy-flash": "Flash over energy",
    "latency": "Accuracy over latency",
    "hypervolume-trials": "Hypervolume over trials",
    "hypervolume-hours": "Hypervolume over hours",
    "space": "All three in space",
    "blocks": "Networks over their blocks",
}
"""Charts that a study's page shows one at a time, by name, in the order of their links."""

Ending = Literal["stopped", "untrained"]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A trial without a result, by what was known of it: `accuracy` (0..1) is the float one after `epoch` epochs, None
    where it was not trained. Energy (mJ) and flash (bytes) are estimates; the energy is None where nobody knows it.
    """

    number: int
    ending: Ending
    accuracy: float | None
    epoch: int | None
    energy_mj: float | None
    flash_bytes: int


@dataclass(frozen=True, slots=True)
class UnfinishedTrials:
    """The numbers of all trials that were stopped early or violate a constraint, and those of them to draw."""

    stopped: tuple[int, ...] = ()
    untrained: tuple[int, ...] = ()
    drawn: tuple[Unfinished, ...] = ()


@dataclass(frozen=True, slots=True)
class Latencies:
    """Latency of one inference in ms by trial; `source` states whose, such as "measured on Pixel 4 XL"."""

    source: str
    by_trial: Mapping[int, float]

    def of(self, trial_ids: Iterable[int]) -> NDArray[np.float64]:
        """One value a trial [n], NaN where it is not known."""
        return np.fromiter((self.by_trial.get(pk, np.nan) for pk in trial_ids), np.float64)


@kept("unfinished trials of studies")
def unfinished_trials(study: Study, found: Results) -> UnfinishedTrials:
    """Of a study whose results are `found` now. Two queries where `found` is new, none where no trial can be such."""
    if study.early_stopping == Study.EarlyStopping.NONE and not study.enforce_constraints:
        return UnfinishedTrials()
    ended = Trial.objects.filter(Q(state=Trial.State.STOPPED) | Q(violates_constraints=True), study=study)
    rows = list(ended.order_by("number").values_list("pk", "number", "violates_constraints"))
    stopped = [(pk, number) for pk, number, violates in rows if not violates]
    untrained = [(pk, number) for pk, number, violates in rows if violates]
    shown = [pk for some in (stopped, untrained) for pk, _ in _evenly(some)]
    return UnfinishedTrials(
        stopped=tuple(number for _, number in stopped),
        untrained=tuple(number for _, number in untrained),
        drawn=_with_costs(study, shown) if shown else (),
    )


def _evenly(some: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    places = np.unique(np.linspace(0, len(some) - 1, min(len(some), MOST_DRAWN)).round().astype(int))
    return [some[place] for place in places.tolist()]


def _with_costs(study: Study, ids: Sequence[int]) -> tuple[Unfinished, ...]:
    """One query, and one more for the energies of an NPU. What cannot be built is left out."""
    points = CurvePoint.objects.filter(trial=OuterRef("pk"), phase="float", eval_accuracy__isnull=False)
    last = points.order_by("-epoch")
    trials = Trial.objects.filter(pk__in=ids).order_by("number").annotate(
        last_accuracy=Subquery(last.values("eval_accuracy")[:1]), last_epoch=Subquery(last.values("epoch")[:1])
    )  # fmt: skip
    columns = ("number", "violates_constraints", "architecture_id", "architecture__spec", "last_accuracy", "last_epoch")
    rows = [(*row, counted) for row in trials.values_list(*columns) if (counted := _cost(row[3])) is not None]
    energies = _energies(study, {row[2]: row[-1] for row in rows})
    return tuple(
        Unfinished(
            number, "untrained" if violates else "stopped", accuracy, epoch, energies.get(key),
            counted.flash_bytes_estimate,
        )
        for number, violates, key, _, accuracy, epoch, counted in rows
    )  # fmt: skip


def _cost(spec: object) -> ArchitectureCost | None:
    try:
        return cost(Architecture.from_json(spec))
    except InfeasibleArchitecture:
        return None


def _energies(study: Study, costs: Mapping[str, ArchitectureCost]) -> Mapping[str, float]:
    """mJ by architecture, as the study's constraints and designer take it."""
    if study.energy_model is not None and is_known_once_compiled(study):
        return compiled_energies_mj(study.energy_model, costs)
    found = predictor_of(study).estimates(list(costs.values()))
    return {key: one.energy_mj for key, one in zip(costs, found, strict=True)}


def latencies(study: Study, others: Iterable[int] = ()) -> Latencies | None:
    """Of completed trials of the study and of the studies `others`, from one source; None where none is known.

    Measured on a device or estimated by Vela for an accelerator (not of networks with operators on the CPU, which
    Vela's time leaves out): the study's own device or accelerator first, then the source that knows most. One query.
    """
    trials = Trial.objects.filter(study__in=[study.pk, *others], state=Trial.State.COMPLETED).order_by()
    measured = trials.filter(architecture__runs__state=Run.State.READY, architecture__runs__latency_ms__isnull=False)
    estimated = trials.filter(architecture__npu_estimates__fallbacks=0)
    rows = measured.values_list(
        Value(_MEASURED), "architecture__runs__campaign__device__name", "pk", "architecture__runs__latency_ms"
    ).union(
        estimated.values_list(
            Value(_ESTIMATED), "architecture__npu_estimates__accelerator", "pk",
            F("architecture__npu_estimates__seconds") * _MS_A_SECOND,
        ),
        all=True,
    )  # fmt: skip
    sources: dict[tuple[str, str], dict[int, list[float]]] = {}
    for kind, name, trial_id, milliseconds in rows:
        sources.setdefault((kind, name), {}).setdefault(trial_id, []).append(milliseconds)
    if not sources:
        return None
    model = study.energy_model
    own = {(_MEASURED, model.device.name), (_ESTIMATED, model.accelerator)} if model else set()
    chosen = max(sources, key=lambda source: (source in own, len(sources[source]), source))
    return Latencies(" ".join(chosen), {pk: sum(all_) / len(all_) for pk, all_ in sources[chosen].items()})


def hours_of(study: Study, found: Results) -> NDArray[np.float64]:
    """Hours from the start of the study's first trial to the end of each trial of `found` [n]. One query."""
    rows = list(study.trials.filter(started_at__isnull=False).values_list("pk", "started_at", "finished_at"))
    first = min((started for _, started, _ in rows if started is not None), default=None)
    ends = {pk: finished for pk, _, finished in rows if finished is not None}
    return np.array(
        [(ends[pk] - first).total_seconds() / _SECONDS_AN_HOUR if first and pk in ends else np.nan
         for pk in found.trial_ids.tolist()],
        np.float64,
    )  # fmt: skip
