"""Studies and trials as files to keep: TOML settings, JSON results, the network itself."""

import io
import zipfile

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_safe

from webapp.api.files import attachment, download, ranged, safe_name
from webapp.forms.study_file import study_to_toml
from webapp.models import DeployBundle, Study
from webapp.queries.pages.datasets import shown_clips
from webapp.queries.pages.study import shown_studies
from webapp.queries.pages.trial import shown_trials
from webapp.queries.study_summary import study_summary
from webapp.services.errors import Conflict
from webapp.services.exports import trial_files

_ZIP = "application/zip"


@require_GET
def study_toml(request: HttpRequest, study_id: int) -> HttpResponse:
    """The settings as a study file, which the form and run_study read."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    if study.kind != Study.Kind.SEARCH:
        raise Http404(f"{study.name} is no search: it has no settings that a study file could hold.")
    return attachment(HttpResponse(study_to_toml(study), content_type="application/toml"), study.name, suffix=".toml")


@require_GET
def study_json(request: HttpRequest, study_id: int) -> JsonResponse:
    """The summary that `run_study --json` writes; `tflite` is the address of the file."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    summary = study_summary(study_id)
    for trial in summary["trials"]:
        if trial["tflite"]:
            address = reverse("trial_tflite", args=[study_id, trial["number"]])
            trial["tflite"] = request.build_absolute_uri(address)
    return attachment(JsonResponse(summary, json_dumps_params={"indent": 1}), study.name, suffix=".json")


@require_GET
def trial_tflite(request: HttpRequest, study_id: int, number: int) -> FileResponse:
    """The int8 network of a completed trial: the very file whose accuracy and size the page shows."""
    trial = get_object_or_404(shown_trials(study_id).exclude(tflite=""), number=number)
    name = safe_name(trial.study.name, "trial", number, suffix=".tflite")
    return download(trial.tflite.open("rb"), name, "application/octet-stream")


@require_GET
def trial_zip(request: HttpRequest, study_id: int, number: int) -> HttpResponseBase:
    """Everything that `export_trial` writes of a completed trial, in a folder of a ZIP file."""
    trial = get_object_or_404(shown_trials(study_id).exclude(tflite=""), number=number)
    try:
        files = trial_files(trial_id=trial.pk)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("trial", study_id, number)
    folder = safe_name(trial.study.name, "trial", number, suffix="")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}", content)
    packed.seek(0)
    return download(packed, f"{folder}.zip", _ZIP)


@require_GET
def bundle_zip(request: HttpRequest, study_id: int, number: int) -> FileResponse:
    """The newest deploy bundle of a trial that was packed."""
    trial = get_object_or_404(shown_trials(study_id).exclude(tflite=""), number=number)
    bundle = trial.bundles.filter(state=DeployBundle.State.READY).first()
    if bundle is None:
        raise Http404("No deploy bundle of this trial was packed yet: have one packed on its page.")
    return download(bundle.file.open("rb"), safe_name(trial.study.name, "trial", number, "bundle", suffix=".zip"), _ZIP)


@require_GET
def trial_architecture(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The architecture as nas_engine.Architecture.from_json reads it."""
    trial = get_object_or_404(shown_trials(study_id), number=number)
    response = JsonResponse(trial.architecture.spec, json_dumps_params={"indent": 1})
    return attachment(response, trial.study.name, "trial", number, suffix="-architecture.json")


@require_safe
@cache_control(private=True, max_age=3600)
def clip_audio(request: HttpRequest, dataset_id: int, clip_id: int) -> HttpResponseBase:
    """The clip as FLAC, whole or in ranges."""
    clip = get_object_or_404(shown_clips(dataset_id), pk=clip_id)
    return ranged(clip.audio.open("rb"), "audio/flac", request.headers.get("Range", ""))
