"""Proposals of what to measure next, and the bench kit made of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods

from webapp.models import Campaign, Device
from webapp.queries.pages.measure_next import MOST_PROPOSED, USUAL, measure_next_context, offered
from webapp.queries.whole_numbers import whole_number
from webapp.services.benches import order_proposed
from webapp.services.errors import Conflict
from webapp.views.devices import device_or_404


@require_http_methods(["GET", "POST"])
def measure_next(request: HttpRequest, device_id: int) -> HttpResponse:
    """?source=…&count=…; POST requests a bench kit of the networks that are ticked for the chosen campaign."""
    device = device_or_404(device_id)
    if request.method == "POST":
        return _order(request, device)
    return _page(request, device, request.GET)


def _page(request: HttpRequest, device: Device, wanted: QueryDict, status: int = 200) -> HttpResponse:
    context = measure_next_context(device, wanted.get("source", ""), _count(wanted.get("count", "")))
    if context["problem"]:
        messages.error(request, context["problem"])
    return render(request, "energy_models/measure_next.html", context, status=status)


def _count(text: str) -> int:
    number = whole_number(text)
    return USUAL if number is None else min(MOST_PROPOSED, max(1, number))


def _order(request: HttpRequest, device: Device) -> HttpResponse:
    ticked, campaign = set(request.POST.getlist("network")), whole_number(request.POST.get("campaign", ""))
    chosen = Campaign.objects.filter(device=device, pk=campaign).first() if campaign else None
    try:
        if chosen is None:
            raise Conflict("Choose the campaign that will hold the measurements; a device's page begins one.")
        networks = [network for network in offered(request.POST.get("source", "")) if network.hash in ticked]
        order_proposed(campaign_id=chosen.pk, networks=networks)
    except (Conflict, ValueError) as error:
        messages.error(request, str(error))
        return _page(request, device, request.POST, status=422)
    messages.success(request, f"A bench kit of {len(networks)} network{pluralize(len(networks))} is being packed.")
    return redirect("campaign", campaign_id=chosen.pk)
