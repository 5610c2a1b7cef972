"""The list of studies."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.filters import study_filter
from webapp.forms.presets import presets
from webapp.queries.pages.first_steps import first_steps_of_installation
from webapp.queries.pages.studies import studies_context, studies_rows_context
from webapp.views.polling import POLLING_OVER, with_address

_STEPS_HIDDEN = "first_steps_hidden"


@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """The list; htmx gets its table alone, to filter and to refresh."""
    wanted = study_filter(request.GET, request.user.pk)
    if request.htmx:
        context = studies_rows_context(wanted)
        status = 200 if context["is_live"] else POLLING_OVER
        response = render(request, "studies/_rows.html", context, status=status)
        return with_address(response, request, part="rows", address=reverse("studies"))
    context = studies_context(wanted)
    if not context["any_study"]:
        context |= {
            "steps": first_steps_of_installation(),
            "steps_hidden": request.session.get(_STEPS_HIDDEN, False),
            "presets": presets(),
        }
    return render(request, "studies/list.html", context)


@require_POST
def first_steps(request: HttpRequest) -> HttpResponse:
    """Hide the first steps in this session, or show them again."""
    request.session[_STEPS_HIDDEN] = request.POST.get("show") != "1"
    return redirect("studies")
