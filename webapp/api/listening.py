"""Sound of the page "Try it": files and clips as samples, pieces to scores. Errors are JSON with a sentence."""

import base64
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.listening import ListeningForm
from webapp.models import Clip, Trial
from webapp.queries.loops import loop_of
from webapp.queries.pages.datasets import shown_clips
from webapp.queries.pages.trial import shown_trials
from webapp.queries.whole_numbers import whole_number
from webapp.services import listening
from webapp.services.errors import Conflict

_SAMPLES = "application/octet-stream"
_RETRY_SECONDS = 2
_STATUSES = {
    listening.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    listening.TooMuch: HTTPStatus.TOO_MANY_REQUESTS,
    listening.NotNow: HTTPStatus.SERVICE_UNAVAILABLE,
    listening.NoLongerThere: HTTPStatus.GONE,
    listening.Failed: HTTPStatus.INTERNAL_SERVER_ERROR,
}
View = Callable[..., HttpResponse]


def _in_words(view: View) -> View:
    """Answer a Conflict of the services with its sentence, and a status by which the page goes on."""

    @wraps(view)
    def answering(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Conflict as conflict:
            status = _STATUSES.get(type(conflict), HTTPStatus.CONFLICT)
            response = JsonResponse({"message": str(conflict)}, status=status)
            if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
                response.headers["Retry-After"] = str(_RETRY_SECONDS)
            return response

    return answering


@require_POST
@_in_words
def decode_file(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The body, a sound file named by the query, as 16-bit samples at 16 kHz."""
    trial, name = _trial(study_id, number), request.GET.get("name", "")
    content = _body(request, listening.LIMITS.file_bytes)
    samples = listening.decode(trial=trial, owner=request.user, name=name, content=content)
    return HttpResponse(samples, content_type=_SAMPLES)


@require_GET
@_in_words
def decode_clip(request: HttpRequest, study_id: int, number: int, clip_id: int) -> HttpResponse:
    """A clip of the evaluation split of the trial's data set as 16-bit samples at 16 kHz."""
    trial = _trial(study_id, number)
    clip: Clip = get_object_or_404(shown_clips(trial.study.dataset_id).filter(split="eval"), pk=clip_id)
    samples = listening.decode_clip(trial=trial, owner=request.user, clip=clip)
    return HttpResponse(samples, content_type=_SAMPLES)


@require_POST
@_in_words
def begin_listening(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Begin to listen with the loop of the form; answers the token."""
    trial = _trial(study_id, number)
    form = ListeningForm(request.POST, of=loop_of(trial))
    if not form.is_valid():
        raise Conflict(form.sentence)
    begun = listening.begin(trial=trial, owner=request.user, loop=form.loop())
    return JsonResponse({"token": begun.token})


@require_POST
@_in_words
def hear_piece(request: HttpRequest, study_id: int, number: int, token: str) -> HttpResponse:
    """The body, 16-bit samples from sample `start` on, to frames and outputs of the windows that end in it."""
    start = whole_number(request.GET.get("start", ""))
    if start is None:
        raise Conflict("The address has no `start`: the number of the first sample of the piece.")
    most = round(listening.LIMITS.piece_seconds * listening.RATE_HZ) * listening.BYTES_A_SAMPLE
    found = listening.hear(token=token, owner=request.user, start=start, samples=_body(request, most))
    return JsonResponse(
        {
            "frames": base64.b64encode(found.levels).decode(),
            "outputs": found.outputs,
            "first_s": found.first_s,
            "hop_s": found.hop_s,
            "saturated": found.saturated_samples,
        }
    )


@require_POST
@_in_words
def end_listening(request: HttpRequest, study_id: int, number: int, token: str) -> HttpResponse:
    """End a listening: what the loop kept is forgotten."""
    listening.end(token=token, owner=request.user)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _trial(study_id: int, number: int) -> Trial:
    trial: Trial = get_object_or_404(shown_trials(study_id), number=number)
    return trial


def _body(request: HttpRequest, most: int) -> bytes:
    """The body, or its first `most` + 1 bytes: whoever takes it rejects it for its length."""
    return request.read(most + 1)
