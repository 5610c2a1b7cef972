"""The search over everything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.forms.filters import search_text
from webapp.queries.pages.search import MOST_HITS, search


@require_GET
def search_everything(request: HttpRequest) -> HttpResponse:
    text = search_text(request.GET)
    return render(request, "search.html", {"text": text, "kinds": search(text), "most": MOST_HITS})
