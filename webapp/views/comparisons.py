"""Comparisons: the list, making one, one with its studies; the paper's five searches in one click."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.charts.compared import drawn_twice, fronts_figure
from webapp.charts.race import RaceInfo, race_figure, race_info, race_sentences
from webapp.charts.study import Drawn
from webapp.forms.comparison import AddToComparisonForm, ComparisonForm
from webapp.forms.filters import ids_in, page_in
from webapp.forms.paper_five import (
    DEFAULT_NAME,
    PAPER_FIVE,
    PaperFiveForm,
    consequences_of,
    scaled_lengths,
)
from webapp.forms.scale import ScaleError, scale_of
from webapp.models import Comparison, Study
from webapp.queries.pages.comparison import comparison_context, comparison_rows_context
from webapp.queries.pages.comparisons import (
    comparisons_context,
    comparisons_with,
    new_comparison_context,
    study_choices,
)
from webapp.queries.pages.datasets import newest_ready_dataset_id
from webapp.queries.pages.estimates import estimate
from webapp.queries.pages.race import BY_EPOCHS, BY_TRIALS, may_race, race
from webapp.queries.whole_numbers import whole_number
from webapp.services import comparisons as services
from webapp.services.errors import Conflict
from webapp.views.polling import live_partial
from webapp.views.study import study_or_404

_FIVE = "five"
"""Prefix of the fields of the paper's five, which share a page with those of another form."""


@dataclass(frozen=True, slots=True)
class RacePart:
    """What the page of a race shows over trials, or over epochs."""

    name: str
    info: RaceInfo

    @property
    def table_name(self) -> str:
        return f"Designers by the best reward over {self.name}"

    @property
    def sentences(self) -> tuple[str, ...]:
        return race_sentences(self.info)

    @property
    def drawn(self) -> Drawn:
        return drawn_twice(
            race_figure(self.info), f"Median of the best reward so far of each designer over {self.name}"
        )


def comparison_or_404(comparison_id: int) -> Comparison:
    return get_object_or_404(Comparison, pk=comparison_id)


@require_GET
def comparisons(request: HttpRequest) -> HttpResponse:
    return render(request, "comparisons/list.html", comparisons_context(page_in(request.GET)))


@require_http_methods(["GET", "POST"])
def new_comparison(request: HttpRequest) -> HttpResponse:
    """The form of a new comparison, and next to it that of the paper's five; htmx gets the choice of studies alone."""
    if request.method == "GET":
        if request.htmx:
            choices = study_choices(ids_in(request.GET, "studies"), _dataset_id(request))
            return render(request, "comparisons/_choices.html", {"choices": choices})
        return _new_page(request, ComparisonForm(initial={"studies": ids_in(request.GET, "studies")}))
    form = ComparisonForm(request.POST)
    if form.is_valid():
        try:
            return redirect("comparison", services.create(owner=request.user, **form.values).pk)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
    return _new_page(request, form, status=422)


@require_POST
def paper_five(request: HttpRequest) -> HttpResponse:
    """Create and start the paper's five searches; a rejected form keeps its input on the page."""
    form = PaperFiveForm(request.POST, prefix=_FIVE)
    if form.is_valid():
        wanted = {"name": form.cleaned_data["name"], "studies": form.studies, "notes": form.notes}
        try:
            made = services.start_together(owner=request.user, **wanted)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(
                request, f"The paper's five searches have started. {consequences_of(form.cleaned_data['scale'])}"
            )
            return redirect("comparison", made.pk)
    return _new_page(request, ComparisonForm(), five=form, status=422)


@require_GET
def paper_five_outlook(request: HttpRequest) -> HttpResponse:
    """What the chosen scale changes, and how long the five take: htmx requests it when a choice changes."""
    wanted = PaperFiveForm(request.GET, prefix=_FIVE)
    return render(request, "comparisons/_outlook.html", _outlook(wanted))


@require_GET
def comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """The whole page. Its chart of fronts is drawn in it, until the browser has fetched its data."""
    shown = comparison_or_404(comparison_id)
    context = comparison_context(shown)
    figure = fronts_figure(shown, context["studies"], context["results"])
    context["drawn"] = drawn_twice(figure, f"{context['measure'].name} over energy: the Pareto front of each study")
    context["may_race"] = may_race(context["studies"])
    return render(request, "comparisons/comparison.html", context)


@require_GET
def comparison_race(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Designers raced: the studies that differ in designer and seed alone, by the best reward so far."""
    shown = comparison_or_404(comparison_id)
    found = race(shown)
    parts = [
        RacePart(part, race_info(part, [(racer.name, racer.by(part)) for racer in found.racers]))
        for part in (BY_TRIALS, BY_EPOCHS)
    ]
    return render(request, "comparisons/race.html", {"comparison": shown, "race": found, "parts": parts})


@require_GET
def comparison_rows(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """The polled table; it informs the page when the chart is out of date."""
    context = comparison_rows_context(comparison_or_404(comparison_id))
    changed = {"results-changed": request.GET.get("version") != context["version"]}
    return live_partial(request, "comparisons/_rows.html", context, is_live=context["is_live"], events=changed)


@require_POST
def add_studies(request: HttpRequest, comparison_id: int) -> HttpResponse:
    comparison_or_404(comparison_id)
    try:
        services.add_studies(comparison_id=comparison_id, study_ids=ids_in(request.POST, "studies"))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("comparison", comparison_id)


@require_POST
def remove_study(request: HttpRequest, comparison_id: int, study_id: int) -> HttpResponse:
    comparison_or_404(comparison_id)
    try:
        services.remove_study(comparison_id=comparison_id, study_id=study_id)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("comparisons")
    return redirect("comparison", comparison_id)


@require_POST
def delete_comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    name = comparison_or_404(comparison_id).name
    try:
        services.delete(comparison_id=comparison_id)
        messages.success(request, f"Deleted the comparison {name}; its studies are still there.")
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("comparisons")


@require_http_methods(["GET", "POST"])
def add_to_comparison(request: HttpRequest, study_id: int) -> HttpResponse:
    """Add a study to a comparison that there is, or to a new one."""
    study = study_or_404(study_id)
    form = AddToComparisonForm(request.POST or None, study=study)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("comparison", _added(request, study, form).pk)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
    context = {"form": form, "study": study, "present": comparisons_with(study)}
    return render(request, "comparisons/add.html", context, status=200 if request.method == "GET" else 422)


def _added(request: HttpRequest, study: Study, form: AddToComparisonForm) -> Comparison:
    chosen = form.cleaned_data["comparison"]
    if chosen is None:
        return services.create(name=form.cleaned_data["name"], study_ids=[study.pk], owner=request.user)
    return services.add_studies(comparison_id=chosen.pk, study_ids=[study.pk])


def _new_page(
    request: HttpRequest, form: ComparisonForm, *, five: PaperFiveForm | None = None, status: int = 200
) -> HttpResponse:
    ticked = ids_in(request.POST, "studies") or form.initial.get("studies", [])
    five = five or PaperFiveForm(prefix=_FIVE, initial=_initial())
    context = new_comparison_context(ticked, _dataset_id(request)) | {"form": form, "five": five} | _outlook(five)
    return render(request, "comparisons/new.html", context, status=status)


def _initial() -> dict[str, Any]:
    name = services.free_comparison_name(DEFAULT_NAME)
    return {"name": name, "dataset": newest_ready_dataset_id(), "scale": "1"}


def _outlook(form: PaperFiveForm) -> dict[str, Any]:
    """Words and time of what stands in the form; nothing where it holds no scale."""
    try:
        scale = scale_of(str(form["scale"].value() or ""))
    except ScaleError:
        return {}
    lengths = scaled_lengths(scale)
    lengths["trial_budget"] *= len(PAPER_FIVE)
    dataset_id = whole_number(str(form["dataset"].value() or ""))
    return {"consequences": consequences_of(scale), "estimate": estimate(dataset_id, **lengths) if dataset_id else None}


def _dataset_id(request: HttpRequest) -> int | None:
    return whole_number(request.GET.get("dataset", ""), least=1)
