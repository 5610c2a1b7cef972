"""Partials that htmx fetches: live ones state when polling ends, filtered ones which address shows the same."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

POLLING_OVER = 286  # htmx stops polling when it gets this status


def with_address(response: HttpResponse, request: HttpRequest, *, part: str, address: str) -> HttpResponse:
    """Have the browser show `address` with the filter of a fetched part of its page, for reloading and for links.

    `part` is the part's id, whose own refreshes change no address.
    """
    if request.htmx and request.htmx.trigger != part:
        query = request.GET.copy()
        for name in [name for name, value in query.items() if not value]:
            del query[name]
        response.headers["HX-Replace-Url"] = f"{address}?{query.urlencode()}" if query else address
    return response


def live_partial(
    request: HttpRequest, template: str, context: dict[str, object], *, is_live: bool, events: dict[str, bool]
) -> HttpResponse:
    """Render a polled partial. `events` states which parts of the page have changed since the version it holds.

    The names of changed parts become events in the browser (HX-Trigger), on which those parts fetch themselves.
    """
    response = render(request, template, context, status=200 if is_live else POLLING_OVER)
    changed = {name: True for name, has_changed in events.items() if has_changed}
    if changed:
        response.headers["HX-Trigger"] = json.dumps(changed)
    return response
