"""Several networks side by side."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.forms.filters import networks_to_compare
from webapp.queries.pages.compare import MOST_NETWORKS, choices, comparison


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """?of=TRIAL_ID, up to four times."""
    wanted = networks_to_compare(request.GET)
    found = comparison(wanted[:MOST_NETWORKS])
    notes = list(found.notes)
    if len(wanted) > MOST_NETWORKS:
        notes.append(f"Only the first {MOST_NETWORKS} networks are shown.")
    has_room = 0 < len(found.networks) < MOST_NETWORKS
    context = {
        "comparison": found,
        "notes": notes,
        "others": found.ids,
        "choices": choices(found.networks[0].trial, found.ids) if has_room else None,
    }
    return render(request, "compare.html", context)
