"""The trials table of a study: sorted, filtered and cut into pages by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, OrderBy, Q

from nas_engine.reward import RewardBreakdown, RewardParameters, reward_breakdown
from webapp.models import Study, Trial, TrialQuerySet
from webapp.queries.energy_estimates import ENERGY, REWARD, CurrentEstimate, estimate_of, with_estimates
from webapp.queries.pages.results import Results
from webapp.queries.paging import PageOf, page_of
from webapp.queries.summaries import KIND_NAMES, BlockMark, block_marks, summary
from webapp.queries.whole_numbers import whole_number
from webapp.translation import reward_parameters

ROWS_A_PAGE = 50
_LARGEST_NUMBER = 2**31 - 1
_CONFIRMED = "confirmed_number"
_RETRIED = "retry_number"

SORT_FIELDS: Mapping[str, str] = {
    "number": "number",
    "state": "state",
    "reward": REWARD,
    "int8": "int8_accuracy",
    "detection": "stream_accuracy",
    "float": "float_accuracy",
    "energy": ENERGY,
    "flash": "flash_bytes",
    "flops": "architecture__flops",
    "parameters": "architecture__parameters",
}
COLUMNS: Mapping[str, str] = {
    "detection": "Detection rate",
    "int8": "int8 accuracy",
    "float": "Float accuracy",
    "energy": "Energy",
    "flash": "Flash",
    "flops": "FLOPs",
    "parameters": "Parameters",
    "blocks": "Blocks",
    "front": "Front",
    "time": "Time",
}
"""Columns that the table can leave out, by their names in addresses; number, state and reward always stand."""
OF_RESULTS = ("detection", "int8", "float", "energy", "flash")
"""Those of them that a trial without a result leaves empty."""
ALL_TRIALS = "ALL"
BY_REWARD = "-reward"
TRIAL_STATES: tuple[tuple[str, str], ...] = (*Trial.State.choices, (Trial.VIOLATING, "constraint violated"))
_SHOWN = (
    "number",
    "label",
    "origin",
    "skipped",
    "state",
    "violates_constraints",
    "int8_accuracy",
    "stream_accuracy",
    "reward_accuracy",
    "float_accuracy",
    "flash_bytes",
    "reason",
    "tflite",
    "started_at",
    "finished_at",
    "phase",
    "epoch",
    "epochs",
    "study_id",
    "architecture__hash",
    "architecture__flops",
    "architecture__parameters",
    "architecture__spec",
)


@dataclass(frozen=True, slots=True)
class TrialFilter:
    """Which trials to show and in what order. `state` is one of TRIAL_STATES, "" for all but those that violate a
    constraint and were not trained, or ALL_TRIALS; `sort` a key of SORT_FIELDS, with "-" before it for descending;
    `columns` the keys of COLUMNS to show.
    """

    state: str = ""
    front: str = ""  # "energy", "flash" or ""
    within_limits: bool = False
    text: str = ""
    sort: str = BY_REWARD
    page: int = 1
    columns: tuple[str, ...] = tuple(COLUMNS)

    @property
    def is_narrowed(self) -> bool:
        """Whether trials are left out besides those that violate a constraint, or these are wanted."""
        return bool(self.state or self.front or self.within_limits or self.text)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """What the table shows of a trial. Accuracies are 0..1; results are None until there are any, costs where there is
    nothing to count because the network cannot be built. `confirms` is the number of the trial that it confirms,
    `origin` in words, "" of a suggestion.
    """

    id: int
    number: int
    label: str
    state: str
    state_label: str
    violates_constraints: bool
    estimate: CurrentEstimate
    int8_accuracy: float | None
    stream_accuracy: float | None
    float_accuracy: float | None
    flash_bytes: int | None
    flops: int | None
    parameters: int | None
    seconds: float | None
    architecture_hash: str
    blocks: tuple[BlockMark, ...]
    on_energy_front: bool
    on_flash_front: bool
    within_energy: bool
    within_flash: bool
    reason: str
    progress: str
    confirms: int | None
    origin: str
    skipped: bool
    is_retried: bool

    @property
    def reward(self) -> float | None:
        return self.estimate.reward

    @property
    def energy_mj(self) -> float | None:
        return self.estimate.energy_mj


def trial_page(study: Study, results: Results, wanted: TrialFilter, total: int | None = None) -> PageOf[TrialRow]:
    """One page of the trials of `study` as `wanted`. Two queries, one if the `total` is known; `results` gives the
    fronts.
    """
    found = filtered_trials(study, results, wanted)
    confirming = found.annotate(**{_CONFIRMED: F("confirms__number"), _RETRIED: F("retry__number")})
    shown = ordered_trials(study, confirming, wanted).select_related("architecture").only(*_SHOWN)
    energy_front, flash_front = results.ids_on(results.on_energy_front), results.ids_on(results.on_flash_front)

    parameters = reward_parameters(study)

    def rows(some: Sequence[Trial]) -> list[TrialRow]:
        return [_row(parameters, trial, trial.pk in energy_front, trial.pk in flash_front) for trial in some]

    # Counted without the estimates, on which no filter depends.
    total = found.count() if total is None else total
    return page_of(shown, number=wanted.page, size=ROWS_A_PAGE, rows=rows, total=total)


def hidden_trials(study: Study, results: Results, wanted: TrialFilter) -> int:
    """How many trials match `wanted` but for violating a constraint. No query where none can."""
    if wanted.state or not study.enforce_constraints:
        return 0
    return filtered_trials(study, results, replace(wanted, state=Trial.VIOLATING)).count()


def ordered_trials(study: Study, trials: TrialQuerySet, wanted: TrialFilter) -> TrialQuerySet:
    """Trials of the study with their current estimates, in the order that is wanted."""
    return with_estimates(trials, study.energy_model_id).order_by(*_order(wanted.sort))


def filtered_trials(study: Study, results: Results, wanted: TrialFilter) -> TrialQuerySet:
    """Trials of the study that are wanted, of all pages; `results` gives the fronts."""
    trials = Trial.objects.filter(study=study)
    if wanted.state != ALL_TRIALS:
        trials = trials.filter(violates_constraints=wanted.state == Trial.VIOLATING)
    if wanted.state in Trial.State.values:
        trials = trials.filter(state=wanted.state)
    if wanted.front == "energy":
        trials = trials.filter(pk__in=results.ids_on(results.on_energy_front))
    if wanted.front == "flash":
        trials = trials.filter(pk__in=results.ids_on(results.on_flash_front))
    if wanted.within_limits:
        trials = trials.filter(pk__in=results.ids_on(results.within_limits))
    if wanted.text:
        trials = _matching(trials, wanted.text)
    return trials


def _matching(trials: TrialQuerySet, text: str) -> TrialQuerySet:
    """Trials with `text` as number, in name, reason or worker, as the hash's beginning or as the kind of a block."""
    lower = text.lower()
    found = (
        Q(label__icontains=text)
        | Q(reason__icontains=text)
        | Q(worker__icontains=text)
        | Q(architecture__hash__startswith=lower)
    )
    if (number := whole_number(text, most=_LARGEST_NUMBER)) is not None:
        found |= Q(number=number)
    for kind, name in KIND_NAMES.items():
        if lower in kind or lower in name.lower():
            found |= Q(architecture__spec__blocks__contains=[{"kind": kind}])
    return trials.filter(found)


def _order(sort: str) -> tuple[OrderBy, OrderBy]:
    """The wanted order, trials without a value last, equals by number."""
    field = F(SORT_FIELDS.get(sort.removeprefix("-"), "number"))
    first = field.desc(nulls_last=True) if sort.startswith("-") else field.asc(nulls_last=True)
    return first, F("number").asc()


def _row(parameters: RewardParameters, trial: Trial, on_energy_front: bool, on_flash_front: bool) -> TrialRow:
    estimate = estimate_of(trial)
    parts = _breakdown(parameters, trial, estimate)
    return TrialRow(
        id=trial.pk,
        number=trial.number,
        label=trial.label,
        state=trial.shown_state,
        state_label=trial.state_label,
        violates_constraints=trial.violates_constraints,
        estimate=estimate,
        int8_accuracy=trial.int8_accuracy,
        stream_accuracy=trial.stream_accuracy,
        float_accuracy=trial.float_accuracy,
        flash_bytes=trial.flash_bytes,
        flops=trial.architecture.flops or None,
        parameters=trial.architecture.parameters or None,
        seconds=seconds_between(trial.started_at, trial.finished_at),
        architecture_hash=trial.architecture.hash,
        blocks=block_marks(trial.architecture.spec),
        on_energy_front=on_energy_front,
        on_flash_front=on_flash_front,
        within_energy=parts is not None and parts.energy_excess_mj == 0,
        within_flash=parts is not None and parts.flash_excess_bytes == 0,
        reason=trial.reason,
        progress=_progress(trial),
        confirms=getattr(trial, _CONFIRMED),
        origin="" if trial.origin == Trial.Origin.SUGGESTED else trial.get_origin_display(),
        skipped=trial.skipped,
        is_retried=getattr(trial, _RETRIED) is not None,
    )


def _breakdown(parameters: RewardParameters, trial: Trial, estimate: CurrentEstimate) -> RewardBreakdown | None:
    """Equation 1 of a completed trial."""
    if trial.state != Trial.State.COMPLETED:
        return None
    return reward_breakdown(trial.reward_accuracy or 0.0, estimate.energy_mj or 0.0, trial.flash_bytes or 0, parameters)


def _progress(trial: Trial) -> str:
    """Where a running trial is, such as "float 3/45"."""
    if trial.state != Trial.State.RUNNING or not trial.phase:
        return ""
    return f"{trial.phase} {trial.epoch}/{trial.epochs}" if trial.epochs else trial.phase


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from `start` to `end`, None while one of them is not known."""
    return (end - start).total_seconds() if start and end else None


def summaries(trial_ids: Sequence[int]) -> dict[int, str]:
    """The architectures of some trials in a few characters each, by trial id. One query."""
    specs = Trial.objects.filter(pk__in=trial_ids).values_list("pk", "architecture__spec")
    return {trial_id: summary(spec) for trial_id, spec in specs}
