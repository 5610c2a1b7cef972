"""A run: its trace, its windows, its energies, and the architecture that it measured."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.filters import ids_in
from webapp.forms.measuring import MOST_SPANS, RunForm
from webapp.models import Run
from webapp.queries.pages.run import (
    run_context,
    run_live_context,
    shown_runs,
    window_rows,
)
from webapp.services import runs as services
from webapp.services.errors import Conflict
from webapp.views.polling import live_partial

_LONGEST_SEARCH = 100


def run_or_404(run_id: int) -> Run:
    return get_object_or_404(shown_runs(), pk=run_id)


@require_GET
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """The whole page; `?q=` searches for architectures to attach, `?correct=1` has the computed windows in the form."""
    shown = run_or_404(run_id)
    choices = shown.settings.get(services.CHOICES, {})
    if request.GET.get("correct") == "1":
        spans_s = [(window.start_s, window.end_s) for window in window_rows(shown.result)[:MOST_SPANS]]
        choices = choices | {"window": "manual", "spans_s": spans_s}
    return _page(request, shown, RunForm.of(choices, shown.settings_version))


def _page(request: HttpRequest, shown: Run, form: RunForm) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    context = run_context(shown, text) | {"form": form}
    return render(request, "devices/run.html", context, status=422 if form.is_bound else 200)


@require_GET
def run_live(request: HttpRequest, run_id: int) -> HttpResponse:
    """The polled part while it is computed; then the whole page is fetched again."""
    context = run_live_context(run_or_404(run_id))
    response = live_partial(request, "devices/_run_live.html", context, is_live=context["is_live"], events={})
    if not context["is_live"]:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def change_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Change a run's windows, idle and files. The run is computed again."""
    shown, form = run_or_404(run_id), RunForm(request.POST)
    if not form.is_valid():
        return _page(request, shown, form)
    try:
        services.change_settings(
            run_id=run_id,
            seen_version=form.cleaned_data["seen_version"],
            choices=form.settings.to_json(),
            file_ids=ids_in(request.POST, "files"),
            idle_files=ids_in(request.POST, "idle"),
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, shown, form)
    return redirect("run", run_id=run_id)


@require_POST
def attach_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Say which architecture was measured."""
    wanted, seen = request.POST.get("architecture", ""), ids_in(request.POST, "seen_version")
    try:
        services.attach(run_id=run_id, seen_version=seen[0] if seen else 0, architecture_hash=wanted or None)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("run", run_id=run_id)


@require_POST
def delete_run(request: HttpRequest, run_id: int) -> HttpResponse:
    shown = run_or_404(run_id)
    services.delete_run(run_id=run_id)
    messages.success(request, f"Deleted {shown}. Its files stay in the campaign.")
    return redirect("campaign", campaign_id=shown.campaign_id)
