"""Finalists and baselines of a run of results: requested once, and completed from its journal where they are in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nas_engine.baselines import baseline
from webapp.management.results.journal import Journal, JournalError
from webapp.management.results.lines import OPENING, TRIAL, architecture_hash
from webapp.management.results.plan import Plan
from webapp.models import Finalist, SplitOpening, Study, Trial
from webapp.queries.finals import final_baselines_of
from webapp.queries.pages.finals import chosen_trials
from webapp.services import finals, restoring

WAITING = (Study.State.PAUSED, Study.State.DRAINING)
"""States in which a study trains nothing until a person resumes it."""
_BASELINES = "Baselines"


def name_in_journal(study: Study) -> str:
    """The same on every machine: names of FINALS studies hold that of the data set, or a number."""
    if study.kind == Study.Kind.REPETITIONS and study.parent:
        return f"Repetitions of {name_in_journal(study.parent)}"
    if study.kind != Study.Kind.FINALS:
        return study.name
    return f"Finalists of {study.parent.name}" if study.parent else _BASELINES


def containers_of(searches: Sequence[Study]) -> list[Study]:
    """FINALS studies of the searches, then that of the baselines, as far as there are any."""
    own = Study.objects.filter(parent__in=searches, kind=Study.Kind.FINALS).select_related("parent").order_by("pk")
    published = Study.objects.filter(final_baselines_of(searches[0])).first()
    return [*own, *([published] if published else [])]


def repetitions_of(containers: Iterable[Study]) -> list[Study]:
    """Studies of what was trained again of these FINALS studies."""
    found = Study.objects.filter(parent__in=list(containers), kind=Study.Kind.REPETITIONS)
    return list(found.select_related("parent__parent").order_by("pk"))


def request_finals(searches: Sequence[Study], plan: Plan) -> None:
    """Make the best of each search finalists and request the baselines, each once: seeds that failed stay so."""
    for study in searches:
        if not Study.objects.filter(parent=study, kind=Study.Kind.FINALS).exists():
            _request_best(study, plan)
    published = Study.objects.filter(final_baselines_of(searches[0])).first()
    if published is None or published.state not in WAITING:
        _request_baselines(searches[0], published, plan)


def _request_best(study: Study, plan: Plan) -> None:
    best = chosen_trials(study, Finalist.Chosen.REWARD, plan.finalists, ())
    if best:
        finals.train_finalists(study_id=study.pk, trial_ids=best, chosen=Finalist.Chosen.REWARD, seeds=plan.seeds)


def _request_baselines(study: Study, published: Study | None, plan: Plan) -> None:
    names = [baseline(name).name for name in plan.baselines]
    rows = published.finalists.filter(seeds__gte=plan.seeds) if published else Finalist.objects.none()
    present = set(rows.values_list("label", flat=True))
    lacking = [name for name in names if name not in present]
    if lacking:
        finals.train_final_baselines(study_id=study.pk, names=lacking, seeds=plan.seeds)


def restore_seeds(containers: Iterable[Study], kept: Iterable[Mapping[str, Any]], journal: Journal) -> None:
    """Complete waiting seeds by trainings of the journal. Raises JournalError.

    Their networks are at hand, or an opening of the journal has evaluated them: what needs the file then is rare.
    """
    kept = list(kept)
    evaluated = _evaluated_networks(kept)
    trained: dict[tuple[str, str, int, str], list[Mapping[str, Any]]] = defaultdict(list)
    for line in kept:
        if line["kind"] == TRIAL and line["label"] and line["state"] == Trial.State.COMPLETED:
            trained[line["study"], line["label"], line["seed"], architecture_hash(line)].append(line)
    for study in containers:
        for trial in study.trials.filter(state=Trial.State.REQUESTED).order_by("number"):
            key = (name_in_journal(study), trial.label, trial.seed, trial.architecture_id)
            at_hand = [line for line in trained[key] if journal.has_network(line["tflite"])]
            known = [line for line in trained[key] if line["tflite"] in evaluated]
            for values in [*at_hand, *known][:1]:
                _complete(trial, values, journal)


def _evaluated_networks(kept: Iterable[Mapping[str, Any]]) -> set[str]:
    """Networks that the openings of the journal have evaluated."""
    opened = (line for line in kept if line["kind"] == OPENING and line["state"] == SplitOpening.State.READY)
    return {network for line in opened for _, network, *_ in line["seeds"]}


def _complete(trial: Trial, values: Mapping[str, Any], journal: Journal) -> None:
    try:
        restoring.complete_from(trial=trial, values=values, network=journal.network(values["tflite"]))
    except (KeyError, TypeError, ValueError) as error:
        line = f"the line of {values['label']} of {values['study']} is of another form: {error}"
        raise JournalError(f"{journal.path}: {line}. Delete the line.") from error
