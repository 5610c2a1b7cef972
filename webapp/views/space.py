"""A search space in full: the editor of a draft's, the others to read, and the paper's."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from nas_engine.architecture import BLOCK_KINDS
from nas_engine.search_space.paper_spaces import NAMES, spec_by_name
from nas_engine.search_space.spec import SpaceSpec, problems
from nas_engine.search_space.validation import SpaceProblem
from webapp.charts.distributions import distribution_figure, distribution_info
from webapp.charts.style import Figure
from webapp.forms.space import SpaceFields, changed, fields_of, posted_fields, read
from webapp.models import Study
from webapp.queries.pages.space import in_short_names, kind_mark, outcomes
from webapp.queries.space_costs import QUANTITIES, Bounds, QuantityRow, bounds_of, sample_table
from webapp.queries.spaces import SPACE_NAMES, classes_of, edited_name, misfit, space_facts, space_version
from webapp.services.errors import Conflict
from webapp.services.spaces import Stale, save_space
from webapp.translation import frontend, space_spec
from webapp.views.study import study_or_404

CONFLICT, UNPROCESSABLE = 409, 422


@require_GET
def space_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the paper's spaces, "paper-2d" or "paper-1d", judged by the thresholds that a new study has."""
    name = slug.replace("-", "_")
    if name not in NAMES or "_" in slug:
        raise Http404(f"There is no search space {slug}.")
    context = {"title": SPACE_NAMES[name], "slug": slug, "study": None}
    return _read_only(request, spec_by_name(name), bounds_of(Study()), context)


@require_http_methods(["GET", "POST"])
def study_space(request: HttpRequest, study_id: int) -> HttpResponse:
    """The space of a study: a draft's can be edited, the others be read."""
    shown = study_or_404(study_id)
    if shown.kind != Study.Kind.SEARCH:
        raise Http404(f"{shown.name} trains a given list of networks: it has no search space.")
    if request.method == "POST":
        return _posted(request, shown)
    if shown.state != Study.State.DRAFT:
        return _study_to_read(request, shown)
    return _editor(request, shown, fields_of(_draft_spec(shown)), seen=space_version(shown))


def _study_to_read(request: HttpRequest, shown: Study) -> HttpResponse:
    facts = space_facts(shown)
    context = {"title": facts.name if facts else shown.get_space_display(), "study": shown}
    return _read_only(request, _draft_spec(shown), bounds_of(shown), context)


def _posted(request: HttpRequest, shown: Study) -> HttpResponse:
    if shown.state != Study.State.DRAFT:
        messages.error(request, "Only a draft's space can be edited: clone the study to change it.")
        return redirect("study_space", study_id=shown.pk)
    action = request.POST.get("do", "check")
    seen = request.POST.get("seen", "")
    fields = posted_fields(request.POST)
    fields = fields_of(_paper_spec(shown, action)) if action in NAMES else changed(fields, action)
    if action == "save":
        return _save(request, shown, fields, seen)
    return _editor(request, shown, fields, seen=seen, added=_added(action))


def _save(request: HttpRequest, shown: Study, fields: SpaceFields, seen: str) -> HttpResponse:
    reading = read(fields, classes_of(shown.dataset))
    if not reading.is_sound:
        return _editor(request, shown, fields, seen=seen, status=UNPROCESSABLE)
    try:
        save_space(study_id=shown.pk, spec=reading.spec, seen=seen, actor=request.user)
    except Stale as stale:
        messages.error(request, f"{stale} Below is yours: save again to replace theirs, or load the page anew for it.")
        return _editor(request, shown, fields, seen=space_version(study_or_404(shown.pk)), status=CONFLICT)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return _editor(request, shown, fields, seen=seen, status=UNPROCESSABLE)
    messages.success(request, "The search space is saved.")
    return redirect("study", study_id=shown.pk)


def _editor(
    request: HttpRequest, shown: Study, fields: SpaceFields, *, seen: str, status: int = 200, added: int = 0
) -> HttpResponse:
    """The whole page; htmx gets what follows from the fields, and the rows where a button changed these."""
    reading = read(fields, classes_of(shown.dataset))
    found = (*_of_the_input(shown, reading.spec), *map(in_short_names, reading.problems))
    positions = outcomes(reading.spec, found)
    context = _summary(reading.spec, bounds_of(shown), found) | {
        "study": shown,
        "title": f"Search space of {shown.name}",
        "fields": fields,
        "rows": list(zip(fields.positions, positions, strict=True)),
        "input": frontend(shown.dataset),
        "seen": seen,
        "added": added,
        "paper": SPACE_NAMES,
    }
    if request.htmx and status == 200:
        part = "_rows" if request.htmx.target == "positions" else "_live"
        return render(request, f"spaces/{part}.html", context | {"is_refresh": True})
    return render(request, "spaces/editor.html", context, status=status)


def _read_only(request: HttpRequest, spec: SpaceSpec, bounds: Bounds, context: dict[str, Any]) -> HttpResponse:
    found = tuple(map(in_short_names, problems(spec)))
    context |= _summary(spec, bounds, found) | {"spec": spec, "positions": outcomes(spec, found)}
    return render(request, "spaces/space.html", context)


def _summary(spec: SpaceSpec, bounds: Bounds, found: tuple[SpaceProblem, ...]) -> dict[str, Any]:
    """The panel: how many networks, what they cost, how many lie within which limits; or what keeps them away."""
    errors = [problem for problem in found if problem.severity == "error"]
    context: dict[str, Any] = {
        "errors": errors,
        "warnings": [problem for problem in found if problem.severity == "warning"],
        "quantities": QUANTITIES,
        "all_kinds": [kind_mark(kind) for kind in BLOCK_KINDS],
        "figures": {},
    }
    if errors:
        return context
    table = sample_table(spec, bounds)
    return context | {"table": table, "figures": {row.quantity.key: _figure(row) for row in table.rows}}


def _figure(row: QuantityRow) -> Figure:
    quantity, histogram = row.quantity, row.histogram
    info = distribution_info(
        edges=histogram.edges,
        counts=histogram.counts,
        scale=quantity.chart_scale,
        limit=row.threshold,
        unit=quantity.chart_unit,
    )
    return distribution_figure(info)


def _draft_spec(shown: Study) -> SpaceSpec:
    """The space to begin with; a named one under the name that it will have once it is edited."""
    if not shown.space_spec:
        return _paper_spec(shown, shown.space)
    spec = space_spec(shown)
    return replace(spec, name=edited_name(spec.name))


def _paper_spec(shown: Study, name: str) -> SpaceSpec:
    """The named space with the input of the study's dataset."""
    spec, config = spec_by_name(name, classes_of(shown.dataset)), frontend(shown.dataset)
    stem = replace(spec.stem, frames=config.frames, mel_bins=config.mel_bins)
    return replace(spec, name=edited_name(name), stem=stem)


def _of_the_input(shown: Study, spec: SpaceSpec) -> tuple[SpaceProblem, ...]:
    reason = misfit(shown.dataset, spec.stem)
    return (SpaceProblem(None, reason),) if reason else ()


def _added(action: str) -> int:
    """The number of the block that "add-N" has made, to be typed into at once."""
    name, _, number = action.partition("-")
    return int(number) + 1 if name == "add" and number.isdecimal() and len(number) < 4 else 0
