"""Polling of live pages: one partial serves the page and each refresh, and states when polling ends."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

POLLING_OVER = 286  # htmx stops polling when it gets this status


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
