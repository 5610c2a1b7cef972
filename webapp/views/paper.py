"""Reproduced parts of the paper: Tables 1 and 2 and Figure 2."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.queries.glossary import SUBJECTS
from webapp.queries.pages.paper import figure2_context, table1_context, table2_context


@require_GET
def paper(request: HttpRequest) -> HttpResponse:
    return render(request, "paper/paper.html")


@require_GET
def glossary(request: HttpRequest) -> HttpResponse:
    """Every technical term in one line."""
    return render(request, "paper/glossary.html", {"subjects": SUBJECTS})


@require_GET
def paper_table1(request: HttpRequest) -> HttpResponse:
    """Counts by the pure walk, sizes by estimate; the size of a real file where a trial made it."""
    return render(request, "paper/table1.html", table1_context())


@require_GET
def paper_table2(request: HttpRequest) -> HttpResponse:
    return render(request, "paper/table2.html", table2_context())


@require_GET
def paper_figure2(request: HttpRequest) -> HttpResponse:
    """The completed trials of the study that the address names, else of the newest that has some."""
    wanted = request.GET.get("study", "")
    context = figure2_context(wanted)
    if context is None:
        raise Http404(f"There is no study {wanted} with completed trials.")
    return render(request, "paper/figure2.html", context)
