"""The list of studies."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from webapp.forms.filters import study_filter
from webapp.queries.pages.studies import studies_context, studies_rows_context
from webapp.views.polling import POLLING_OVER, with_address


@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """The list; htmx gets its table alone, to filter and to refresh."""
    wanted = study_filter(request.GET, request.user.pk)
    if request.htmx:
        context = studies_rows_context(wanted)
        status = 200 if context["is_live"] else POLLING_OVER
        response = render(request, "studies/_rows.html", context, status=status)
        return with_address(response, request, part="rows", address=reverse("studies"))
    return render(request, "studies/list.html", studies_context(wanted))
