"""A study's page and its parts, each as the context of a template: header, progress, trials, log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from webapp.models import Event, Study, Trial
from webapp.queries.detection import measure_words
from webapp.queries.energy_estimates import energy_tag, in_words, source_of
from webapp.queries.energy_models import large_fields, offer
from webapp.queries.pages.baselines import baselines_shown_with, compared_with
from webapp.queries.pages.choice import at_equal_accuracy
from webapp.queries.pages.constraints import limits_in_words
from webapp.queries.pages.expected_rewards import expected_best
from webapp.queries.pages.progress import Counts, StudyProgress, progress
from webapp.queries.pages.results import Best, Results, bests, results
from webapp.queries.pages.shortlist import shortlist, with_shortlists
from webapp.queries.pages.trials import (
    ALL_TRIALS,
    COLUMNS,
    OF_RESULTS,
    TRIAL_STATES,
    TrialFilter,
    hidden_trials,
    trial_page,
)
from webapp.queries.spaces import space_facts
from webapp.queries.stop_rules import rules_in_words
from webapp.queries.summaries import KIND_NAMES, SHORT_KINDS

EVENTS_SHOWN, ALL_EVENTS = 15, 500
FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class EventRow:
    """One move of the study or of a trial."""

    at: datetime
    trial_number: int | None
    old_state: str
    new_state: str
    by: str
    message: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A trial that failed or could not be built, with its reason and the trial that repeats it."""

    number: int
    state: str
    state_label: str
    reason: str
    worker: str
    finished_at: datetime | None
    retry_number: int | None


def shown_studies() -> QuerySet[Study]:
    """Studies with what every page about one names."""
    related = ("dataset", "owner", "cloned_from", "energy_model__device")
    return with_shortlists(Study.objects.select_related(*related).defer(*large_fields("energy_model")))


def study_context(study: Study, wanted: TrialFilter, *, all_events: bool = False) -> dict[str, Any]:
    """The whole page of a study from `shown_studies`, with the trials that are `wanted`, and its `results` for charts.

    Twelve queries at most, however many trials there are, and up to three more where the results are new.
    """
    now = progress(study)
    found = results(study, now.results_mark)
    context = (
        study_header_context(study)
        | _progress_context(study, now, found)
        | _trials_context(study, found, wanted, now.counts)
        | study_log_context(study, all_events=all_events)
    )
    return context | {
        **_baselines_context(study, found, context["best"]),
        "results": found,
        "space": space_facts(study),
        "offer": offer(study),
        "constraints": limits_in_words(study),
        "stop_rules": rules_in_words(study),
        "trial_states": _states(study),
        "kinds": [(SHORT_KINDS[kind], kind, name) for kind, name in KIND_NAMES.items() if kind != "head"],
    }


def study_header_context(study: Study) -> dict[str, Any]:
    """State, and which moves it allows. No query."""
    state, states, is_search = study.state, Study.State, study.kind == Study.Kind.SEARCH
    return {
        "study": study,
        "is_search": is_search,
        "can_start": state == states.DRAFT,
        "can_pause": state == states.RUNNING,
        "can_resume": state in (states.PAUSED, states.STOPPED, states.FAILED),
        "can_stop": state in (states.RUNNING, states.PAUSED),
        "can_extend": is_search and state in (states.DRAFT, states.RUNNING, states.PAUSED, states.COMPLETED),
        "can_steer": is_search and state not in (states.DRAFT, states.DRAINING),
        "can_delete": state not in (states.RUNNING, states.DRAINING),
        "can_archive": study.archived or state not in (states.RUNNING, states.DRAINING),
    }


def study_progress_context(study: Study) -> dict[str, Any]:
    """The polled part: progress, the best trials, and where their energies come from."""
    now = progress(study)
    return _progress_context(study, now, results(study, now.results_mark))


def _progress_context(study: Study, now: StudyProgress, found: Results) -> dict[str, Any]:
    best, source = bests(found), source_of(study)
    return {
        "study": study,
        "progress": now,
        "best": best.by_reward,
        "expected": expected_best(study, found),
        "within": best.within_limits,
        "energy_source": source,
        "energy_words": in_words(source),
        "energy_tag": energy_tag(source),
        "measure": measure_words(study),
    }


def study_trials_context(study: Study, wanted: TrialFilter) -> dict[str, Any]:
    """One page of the trials' table, and how many it hides because they violate a constraint."""
    return _trials_context(study, results(study), wanted)


def _trials_context(study: Study, found: Results, wanted: TrialFilter, counts: Counts | None = None) -> dict[str, Any]:
    """`counts` spare counting the trials where nothing is filtered."""
    known = counts if not wanted.is_narrowed else None
    columns = {name: label for name, label in COLUMNS.items() if name != "detection" or study.is_on_streams}
    return {
        "columns": columns,
        "all_columns": set(columns) <= set(wanted.columns),
        "result_columns": 1 + sum(name in columns and name in wanted.columns for name in OF_RESULTS),
        "study": study,
        "shortlist": shortlist(study, found),
        "measure": measure_words(study),
        "page": trial_page(study, found, wanted, total=known.shown if known else None),
        "hidden": known.violating if known else hidden_trials(study, found, wanted),
        "wanted": wanted,
    }


def study_log_context(study: Study, *, all_events: bool = False) -> dict[str, Any]:
    """Failures and the latest events, or `ALL_EVENTS` of these. Two queries."""
    shown = events(study, ALL_EVENTS if all_events else EVENTS_SHOWN)
    return {"study": study, "events": shown, "all_events": all_events, "failures": failures(study)}


def _baselines_context(study: Study, trials: Results, best: Best | None) -> dict[str, Any]:
    """The published networks, and in a search compared with its best; else they are the study's own trials."""
    if study.state == Study.State.DRAFT:
        return {"baselines": None}
    found = baselines_shown_with(study)
    if found is None or study.kind != Study.Kind.SEARCH:
        return {"baselines": found, "compared": ()}
    equal = at_equal_accuracy(study, trials, found.comparable) if len(trials) else ()
    return {"baselines": found, "compared": compared_with(found.rows, study, best), "equal_accuracy": equal}


def _states(study: Study) -> tuple[tuple[str, str], ...]:
    """States to filter by; those of trials that violate a constraint only where there can be any."""
    if not study.enforce_constraints:
        return ("", "all"), *Trial.State.choices
    return ("", "all but constraint violated"), (ALL_TRIALS, "all"), *TRIAL_STATES


def events(study: Study, limit: int = EVENTS_SHOWN) -> tuple[EventRow, ...]:
    """The latest moves of the study and its trials, the newest first. One query.

    Infeasible trials are left out: under a tight limit they would bury everything else. The table of trials has them.
    """
    found = Event.objects.filter(study=study)
    if study.enforce_constraints:
        found = found.exclude(trial__violates_constraints=True)
    # The latest first, then what a row shows of them: else trials and persons of all events are looked up.
    return _rows(_shown(Event.objects.filter(pk__in=found.values("pk")[:limit])))


def trial_events(trial: Trial) -> tuple[EventRow, ...]:
    """Every move of one trial, the newest first. One query."""
    return _rows(_shown(Event.objects.filter(trial=trial)))


def _shown(found: QuerySet[Event]) -> QuerySet[Event]:
    """With no more of trial and person than a row shows: whole ones cost a page with 15 events some milliseconds."""
    shown = ("at", "old_state", "new_state", "worker", "message", "trial__number", "actor__username")
    return found.select_related("trial", "actor").only(*shown)


def _rows(found: Iterable[Event]) -> tuple[EventRow, ...]:
    return tuple(
        EventRow(
            at=event.at,
            trial_number=event.trial.number if event.trial else None,
            old_state=event.old_state,
            new_state=event.new_state,
            by=event.actor.get_username() if event.actor else event.worker,
            message=event.message,
        )
        for event in found
    )


def failures(study: Study, limit: int = FAILURES_SHOWN) -> tuple[FailureRow, ...]:
    """The latest trials that failed or are cannot be built; violating a constraint is no failure. One query."""
    ended_badly = Trial.objects.filter(
        study=study, state__in=[Trial.State.FAILED, Trial.State.INFEASIBLE], violates_constraints=False
    )
    shown = ("number", "state", "reason", "worker", "finished_at", "retry__number")
    return tuple(
        FailureRow(number, state, Trial.State(state).label, reason, worker, finished_at, retry_number)
        for number, state, reason, worker, finished_at, retry_number in ended_badly.order_by("-number").values_list(
            *shown
        )[:limit]
    )
