"""The five searches of a run of results: begun from its journal where they are new, taken up where they are its own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from webapp.forms.paper_five import PAPER_FIVE
from webapp.forms.presets import preset_values
from webapp.forms.study_file import errors_in_words, form_from_file
from webapp.management.results.journal import JournalError
from webapp.management.results.lines import TRIAL
from webapp.management.results.plan import COMPARISON, Plan
from webapp.models import Comparison, Dataset, Study
from webapp.queries.setting_differences import differences_of
from webapp.services import comparisons, restoring, studies

State = Study.State
_MAY_DIFFER = ("energy_model",)
"""Settings that a person may change on a study's page without making it another run: energies are re-estimated then."""


def ensure_searches(dataset: Dataset, plan: Plan, kept: Sequence[Mapping[str, Any]]) -> list[Study]:
    """The five studies, running or ended. Raises JournalError for one of another run that has the same name."""
    wanted = [_wanted(slug, dataset, plan) for slug in PAPER_FIVE]
    found = {study.name: study for study in Study.objects.filter(name__in=[name for name, _ in wanted])}
    for name, study in wanted:
        if name in found:
            _require_same(found[name], study)
    return [_under_way(found.get(name) or _created(name, study), kept) for name, study in wanted]


def _wanted(slug: str, dataset: Dataset, plan: Plan) -> tuple[str, Study]:
    """Name and settings of a search, as an unsaved study of a name that is free."""
    values = plan.settings(preset_values(slug))
    name = str(values["name"])
    form = form_from_file({**values, "name": studies.free_name(name)}, dataset)
    if not form.is_valid():
        raise JournalError(f"The preset {slug} does not fit: {errors_in_words(form)}")
    return name, form.save(commit=False)


def _require_same(found: Study, wanted: Study) -> None:
    settings = [one for one in differences_of([found, wanted]).settings if one.name not in _MAY_DIFFER]
    if found.kind != Study.Kind.SEARCH:
        raise JournalError(f"{found.name} is no search: give that study another name, then start again.")
    if settings:
        differing = "; ".join(f"{one.label} {one.values[0]}, not {one.values[1]}" for one in settings)
        raise JournalError(
            f"The study {found.name} is of another run: {differing}. Give that study another name or delete it, or "
            "give the data set and the settings that it was begun with."
        )


def _created(name: str, study: Study) -> Study:
    study.name = name
    return studies.create_study(study=study, owner=None)


def _under_way(study: Study, kept: Iterable[Mapping[str, Any]]) -> Study:
    if study.state == State.DRAFT:
        _restore(study, kept)
        return studies.start(study_id=study.pk)
    return resumed(study)


def resumed(study: Study) -> Study:
    """The study; one that is PAUSED or FAILED runs again."""
    return studies.resume(study_id=study.pk) if study.state in (State.PAUSED, State.FAILED) else study


def _restore(study: Study, kept: Iterable[Mapping[str, Any]]) -> None:
    """Of two lines of one number, from two machines, the first."""
    own: dict[int, Mapping[str, Any]] = {}
    for line in kept:
        if line["kind"] == TRIAL and line["study"] == study.name:
            own.setdefault(line["number"], line)
    try:
        restoring.restore_trials(study_id=study.pk, ended=list(own.values()))
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"The journal's lines of {study.name} are of another form: {error}. Delete them.") from error


def ensure_comparison(searches: Sequence[Study]) -> Comparison:
    """A comparison that has the searches: of several, or of the name "Results" with one of them; else a new one."""
    own = {study.pk for study in searches}
    for comparison in Comparison.objects.filter(studies__in=own).distinct().order_by("pk"):
        if comparison.name == COMPARISON or own <= set(comparison.studies.values_list("pk", flat=True)):
            return comparisons.add_studies(comparison_id=comparison.pk, study_ids=own)
    return comparisons.create(name=comparisons.free_comparison_name(COMPARISON), study_ids=own)
