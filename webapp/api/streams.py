"""Evaluations on streams: charts, the outcome as a file, and the sound of each mistake, made again from its seed."""

import io
import wave
from collections.abc import Callable

import numpy as np
import soundfile
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_safe
from numpy.typing import NDArray

from nas_engine.audio.decode import decode
from nas_engine.streaming.annotations.folders import stretch_of
from nas_engine.streaming.features import Gain
from nas_engine.streaming.layout import RATE_HZ, Samples, StreamLayout, render
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.mistakes import excerpt_of
from nas_engine.streaming.procedure.outcome import MISS, MeasuredStream
from nas_engine.streaming.values import pcm16
from webapp.api.drawings import drawable
from webapp.api.files import attachment, ranged
from webapp.charts.streams import det_figure, det_info, noise_figure, noise_info
from webapp.models import Clip, StoredRecording, StreamEvaluation
from webapp.queries.pages.streams import outcome_of
from webapp.translation import frontend

LONGEST_S = 60.0
"""Seconds of sound that are made for a mistake: the first of an event, the last before an alarm."""


@require_GET
@drawable("Missed events over false alarms per hour")
def det_chart(request: HttpRequest, study_id: int, number: int, evaluation_id: int) -> JsonResponse:
    """Missed events over false alarms per hour, at all thresholds, of each class."""
    ready = _ready_or_404(study_id, number, evaluation_id)
    return JsonResponse(det_figure(det_info(outcome_of(ready))))


@require_GET
@drawable("Misses and false alarms by noise level")
def noise_chart(request: HttpRequest, study_id: int, number: int, evaluation_id: int) -> JsonResponse:
    """Missed events of each class, and false alarms per hour, over the signal-to-noise ratio."""
    ready = _ready_or_404(study_id, number, evaluation_id)
    return JsonResponse(noise_figure(noise_info(outcome_of(ready))))


@require_GET
def streams_json(request: HttpRequest, study_id: int, number: int, evaluation_id: int) -> HttpResponse:
    """Plan and outcome, as `evaluate_streams --json` writes them."""
    ready = _ready_or_404(study_id, number, evaluation_id)
    content = {"plan": ready.plan, "clips": ready.clips, "outcome": ready.result}
    response = JsonResponse(content, json_dumps_params={"indent": 1})
    return attachment(response, ready.trial.study.name, "trial", number, "streams", suffix=".json")


@require_safe
@cache_control(private=True, max_age=3600)
def mistake_audio(request: HttpRequest, study_id: int, number: int, evaluation_id: int, place: int) -> HttpResponseBase:
    """The sound around a mistake as WAV, with the gain of the loop. Only what lies there is read."""
    ready = _ready_or_404(study_id, number, evaluation_id)
    outcome = outcome_of(ready)
    if place >= len(outcome.mistakes):
        raise Http404("There is no such mistake.")
    mistake = outcome.mistakes[place]
    loop = LoopSettings.from_json(outcome.loop)
    start, end = excerpt_of(mistake, frontend(ready.trial.study.dataset).seconds, loop)
    most = round(LONGEST_S * RATE_HZ)
    start, end = (start, min(end, start + most)) if mistake.kind == MISS else (max(start, end - most), end)
    stretch = _recorded if ready.is_recorded else _composed
    [samples] = Gain(loop.gain_db).apply([stretch(ready, outcome.streams[mistake.stream], mistake.stream, start, end)])
    return ranged(ContentFile(_wav(samples)), "audio/wav", request.headers.get("Range", ""))


def _ready_or_404(study_id: int, number: int, evaluation_id: int) -> StreamEvaluation:
    ready = StreamEvaluation.objects.filter(state=StreamEvaluation.State.READY)
    related = ready.select_related("trial__study__dataset")
    return get_object_or_404(related, pk=evaluation_id, trial__study=study_id, trial__number=number)


def _composed(ready: StreamEvaluation, stream: MeasuredStream, number: int, start: int, end: int) -> NDArray[np.int16]:
    """Samples [n] of a stretch of a stream that was put together from clips."""
    if not stream.layout:
        raise Http404("This stream was not put together from clips.")
    sound = _sounds(ready)
    return pcm16(render(StreamLayout.from_json(stream.layout), sound, sound, start, end))


def _recorded(ready: StreamEvaluation, stream: MeasuredStream, number: int, start: int, end: int) -> NDArray[np.int16]:
    """Samples [n] of a stretch of a stored recording, the stream of this number."""
    stored = StoredRecording.objects.filter(pk=ready.clips[number]).first()
    if stored is None:
        raise Http404("These recordings were deleted or replaced since: evaluate the trial on them again.")
    with stored.audio.open("rb") as file, soundfile.SoundFile(file) as sound:
        return stretch_of(sound, start, end)


def _sounds(ready: StreamEvaluation) -> Callable[[int], Samples]:
    """Samples of the measured clips by their number. Raises Http404 for a clip that was deleted since."""

    def sound(place: int) -> Samples:
        clip = Clip.objects.filter(pk=ready.clips[place], dataset=ready.trial.study.dataset_id).first()
        if clip is None:
            raise Http404("A clip of this stream was deleted since: evaluate the trial on streams again.")
        with clip.audio.open("rb") as stored:
            return decode(stored.read())

    return sound


def _wav(samples: NDArray[np.int16]) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())
    return made.getvalue()
