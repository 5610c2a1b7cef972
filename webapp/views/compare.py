"""Several networks side by side."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from webapp.charts.drawing.network import network_info, network_svg
from webapp.forms.filters import networks_to_compare
from webapp.queries.pages.compare import Network, NetworkComparison, compare_context


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """?of=TRIAL_ID, up to eight times."""
    context = compare_context(networks_to_compare(request.GET))
    return render(request, "compare.html", context | {"drawn": _drawn(context["comparison"])})


def _drawn(comparison: NetworkComparison) -> tuple[tuple[Network, SafeString], ...]:
    """Each network with its drawing."""
    networks = comparison.networks
    return tuple((one, network_svg(network_info(one.blocks), one.name, one.trial.pk)) for one in networks)
