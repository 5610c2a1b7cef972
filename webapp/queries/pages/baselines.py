"""Published networks as trained on a dataset, shown with every study on it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from nas_engine.baselines import NAMES, Baseline, baseline
from nas_engine.cost import cost
from nas_engine.reward import reward
from nas_engine.trial_plan import Pace, TrialTime, pace, rule_time, taken_time
from webapp.models import Dataset, StreamDetection, Study, Trial, Worker
from webapp.queries.budget import live_workers
from webapp.queries.detection import detections_of
from webapp.queries.energy_estimates import CurrentEstimate, estimate_of, with_estimates, without_unknown
from webapp.queries.pages.results import Best
from webapp.translation import baseline_network, plan_key, reward_parameters, stream_plan

_EARLIER_TRIALS = 50
_COMPUTING = "it is being evaluated on the streams"
_UNUSED = ("confusion", "environment", "suggestion", "seconds", "architecture__spec", "study__space_spec")


@dataclass(frozen=True, slots=True)
class BaselineRow:
    """The latest trial of one baseline. Accuracies are 0..1; results are None until there are any.

    `accuracy` is that of the measure it is shown by: on clips, or the detection rate on the streams of a study.
    `missing` is why a completed one has none of the latter.
    """

    trial_id: int
    study_id: int
    number: int
    name: str
    state: str
    state_label: str
    reason: str
    int8_accuracy: float | None
    accuracy: float | None
    estimate: CurrentEstimate
    flash_bytes: int | None
    flops: int
    parameters: int
    missing: str = ""

    @property
    def is_completed(self) -> bool:
        return self.state == Trial.State.COMPLETED

    @property
    def is_comparable(self) -> bool:
        """Whether it has a result in the measure that it is shown by."""
        return self.is_completed and self.accuracy is not None

    @property
    def may_be_requested(self) -> bool:
        return self.state in (Trial.State.FAILED, Trial.State.CANCELLED, Trial.State.STOPPED)

    @property
    def energy_mj(self) -> float | None:
        return self.estimate.energy_mj


@dataclass(frozen=True, slots=True)
class Baselines:
    """All baselines of one dataset, the dearest first, and the study whose trials they are."""

    study_id: int
    study_name: str
    study_state: str
    study_state_label: str
    full_epochs: int
    qat_epochs: int
    rows: tuple[BaselineRow, ...]

    @property
    def completed(self) -> tuple[BaselineRow, ...]:
        return tuple(row for row in self.rows if row.is_completed)

    @property
    def comparable(self) -> tuple[BaselineRow, ...]:
        return tuple(row for row in self.rows if row.is_comparable)

    @property
    def not_comparable(self) -> tuple[BaselineRow, ...]:
        return tuple(row for row in self.completed if not row.is_comparable)

    @property
    def unfinished(self) -> tuple[BaselineRow, ...]:
        return tuple(row for row in self.rows if not row.is_completed)


@dataclass(frozen=True, slots=True)
class ComparedBaseline:
    """Completed baseline against the best trial of a study: accuracy less the trial's, energy and flash as multiples.

    Accuracies are those that the study's reward takes; `reward` is Equation 1 with the study's thresholds. What needs a
    best trial is None without one.
    """

    row: BaselineRow
    reward: float
    accuracy_difference: float | None
    energy_times: float | None
    flash_times: float | None


@dataclass(frozen=True, slots=True)
class TrainingEstimate:
    """Seconds to train each family at the width of Table 1, and all of them on `workers` training workers.

    `trials_seen` earlier trials on the dataset were judged from; with none, it is a rule of thumb.
    """

    seconds: dict[str, float]
    all_seconds: float
    workers: int
    trials_seen: int


def baselines_of(dataset_id: int, energy_model_id: int | None = None, plan: str = "") -> Baselines | None:
    """The baselines of a dataset, None if none was requested. One query, with a plan two.

    Energies are by the model of the study that they are shown with, or by the published figures; accuracies are on the
    streams of the plan with the key `plan`, else on clips.
    """
    return baselines_by_dataset([dataset_id], energy_model_id, plan).get(dataset_id)


def baselines_shown_with(study: Study) -> Baselines | None:
    """The baselines of a study's dataset by its energy model and by the accuracy that its reward takes."""
    return baselines_of(study.dataset_id, study.energy_model_id, plan_key(stream_plan(study)))


def baselines_by_dataset(
    dataset_ids: Collection[int], energy_model_id: int | None = None, plan: str = ""
) -> Mapping[int, Baselines]:
    """`baselines_of` each dataset that has some, by its id. One query, with a plan two."""
    trials = Trial.objects.filter(study__dataset__in=dataset_ids, study__kind=Study.Kind.BASELINES)
    shown = with_estimates(trials, energy_model_id).select_related("study", "architecture").defer(*_UNUSED)
    shown = without_unknown(shown, energy_model_id)
    by_dataset: dict[int, list[Trial]] = {}
    for trial in shown.order_by("number"):
        by_dataset.setdefault(trial.study.dataset_id, []).append(trial)
    detected = detections_of([trial.pk for found in by_dataset.values() for trial in found], plan)
    shown_by = partial(_row, detected=detected if plan else None)
    return {dataset_id: _baselines(found, shown_by) for dataset_id, found in by_dataset.items()}


def _baselines(trials: Sequence[Trial], row_of: Callable[[Trial], BaselineRow]) -> Baselines:
    study = trials[0].study
    latest = {trial.label: trial for trial in trials}
    rows = sorted((row_of(trial) for trial in latest.values()), key=lambda row: (-row.flops, row.number))
    return Baselines(
        study_id=study.pk,
        study_name=study.name,
        study_state=study.state,
        study_state_label=study.get_state_display(),
        full_epochs=study.full_epochs,
        qat_epochs=study.qat_epochs,
        rows=tuple(rows),
    )


def _row(trial: Trial, detected: Mapping[int, StreamDetection] | None) -> BaselineRow:
    """`detected` by trial, None where the row is shown by the accuracy on clips."""
    accuracy, missing = trial.int8_accuracy, ""
    if detected is not None:
        found = detected.get(trial.pk)
        accuracy = found.accuracy if found else None
        is_failed = found is not None and found.state == StreamDetection.State.FAILED
        missing = "" if accuracy is not None else found.reason if found and is_failed else _COMPUTING
    return BaselineRow(
        trial_id=trial.pk,
        study_id=trial.study_id,
        number=trial.number,
        name=trial.label,
        state=trial.state,
        state_label=trial.get_state_display(),
        reason=trial.reason,
        int8_accuracy=trial.int8_accuracy,
        accuracy=accuracy,
        missing=missing,
        estimate=estimate_of(trial),
        flash_bytes=trial.flash_bytes,
        flops=trial.architecture.flops,
        parameters=trial.architecture.parameters,
    )


def compared_with(rows: Sequence[BaselineRow], study: Study, best: Best | None) -> tuple[ComparedBaseline, ...]:
    """`rows` with an accuracy of the measure of this study, judged by its reward. No query."""
    return tuple(_compared(row, study, best) for row in rows if row.is_comparable)


def _compared(row: BaselineRow, study: Study, best: Best | None) -> ComparedBaseline:
    accuracy, energy_mj, flash_bytes = row.accuracy or 0.0, row.energy_mj or 0.0, row.flash_bytes or 0
    return ComparedBaseline(
        row=row,
        reward=reward(accuracy, energy_mj, flash_bytes, reward_parameters(study)),
        accuracy_difference=accuracy - best.accuracy if best else None,
        energy_times=energy_mj / best.energy_mj if best and best.energy_mj else None,
        flash_times=flash_bytes / best.flash_bytes if best and best.flash_bytes else None,
    )


def families() -> tuple[Baseline, ...]:
    """The four families at their widths of Table 1."""
    return tuple(baseline(name) for name in NAMES)


def training_estimate(dataset: Dataset, full_epochs: int) -> TrainingEstimate:
    """How long the four take on a READY dataset. Two queries."""
    clips = sum(dataset.counts.get("train", {}).values())
    finished = _finished(dataset, clips)
    known = pace(finished) or Pace(1.0, 1.0)
    seconds = {}
    for one in families():
        rule = rule_time(flops=cost(baseline_network(one, dataset)).flops, full_epochs=full_epochs, clips=clips)
        seconds[one.family] = known.applied_to(rule).total
    workers = max(1, live_workers(Worker.Role.TRAINING))
    all_seconds = max(*seconds.values(), sum(seconds.values()) / workers)
    return TrainingEstimate(seconds, all_seconds, workers, len(finished))


def _finished(dataset: Dataset, clips: int) -> list[tuple[TrialTime, TrialTime]]:
    """Times of the latest completed trials on the dataset: as taken, and by the rule."""
    completed = Trial.objects.filter(study__dataset=dataset, state=Trial.State.COMPLETED, started_at__isnull=False)
    shown = ("started_at", "finished_at", "seconds", "study__full_epochs", "study__qat_epochs", "architecture__flops")
    pairs = []
    for start, end, phases, epochs, qat_epochs, flops in completed.order_by("-finished_at").values_list(*shown)[
        :_EARLIER_TRIALS
    ]:
        rule = rule_time(flops=flops, full_epochs=epochs, qat_epochs=qat_epochs, clips=clips)
        pairs.append((taken_time((end - start).total_seconds(), phases, rule), rule))
    return pairs
