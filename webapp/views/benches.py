"""Choosing networks to measure: a kit to take along, runs on this computer; and tables of results from elsewhere."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.forms.measuring import TableForm
from webapp.models import BenchKit
from webapp.queries.bench_choices import bench_context
from webapp.services import benches as services
from webapp.services import result_tables
from webapp.services.errors import Conflict
from webapp.views.campaigns import campaign_or_404

_LONGEST_SEARCH = 100
_HASH_LENGTH = 64


@require_GET
def bench(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Networks to choose among: `?q=` searches, `?study=` takes a study's fronts, `?of=` names hashes."""
    shown = campaign_or_404(campaign_id)
    text = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    chosen = request.GET.getlist("of")
    context = bench_context(shown, text=text, study_id=request.GET.get("study", ""), hashes=_hashes(chosen))
    context |= {"host_seconds": services.HOST_SECONDS, "is_chosen": bool(chosen)}
    return render(request, "devices/bench.html", context)


def _hashes(values: list[str]) -> list[str]:
    """Values that can be hashes, each once."""
    return list(dict.fromkeys(value for value in values if len(value) == _HASH_LENGTH and value.isalnum()))


@require_POST
def take_to_bench(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Pack the chosen networks, or have them run on this computer."""
    shown, hashes = campaign_or_404(campaign_id), _hashes(request.POST.getlist("of"))
    try:
        if "here" in request.POST:
            made = services.measure_here(campaign_id=shown.pk, hashes=hashes)
            messages.success(request, f"{len(made)} network{'s' if len(made) > 1 else ''} to be measured here.")
        else:
            services.request_kit(campaign_id=shown.pk, hashes=hashes)
            messages.success(request, "The bench kit is being packed.")
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("bench", campaign_id=campaign_id)
    return redirect("campaign", campaign_id=campaign_id)


@require_POST
def delete_kit(request: HttpRequest, kit_id: int) -> HttpResponse:
    kit = get_object_or_404(BenchKit, pk=kit_id)
    services.delete_kit(kit_id=kit_id)
    messages.success(request, "Deleted the bench kit.")
    return redirect("campaign", campaign_id=kit.campaign_id)


@require_http_methods(["GET", "POST"])
def import_results(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A table of results, which a data worker imports: its page shows the outcome, and every wrong line."""
    shown = campaign_or_404(campaign_id)
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    if form.is_bound and form.is_valid():
        added = result_tables.order_import(campaign_id=shown.pk, text=form.text, name=form.name)
        if added.present:
            messages.info(request, "This table is in the campaign already: it is not imported twice.")
        return redirect("measurement", file_id=added.all[0].pk)
    context = {"campaign": shown, "device": shown.device, "form": form}
    return render(request, "devices/import.html", context, status=422 if form.is_bound else 200)
