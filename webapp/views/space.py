"""A search space in full: the editor of a draft's, the others to read, and the paper's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from nas_engine.search_space.paper_spaces import NAMES, spec_by_name
from nas_engine.search_space.spec import SpaceSpec
from webapp.charts.distributions import distribution_figure, distribution_info
from webapp.charts.style import Figure
from webapp.forms.space import SpaceFields, changed, fields_of, posted_fields, read
from webapp.models import Study
from webapp.queries.pages.space import space_context, space_editor_context
from webapp.queries.space_costs import Bounds, QuantityRow, bounds_of
from webapp.queries.spaces import SPACE_NAMES, classes_of, edited_name, space_facts, space_version
from webapp.queries.whole_numbers import whole_number
from webapp.services.errors import Conflict, Stale
from webapp.services.spaces import save_space
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
        messages.error(request, f"{stale} Below is yours: save again to replace theirs, or reload the page for it.")
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
    context = space_editor_context(shown, reading.spec, reading.problems)
    context |= {
        "fields": fields,
        "rows": list(zip(fields.positions, context["positions"], strict=True)),
        "figures": _figures(context),
        "seen": seen,
        "added": added,
    }
    if request.htmx and status == 200:
        part = "_rows" if request.htmx.target == "positions" else "_live"
        return render(request, f"spaces/{part}.html", context | {"is_refresh": True})
    return render(request, "spaces/editor.html", context, status=status)


def _read_only(request: HttpRequest, spec: SpaceSpec, bounds: Bounds, context: dict[str, Any]) -> HttpResponse:
    context |= space_context(spec, bounds)
    return render(request, "spaces/space.html", context | {"figures": _figures(context)})


def _figures(context: Mapping[str, Any]) -> dict[str, Figure]:
    """By quantity, the distribution of what networks cost; none where the space cannot be built."""
    return {row.quantity.key: _figure(row) for row in context["table"].rows} if "table" in context else {}


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


def _added(action: str) -> int:
    """The number of the block that "add-N" has made, to be typed into at once."""
    name, _, number = action.partition("-")
    return (whole_number(number) or 0) + 1 if name == "add" else 0
