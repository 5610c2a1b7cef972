"""Charts as SVG files, drawn on the server: one way for all of them, by `?as=svg` at the address of their JSON."""

import json
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse

from webapp.api.files import attachment
from webapp.charts.drawing.standalone import rules_of, standalone
from webapp.charts.drawing.svg import figure_svg

SIZE = (900, 460)
"""Width and height in user units."""

ChartView = Callable[..., HttpResponse]


def drawable(label: str) -> Callable[[ChartView], ChartView]:
    """Decorator of a view that answers with a figure's Plotly JSON: with `?as=svg` it answers with its drawing.

    `label` states what the chart is, with the names of the address in braces. Raises Http404 where there is nothing to
    draw, and for what only the browser draws.
    """

    def decorate(view: ChartView) -> ChartView:
        @wraps(view)
        def answer(request: HttpRequest, **names: object) -> HttpResponse:
            response = view(request, **names)
            if request.GET.get("as") != "svg" or response.status_code != 200:
                return response
            svg = figure_svg(json.loads(response.content), label.format(**names), *SIZE)
            if not svg:
                raise Http404("This chart has nothing that could be drawn on the server.")
            file = HttpResponse(standalone(svg, rules_of("drawing.css", ".drawing")), content_type="image/svg+xml")
            match = request.resolver_match
            title = match.url_name.removesuffix("_chart") if match and match.url_name else "chart"
            return attachment(file, title, *names.values(), suffix=".svg")

        return answer

    return decorate
