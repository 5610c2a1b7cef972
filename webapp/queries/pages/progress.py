"""Progress of a study: counts, running trials, time left, and whether anybody is working on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Min, Q
from django.utils import timezone

from webapp.models import Study, Trial, Worker
from webapp.queries.budget import COUNTED
from webapp.queries.deliberation import searcher_of
from webapp.queries.leases import lease
from webapp.queries.listed_progress import seconds_left_of_list
from webapp.queries.pages.results import ResultsMark, last_event
from webapp.queries.pages.studies import LIVE_STATES
from webapp.queries.summaries import BlockMark, block_marks

_RECENT_TRIALS = 20
State = Trial.State
_TRAINED = (Trial.State.COMPLETED, Trial.State.STOPPED)  # what early stopping saves counts, too
_SHOWN = (
    "number", "label", "state", "worker", "phase", "epoch", "epochs", "started_at", "finished_at", "heartbeat_at",
    "architecture__spec",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunningTrial:
    """A trial under way. `lost` states that its worker has been silent for longer than the lease."""

    number: int
    label: str
    blocks: tuple[BlockMark, ...]
    worker: str
    phase: str
    epoch: int
    epochs: int
    elapsed_seconds: float
    silent_seconds: float
    lost: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Trials of a study by state. `failed` leaves out those that were retried, which `retried` counts, and
    `infeasible` those that violated constraints before training.
    """

    waiting: int
    running: int
    completed: int
    stopped_early: int
    infeasible: int
    failed: int
    retried: int
    cancelled: int
    violating: int

    @property
    def done(self) -> int:
        """Trials that used up budget and are over."""
        return self.completed + self.stopped_early + self.infeasible + self.failed

    @property
    def shown(self) -> int:
        """Trials that the table lists where nothing is filtered: all but those that were never trained."""
        return self.done + self.waiting + self.running + self.retried + self.cancelled


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers of all machines that could work on a study: how many reported within a lease, and when the last of
    each kind did.
    """

    trainers: int
    searchers: int
    trainer_seen_at: datetime | None
    searcher_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """The live part of a study's page. `version` changes whenever a chart or the table would."""

    counts: Counts
    trial_budget: int
    running: tuple[RunningTrial, ...]
    trainers: int
    seconds_left: float | None
    warning: str
    version: str
    is_live: bool
    results_mark: ResultsMark


def progress(study: Study, now: datetime | None = None) -> StudyProgress:
    """The progress of `study` at `now`. Three queries, four of a given list."""
    now = now or timezone.now()
    counts, last_finish, oldest_request, mark = _counts(study)
    running, recent = _latest(study, now)
    live = study.state in LIVE_STATES
    crew = _crew(study, now)
    return StudyProgress(
        counts=counts,
        trial_budget=study.trial_budget,
        running=running,
        trainers=crew.trainers,
        seconds_left=_seconds_left(study, counts, running, recent, crew.trainers) if live else None,
        warning=_warning(study, counts, oldest_request, crew, now),
        version="-".join(map(str, (*_marks(study), counts.done, counts.waiting, counts.running, last_finish))),
        is_live=live or bool(running),
        results_mark=mark,
    )


def _marks(study: Study) -> tuple[object, ...]:
    """What of the study itself changes its charts and its table."""
    return study.state, study.trial_budget, study.energy_model_id or "published"


class _Group(NamedTuple):
    """Trials of a study that are alike in what is counted; `counts` is whether they use up budget."""

    state: str
    counts: bool
    violates: bool
    trials: int
    last_finish: datetime | None
    oldest_request: datetime | None
    last_event: int | None


def _counts(study: Study) -> tuple[Counts, str, datetime | None, ResultsMark]:
    """Counts, a mark of the last finish, since when the oldest request waits, and the results' mark. One query."""
    kinds = Trial.objects.filter(study=study).annotate(counts=ExpressionWrapper(COUNTED, BooleanField())).order_by()
    found = kinds.values("state", "counts", violates=F("violates_constraints")).annotate(
        trials=Count("pk"),
        last_finish=Max("finished_at"),
        oldest_request=Min("requested_at"),
        last_event=last_event(study),
    )
    groups = [_Group(**row) for row in found]

    def trials(state: Trial.State, counts: bool = True) -> int:
        return sum(group.trials for group in groups if group.state == state and group.counts == counts)

    counts = Counts(
        waiting=trials(State.REQUESTED),
        running=trials(State.RUNNING),
        completed=trials(State.COMPLETED),
        stopped_early=trials(State.STOPPED),
        infeasible=trials(State.INFEASIBLE),
        failed=trials(State.FAILED),
        retried=trials(State.FAILED, counts=False),
        cancelled=trials(State.CANCELLED, counts=False),
        violating=sum(group.trials for group in groups if group.violates),
    )
    last_finish = max((group.last_finish for group in groups if group.last_finish), default=None)
    waiting_since = (group.oldest_request for group in groups if group.state == State.REQUESTED)
    done = next((group for group in groups if group.state == State.COMPLETED), None)
    return (
        counts,
        f"{last_finish.timestamp():.3f}" if last_finish else "",
        min(filter(None, waiting_since), default=None),
        ResultsMark(done.trials, done.last_finish, done.last_event) if done else ResultsMark(),
    )


def _latest(study: Study, now: datetime) -> tuple[tuple[RunningTrial, ...], list[float]]:
    """The running trials, and the seconds that the latest trained ones took. One query."""
    own = Trial.objects.filter(study=study)
    trained = own.filter(state__in=_TRAINED, started_at__isnull=False, finished_at__isnull=False)
    recent = trained.order_by("-finished_at").values("pk")[:_RECENT_TRIALS]
    shown = own.filter(Q(state=State.RUNNING) | Q(pk__in=recent)).select_related("architecture").only(*_SHOWN)
    trials = list(shown.order_by("number"))
    running = tuple(_running_trial(trial, now) for trial in trials if trial.state == State.RUNNING)
    return running, [
        (trial.finished_at - trial.started_at).total_seconds()
        for trial in trials
        if trial.state != State.RUNNING and trial.finished_at and trial.started_at
    ]


def _running_trial(trial: Trial, now: datetime) -> RunningTrial:
    silent = _age(trial.heartbeat_at, now)
    return RunningTrial(
        number=trial.number,
        label=trial.label,
        blocks=block_marks(trial.architecture.spec),
        worker=trial.worker,
        phase=trial.phase,
        epoch=trial.epoch,
        epochs=trial.epochs,
        elapsed_seconds=_age(trial.started_at, now),
        silent_seconds=silent,
        lost=silent > lease().total_seconds(),
    )


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _crew(study: Study, now: datetime) -> Crew:
    alive = Q(seen_at__gte=now - lease())
    trainer, searcher = Q(role=Worker.Role.TRAINING), Q(role=searcher_of(study))
    return Crew(
        **Worker.objects.aggregate(
            trainers=Count("pk", filter=trainer & alive),
            searchers=Count("pk", filter=searcher & alive),
            trainer_seen_at=Max("seen_at", filter=trainer),
            searcher_seen_at=Max("seen_at", filter=searcher),
        )
    )


def _seconds_left(
    study: Study, counts: Counts, running: Sequence[RunningTrial], recent: Sequence[float], trainers: int
) -> float | None:
    """The work that is left over the live training workers; None until a first trial has ended."""
    if study.designer == Study.Designer.LISTED:
        return seconds_left_of_list(study, {trial.number: trial for trial in running}, trainers)
    if not recent:
        return None
    mean_seconds = fmean(recent)
    not_begun = max(0, study.trial_budget - counts.done - len(running))
    work = sum(max(0.0, mean_seconds - trial.elapsed_seconds) for trial in running)
    if study.state == Study.State.RUNNING:
        work += not_begun * mean_seconds
    return work / max(1, trainers, len(running))


def _warning(study: Study, counts: Counts, oldest_request: datetime | None, crew: Crew, now: datetime) -> str:
    """What keeps a running study from going on, and what to do about it; empty while all is well."""
    if study.state != Study.State.RUNNING:
        return ""
    if counts.waiting and not crew.trainers:
        who, last = "training worker", max(filter(None, (crew.trainer_seen_at, oldest_request)))
    elif not crew.searchers and counts.done + counts.waiting + counts.running < study.trial_budget:
        who, last = "search worker", max(filter(None, (crew.searcher_seen_at, study.started_at)))
    else:
        return ""
    silent = _age(last, now)
    return f"No {who} has reported for {silent:.0f} s." if silent > lease().total_seconds() else ""
