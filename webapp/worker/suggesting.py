"""The next trials of a study: confirmations, designer, duplicates, constraint check, rows.

One process at a time works on a study.
"""

import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from nas_engine.designers import registry
from nas_engine.designers.base import (
    Designer,
    DesignerSettings,
    NothingFeasible,
    Outcome,
    SpaceExhausted,
    ViolatingSuggestion,
)
from nas_engine.designers.deduplication import FilledSuggestions, fill
from nas_engine.designers.jax_setup import CACHE_VARIABLE
from nas_engine.early_stopping import registry as stopping_rules
from nas_engine.search_space.paper_spaces import SearchSpace
from nas_engine.trial_plan import FEWEST_OPEN, trial_epochs
from webapp import translation
from webapp.models import Study, Trial
from webapp.queries.budget import open_target, trials_wanted
from webapp.services import requests, suggestion_failures
from webapp.services.failures import is_outage
from webapp.worker.history import Memory, StudyHistory, history_of
from webapp.worker.stopping import curves_of, ended_curves, rule_of

LOCK_CLASS = 7_262_019  # advisory locks of this class are studies being suggested for
_STUDIES_KEPT = 8

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """A designer as it was when its state was saved under `revision`, and the numbers of the outcomes passed to it."""

    designer: Designer
    reported: set[int]
    revision: str


_known: dict[int, _Known] = {}
_memory = Memory()


def warm_up() -> None:
    """Load Vizier."""
    import_module("nas_engine.designers.firefly.eagle")


def suggest_for(study_id: int) -> None:
    """Request trials until the study has enough of them open. Does nothing if another process is at it."""
    with _only_one(study_id) as mine:
        while mine and _suggest_once(study_id):
            pass


def _suggest_once(study_id: int) -> bool:
    """One round of suggestions; False if the study wants no more now."""
    study = (
        Study.objects.select_related("dataset", "energy_model").filter(pk=study_id, state=Study.State.RUNNING).first()
    )
    target = open_target()
    if study is None or _is_backing_off(study) or not (count := trials_wanted(study, target)):
        return False
    try:
        return _request(study, count, in_turn=target == FEWEST_OPEN)
    except SpaceExhausted as error:
        suggestion_failures.end_exhausted(study_id=study_id, reason=f"The search space is used up: {error}.")
    except Exception as error:
        if is_outage(error):
            raise  # the reaper requests again when it has passed
        logger.exception("No suggestion for study %d", study_id)
        suggestion_failures.record_failure(study_id=study_id, error=f"{type(error).__name__}: {error}")
    _known.pop(study_id, None)
    return False


def _request(study: Study, count: int, *, in_turn: bool) -> bool:
    """Add `count` trials; `in_turn`, one, by what was known when its predecessor was still open. False if none can be.

    In turn is for a study that is trained by one worker at most. Which results a suggestion knows then depends neither
    on how long it takes nor on what was restarted in between, so the study is a function of its seed.
    """
    history = history_of(study, _memory)
    if in_turn:
        seen = history.with_last_open()
        if seen is None:
            return False
        history, count = seen, 1
    if (confirmation := _confirmation(study, history, in_turn=in_turn)) is not None:
        return bool(_record(study, history, [confirmation]))  # what else is wanted, the next round suggests
    space = translation.search_space(study)
    known = _designer(study, space, history)
    try:
        filled = _fill(study, known.designer, space, history, count)
    except NothingFeasible as error:
        return _give_up(study, history, error)
    revision = secrets.token_hex(8)
    trial_ids = _record(
        study,
        history,
        [requests.RequestedTrial(item.architecture, dict(item.metadata)) for item in filled.suggestions],
        violating=_violating_trials(filled.violating),
        designer_state={"revision": revision, "dump": known.designer.dump()},
        duplicates_answered=filled.duplicates_answered,
    )
    if not trial_ids:  # the designer's state holds suggestions that were not recorded
        _known.pop(study.pk, None)
        return False
    known.revision = revision
    known.reported.update(item.number for item in filled.violating)
    return True


def _record(
    study: Study,
    history: StudyHistory,
    requested: Sequence[requests.RequestedTrial],
    *,
    violating: Sequence[requests.ViolatingTrial] = (),
    designer_state: dict[str, Any] | None = None,
    duplicates_answered: int = 0,
) -> list[int]:
    """Request the trials unless the study has others than `history` by now."""
    return requests.request_trials(
        study_id=study.pk,
        requested=requested,
        violating=violating,
        designer_state=designer_state,
        expected_trials=history.trials,
        estimated_as=study,
        duplicates_answered=duplicates_answered,
    )


def _confirmation(study: Study, history: StudyHistory, *, in_turn: bool) -> requests.RequestedTrial | None:
    """Trial that trains a finished network again before a new one is suggested; None where that is not worth it.

    `in_turn`, curves are known in order of turns, in which one trainer ends trials that neither failed nor waited.
    """
    if not study.counts_compute:
        return None
    without = {architecture.hash for architecture in history.pending} | set(history.unconfirmed)
    try:
        curves = curves_of(study, history.curves) if in_turn else ended_curves(study)
        rule = rule_of(study, trial_epochs(study.full_epochs, study.trial_share))
        network = stopping_rules.to_confirm(rule, curves, without)
    except Exception as error:  # a failing rule must not end a study
        if is_outage(error):
            raise
        logger.exception("The stopping rule of study %d could not say what to confirm", study.pk)
        return None
    if network is None:
        return None
    trained = study.trials.filter(architecture=network, state=Trial.State.COMPLETED).order_by("number")
    confirmed = trained.select_related("architecture").first()
    if confirmed is None:
        return None
    return requests.RequestedTrial(translation.architecture(confirmed.architecture), confirms=confirmed)


def _give_up(study: Study, history: StudyHistory, error: NothingFeasible) -> bool:
    """End the study if nothing is open; else the next result may bring neighbours that pass. Always False."""
    _known.pop(study.pk, None)  # it has been informed of violations that are not recorded yet
    suggestion_failures.end_exhausted(
        study_id=study.pk,
        reason=f"No other network may be trained: {error}.",
        violating=_violating_trials(error.violating),
        expected_trials=history.trials,
    )
    return False


def _violating_trials(violating: Sequence[ViolatingSuggestion]) -> list[requests.ViolatingTrial]:
    return [
        requests.ViolatingTrial(item.suggestion.architecture, item.reason, dict(item.suggestion.metadata))
        for item in violating
    ]


def _fill(study: Study, designer: Designer, space: SearchSpace, history: StudyHistory, count: int) -> FilledSuggestions:
    rng = np.random.default_rng([study.seed, history.turns])
    return fill(
        designer,
        count,
        space=space,
        finished=history.finished,
        pending=history.pending,
        rng=rng,
        check=translation.check(study),
        next_number=history.trials + 1,
    )


def _designer(study: Study, space: SearchSpace, history: StudyHistory) -> _Known:
    """Designer with all outcomes: the one in memory unless another state was saved since, else a new one."""
    saved = study.designer_state or {}
    known = _known.pop(study.pk, None)
    if known is None or known.revision != saved.get("revision"):
        keep_compiled_code()
        designer = registry.create(
            study.designer,
            space,
            study.seed,
            saved.get("dump"),
            history.outcomes,
            DesignerSettings(study.switch_at, translation.penalty(study), by_compute=study.counts_compute),
        )
        known = _Known(designer, {outcome.number for outcome in history.outcomes}, "")
    else:
        _report(known, [outcome for outcome in history.outcomes if outcome.number not in known.reported])
    _known[study.pk] = known
    while len(_known) > _STUDIES_KEPT:
        _known.pop(next(iter(_known)))
    return known


def keep_compiled_code() -> None:
    """Have what JAX compiles kept in the data folder."""
    os.environ.setdefault(CACHE_VARIABLE, str(settings.DATA_FOLDER.cache / "jax"))


def _report(known: _Known, outcomes: list[Outcome]) -> None:
    if outcomes:
        known.designer.update(outcomes)
        known.reported.update(outcome.number for outcome in outcomes)


def _is_backing_off(study: Study) -> bool:
    return bool(study.suggest_failures and study.suggest_after and study.suggest_after > timezone.now())


@contextmanager
def _only_one(study_id: int) -> Iterator[bool]:
    """Whether this process may suggest for the study. The lock ends with its connection, so a crash frees it.

    It spares work; what keeps two suggestions apart even if the connection is lost meanwhile is `expected_trials`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, study_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, study_id])
