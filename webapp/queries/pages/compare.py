"""Several networks block by block, stage next to stage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from django.db.models import Q

from nas_engine import pareto
from webapp.models import Study, Trial
from webapp.queries.accuracy import EvaluationSplit, evaluation_split
from webapp.queries.detection import detections_of, measure_words
from webapp.queries.energy_estimates import (
    ENERGY,
    CurrentEstimate,
    current_estimate,
    estimates_by_model,
    with_estimates,
    without_unknown,
)
from webapp.queries.energy_models import large_fields
from webapp.queries.pages.blocks import BlockTable, Stage, block_table
from webapp.queries.pages.differences import DifferenceRow, difference_rows
from webapp.translation import architecture, plan_key, stream_plan

MOST_NETWORKS = 8
_FRONT_TRIALS = 20
_ACCURACIES = ("int8_accuracy", "reward_accuracy")


@dataclass(frozen=True, slots=True)
class Relative:
    """Network relative to the first: accuracy (0..1) less the first's, the rest as multiples; None where unknown."""

    accuracy: float | None
    energy: float | None
    flash: float | None
    flops: float | None
    parameters: float | None
    peak: float | None


@dataclass(frozen=True, slots=True)
class Network:
    """A trial, its blocks, and its stages with as many rows as those of every network of the comparison.

    `relative` is None for the first network. `detection_rate` (0..1) is that on the streams of the first network's
    study, None where its reward takes the accuracy on clips. `without_it` lists the ids of the others.
    """

    trial: Trial
    name: str
    blocks: BlockTable
    stages: tuple[Stage, ...]
    relative: Relative | None
    estimate: CurrentEstimate
    detection_rate: float | None
    without_it: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NetworkComparison:
    """Networks side by side; `notes` say why their figures may not compare, `differences` what differs by block."""

    networks: tuple[Network, ...]
    notes: tuple[str, ...]
    differences: tuple[DifferenceRow, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(network.trial.pk for network in self.networks)


@dataclass(frozen=True, slots=True)
class ComparableTrial:
    """A network that could be compared with."""

    trial_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What a network is worth comparing with: the baselines of its dataset, and its study's fronts."""

    baselines: tuple[ComparableTrial, ...]
    front: tuple[ComparableTrial, ...]

    def __bool__(self) -> bool:
        return bool(self.baselines or self.front)


def compare_context(wanted: Sequence[int]) -> dict[str, Any]:
    """The page of the first `MOST_NETWORKS` of the trials `wanted`, and what else they could be compared with."""
    found = comparison(wanted[:MOST_NETWORKS])
    notes = list(found.notes)
    if len(wanted) > MOST_NETWORKS:
        notes.append(f"Only the first {MOST_NETWORKS} networks are shown.")
    has_room = 0 < len(found.networks) < MOST_NETWORKS
    return {
        "comparison": found,
        "measure": measure_words(found.networks[0].trial.study) if found.networks else None,
        "notes": notes,
        "others": found.ids,
        "choices": choices(found.networks[0].trial, found.ids) if has_room else None,
    }


def comparison(trial_ids: Sequence[int]) -> NetworkComparison:
    """The trials of these ids, in their order, those that do not exist left out with a note. Two queries, on
    streams three.

    Energies are by the energy model of the first one's study, as far as they have an estimate by it.
    """
    related = ("study__dataset", "study__energy_model__device", "architecture")
    rows = Trial.objects.select_related(*related).defer(*large_fields("study__energy_model"))
    found = rows.in_bulk(trial_ids)
    notes = [f"There is no network {trial_id}: it was deleted." for trial_id in trial_ids if trial_id not in found]
    tables: dict[Trial, BlockTable] = {}
    for trial in (found[trial_id] for trial_id in trial_ids if trial_id in found):
        if table := block_table(trial.architecture):
            tables[trial] = table
        else:
            notes.append(f"{_name(trial)} cannot be built: there is nothing to compare.")
    trials, heights = list(tables), _common_heights(tables.values())
    estimates, rates = _estimates(trials), _rates(trials)
    networks = tuple(
        _network(trial, table, table.padded(heights), trials, estimates, rates) for trial, table in tables.items()
    )
    differing = difference_rows([architecture(trial.architecture) for trial in trials])
    return NetworkComparison(networks, tuple(notes + _obstacles(trials, estimates)), differing)


def _estimates(trials: Sequence[Trial]) -> dict[int, CurrentEstimate]:
    """Estimate of each trial by the first one's energy model or, where there is none, the one made when it ended."""
    by_model = estimates_by_model((trial.pk for trial in trials), trials[0].study.energy_model_id) if trials else {}
    return {trial.pk: by_model.get(trial.pk) or current_estimate(trial, ()) for trial in trials}


def _rates(trials: Sequence[Trial]) -> dict[int, float | None]:
    """Detection rates on the streams of the first one's study, empty where its reward takes the accuracy on clips."""
    key = plan_key(stream_plan(trials[0].study)) if trials else ""
    detected = detections_of([trial.pk for trial in trials], key)
    rates = {pk: row.accuracy for pk, row in detected.items()}
    return rates | {trial.pk: trial.stream_accuracy for trial in trials if key and _key_of(trial) == key}


def _key_of(trial: Trial) -> str:
    return plan_key(stream_plan(trial.study))


def _common_heights(tables: Iterable[BlockTable]) -> dict[int, int]:
    """Rows that each stage needs for all networks, from the input on; the head, of no time steps, comes last."""
    heights: dict[int, int] = {}
    for table in tables:
        heights |= {steps: max(rows, heights.get(steps, 0)) for steps, rows in table.heights.items()}
    return {steps: heights[steps] for steps in sorted(heights, reverse=True)}


def _name(trial: Trial) -> str:
    return trial.label or f"Trial {trial.number}"


def _network(
    trial: Trial,
    table: BlockTable,
    stages: tuple[Stage, ...],
    trials: Sequence[Trial],
    estimates: Mapping[int, CurrentEstimate],
    rates: Mapping[int, float | None],
) -> Network:
    first = trials[0]
    return Network(
        trial=trial,
        name=_name(trial),
        blocks=table,
        stages=stages,
        relative=None if trial is first else _relative(trial, first, estimates),
        estimate=estimates[trial.pk],
        detection_rate=rates.get(trial.pk),
        without_it=tuple(other.pk for other in trials if other is not trial),
    )


def _relative(trial: Trial, first: Trial, estimates: Mapping[int, CurrentEstimate]) -> Relative:
    def times(value: float | None, of: float | None) -> float | None:
        return value / of if value is not None and of else None

    known = trial.int8_accuracy is not None and first.int8_accuracy is not None
    own, other = trial.architecture, first.architecture
    return Relative(
        accuracy=(trial.int8_accuracy or 0.0) - (first.int8_accuracy or 0.0) if known else None,
        energy=times(estimates[trial.pk].energy_mj, estimates[first.pk].energy_mj),
        flash=times(trial.flash_bytes, first.flash_bytes),
        flops=times(own.flops, other.flops),
        parameters=times(own.parameters, other.parameters),
        peak=times(own.peak_activation_bytes, other.peak_activation_bytes),
    )


def _obstacles(trials: Sequence[Trial], estimates: Mapping[int, CurrentEstimate]) -> list[str]:
    """Differences in training or energy source that keep these networks from being compared."""
    notes = []
    if len({trial.study.dataset_id for trial in trials}) > 1:
        notes.append("These networks were trained on different datasets: their accuracies cannot be compared.")
    lengths = sorted({trial.study.full_epochs for trial in trials})
    if len(lengths) > 1:
        listed = " and ".join(str(length) for length in lengths)
        notes.append(f"These networks were trained for different lengths, {listed} epochs in full.")
    qat_lengths = sorted({trial.study.qat_epochs for trial in trials})
    if len(qat_lengths) > 1:
        listed = " and ".join(str(length) for length in qat_lengths)
        notes.append(f"These networks were trained with simulated quantisation for {listed} epochs.")
    sources = sorted({estimate.source for estimate in estimates.values() if estimate.source})
    if len(sources) > 1:
        notes.append(f"Their energies cannot be compared, they come from {' and '.join(sources)}: re-estimate a study.")
    return notes


@dataclass(frozen=True, slots=True)
class _Result:
    """A completed trial of the study at hand or of its dataset's baselines."""

    id: int
    kind: str
    label: str
    number: int
    accuracy: float
    energy_mj: float
    flash_bytes: int


def choices(trial: Trial, besides: Sequence[int] = ()) -> Choices:
    """What to compare `trial` with, but for the networks `besides`. One query."""
    study = trial.study
    published = Q(study__dataset=study.dataset_id, study__kind=Study.Kind.BASELINES)
    completed = Trial.objects.filter(Q(study=study) | published, state=Trial.State.COMPLETED)
    rows = (
        without_unknown(with_estimates(completed, study.energy_model_id), study.energy_model_id)
        .order_by("-architecture__flops")
        .values_list("pk", "study__kind", "label", "number", *_ACCURACIES, ENERGY, "flash_bytes")
    )
    hidden = {trial.pk, *besides}
    split = evaluation_split(study.dataset)
    least = split.least_above_chance if split else 0.0
    found = [
        _Result(pk, kind, label, number, accuracy or 0.0, energy_mj or 0.0, flash_bytes or 0)
        for pk, kind, label, number, on_clips, accuracy, energy_mj, flash_bytes in rows
        if kind == Study.Kind.BASELINES or (on_clips or 0.0) >= least
    ]
    baselines = (row for row in found if row.kind == Study.Kind.BASELINES)
    front = _on_front([row for row in found if row.kind == Study.Kind.SEARCH])
    words = _rate_in_words if study.is_on_streams else partial(_accuracy_in_words, split)
    return Choices(
        tuple(ComparableTrial(row.id, row.label) for row in baselines if row.id not in hidden),
        tuple(_front_choice(row, words) for row in front if row.id not in hidden),
    )


def _on_front(trials: Sequence[_Result]) -> list[_Result]:
    """Those on the front over energy or over flash, the most accurate first, not too many to choose from."""
    rows = [(row.accuracy, row.energy_mj, row.flash_bytes) for row in trials]
    values = np.array(rows, np.float64).reshape(len(rows), 3)
    energy, flash = (pareto.front(values[:, [0, cost]], maximise=(True, False)) for cost in (1, 2))
    shown = [row for row, is_on in zip(trials, energy | flash, strict=True) if is_on]
    return sorted(shown, key=lambda row: (-row.accuracy, row.number))[:_FRONT_TRIALS]


def _accuracy_in_words(split: EvaluationSplit | None, share: float) -> str:
    accuracy = split.accuracy(share) if split else None
    clips = f" ({accuracy.correct:,} of {accuracy.clips:,})" if accuracy else ""
    return f"{100 * share:.1f} %{clips}"


def _rate_in_words(share: float) -> str:
    return f"detection rate {100 * share:.1f} %"


def _front_choice(row: _Result, words: Callable[[float], str]) -> ComparableTrial:
    figures = f"{words(row.accuracy)}, {row.energy_mj:.2f} mJ, {row.flash_bytes / 1000:.0f} kB"
    return ComparableTrial(row.id, f"Trial {row.number}: {figures}")
