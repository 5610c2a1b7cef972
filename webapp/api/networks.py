"""A trial's network as files to keep that need no training: a Python file that builds it, a drawing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from nas_engine.deployment.keras_source import keras_source
from nas_engine.errors import InfeasibleArchitecture
from webapp.api.files import attachment
from webapp.charts.drawing.network import network_file, network_info
from webapp.queries.pages.blocks import block_table
from webapp.queries.pages.trial import shown_trials
from webapp.translation import architecture

_NOT_BUILT = "This network cannot be built, so there is none to export."


@require_GET
def trial_python(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The network as a Python file of its own, which builds it with tf_keras."""
    trial = get_object_or_404(shown_trials(study_id), number=number)
    try:
        source = keras_source(architecture(trial.architecture), f"trial {number} of {trial.study.name}")
    except InfeasibleArchitecture as error:
        raise Http404(f"{_NOT_BUILT} {error}") from error
    response = HttpResponse(source, content_type="text/x-python; charset=utf-8")
    return attachment(response, trial.study.name, "trial", number, suffix="-network.py")


@require_GET
def trial_drawing(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The drawing of the network as an SVG file."""
    trial = get_object_or_404(shown_trials(study_id), number=number)
    blocks = block_table(trial.architecture)
    if blocks is None:
        raise Http404(_NOT_BUILT)
    name = f"trial {number} of {trial.study.name}"
    response = HttpResponse(network_file(network_info(blocks), name), content_type="image/svg+xml")
    return attachment(response, trial.study.name, "trial", number, suffix="-network.svg")
