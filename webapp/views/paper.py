"""What Earshot reproduces of the paper: Tables 1 and 2 and Figure 2."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from nas_engine.paper import figure2
from nas_engine.paper.tables import TABLE_2_MODEL, table1, table2
from webapp.models import Study
from webapp.queries.pages.paper import delivered_bytes, studies_with_results, study_points


@require_GET
def paper(request: HttpRequest) -> HttpResponse:
    return render(request, "paper/paper.html")


@require_GET
def paper_table1(request: HttpRequest) -> HttpResponse:
    """Counts by the pure walk, sizes by estimate; the size of a real file where a trial made it."""
    delivered = delivered_bytes()
    rows = [(row, delivered.get(row.model)) for row in table1()]
    return render(request, "paper/table1.html", {"rows": rows})


@require_GET
def paper_table2(request: HttpRequest) -> HttpResponse:
    *rows, total = table2()
    context = {"rows": rows, "total": total, "delivered_bytes": delivered_bytes().get(TABLE_2_MODEL)}
    return render(request, "paper/table2.html", context)


@require_GET
def paper_figure2(request: HttpRequest) -> HttpResponse:
    """The completed trials of the study that the address names, else of the newest that has some."""
    studies = studies_with_results()
    wanted = request.GET.get("study", "")
    shown = _chosen(studies, wanted) if wanted else next(iter(studies), None)
    points = study_points(shown) if shown else ()
    context = {
        "studies": studies,
        "study": shown,
        "points": points,
        "found": figure2.correlations(points),
        "published": figure2,
    }
    return render(request, "paper/figure2.html", context)


def _chosen(studies: tuple[Study, ...], wanted: str) -> Study:
    for study in studies:
        if str(study.pk) == wanted:
            return study
    raise Http404(f"There is no study {wanted} with completed trials.")
