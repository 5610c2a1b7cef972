"""The form of a study: a new one, a draft, one from a file; and what its numbers mean."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from webapp.forms.explanations import explain, training_length
from webapp.forms.presets import preset_values, presets, with_preset
from webapp.forms.scale import SCALES, ScaleError, scale_of
from webapp.forms.study import StudyForm, differences, settings_of
from webapp.forms.study_file import LONGEST_FILE, StudyFileError, form_from_file, read_study_file
from webapp.models import Dataset, DryRun, Study
from webapp.queries.drafts import draft_version
from webapp.queries.dry_runs import DryRunPage, dry_run_page
from webapp.queries.pages.datasets import newest_ready_dataset_id
from webapp.queries.pages.estimates import Estimate, estimate
from webapp.queries.whole_numbers import whole_number
from webapp.services import studies as services
from webapp.services.dry_runs import request_dry_run
from webapp.services.errors import Conflict, Stale
from webapp.views.polling import live_partial
from webapp.views.study import study_or_404

_LENGTHS = ("trial_budget", "full_epochs", "qat_epochs")
_LARGEST_ESTIMATED = 99_999_999


@require_http_methods(["GET", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    """The form of a new study; POST saves it as a draft, or also starts it, or fills in a preset or a file."""
    if request.method == "GET":
        return _form_page(request, StudyForm(initial=_initial(request)))
    if "read_file" in request.POST:
        return _from_file(request)
    if "preset" in request.POST:
        return _from_preset(request)
    form = _posted(request)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    if "dry_run" in request.POST:
        return _dry_run(request, form)
    return _create(request, form)


def _posted(request: HttpRequest, **of_draft: Any) -> StudyForm:
    wanted = {"fit_input": "edit_space" in request.POST, "is_named": "dry_run" not in request.POST}
    return StudyForm(request.POST, **wanted, **of_draft)


def _create(request: HttpRequest, form: StudyForm) -> HttpResponse:
    try:
        study = services.create_study(study=form.save(commit=False), owner=request.user)
        if "start" in request.POST:
            services.start(study_id=study.pk, actor=request.user)
    except Conflict as conflict:
        if form.instance.pk is None:
            form.add_error(None, str(conflict))
            return _form_page(request, form, status=422)
        messages.error(request, f"Saved as a draft. {conflict}")
    return _after_saving(request, form.instance.pk)


def _after_saving(request: HttpRequest, study_id: int) -> HttpResponse:
    return redirect("study_space" if "edit_space" in request.POST else "study", study_id=study_id)


@require_http_methods(["GET", "POST"])
def edit_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """The form of a draft; other studies keep their settings, a clone may change them.

    Of two editors of one draft, the second gets an error and keeps the input.
    """
    study = study_or_404(study_id)
    if study.state != Study.State.DRAFT:
        messages.error(request, "Only a draft can be edited: clone the study to change its settings.")
        return redirect("study", study_id=study_id)
    if request.method == "GET":
        return _form_page(request, StudyForm(instance=study), study=study)
    form = _posted(request, instance=study_or_404(study_id))
    if not form.is_valid():
        return _form_page(request, form, status=422, study=study)
    if "dry_run" in request.POST:
        return _dry_run(request, form, study)
    return _update(request, form, study)


def _update(request: HttpRequest, form: StudyForm, study: Study) -> HttpResponse:
    seen = request.POST.get("seen", "")
    try:
        services.update_draft(study_id=study.pk, seen=seen, values=form.cleaned_data, actor=request.user)
    except Stale as stale:
        stored = study_or_404(study.pk)
        changes = differences(form, stored)
        there = f" Stored is now: {changes}." if changes else ""
        form.add_error(
            None, f"{stale}{there} Below is yours: save again to replace what is stored, or reload the page."
        )
        return _form_page(request, form, status=409, study=stored, seen=draft_version(stored))
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("study", study_id=study.pk)
    return _after_saving(request, study.pk)


@require_GET
def dry_run(request: HttpRequest, dry_run_id: int) -> HttpResponse:
    """Result of a dry run: a page, or the part of one that htmx polls until it has ended."""
    found = dry_run_page(get_object_or_404(DryRun, pk=dry_run_id))
    if request.headers.get("HX-Request"):
        return live_partial(request, "studies/_dry_run.html", {"dry_run": found}, is_live=found.is_live, events={})
    return render(request, "studies/dry_run.html", {"dry_run": found})


@require_GET
def explain_study(request: HttpRequest) -> HttpResponse:
    """The sentences and the estimate for what stands in the form: htmx asks while a person types."""
    return render(request, "studies/_explanation.html", _explained(request.GET))


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Initial values of a new form: the newest ready dataset, then a preset or another study."""
    initial: dict[str, Any] = {"dataset": request.GET.get("dataset") or newest_ready_dataset_id()}
    source = request.GET.get("from", "")
    if source.isdecimal() and (study := study_or_404(whole_number(source) or 0)).kind == Study.Kind.SEARCH:
        initial |= settings_of(study)
    initial |= preset_values(request.GET.get("preset", ""))
    if initial.get("name"):
        initial["name"] = services.free_name(initial["name"])
    return initial


def _from_preset(request: HttpRequest) -> HttpResponse:
    """Fill a preset into the form, which keeps what was typed; nothing is saved yet."""
    scale = _scale(request.POST.get("scale", ""))
    form, words = with_preset(StudyForm(request.POST), request.POST["preset"], scale)
    if words:
        messages.info(request, words)
    return _form_page(request, form)


def _scale(text: str) -> float:
    """The scale that was chosen, 1 where none was."""
    try:
        return scale_of(text)
    except ScaleError:
        return 1.0


def _from_file(request: HttpRequest) -> HttpResponse:
    """Fill the form from an uploaded study file; nothing is saved yet. A wrong file leaves the form as it was typed."""
    upload = request.FILES.get("file")
    chosen = whole_number(request.POST.get("dataset", ""))
    dataset = Dataset.objects.filter(pk=chosen).first() if chosen else None
    try:
        if upload is None:
            raise StudyFileError("Choose a study file first.")
        if upload.size > LONGEST_FILE:
            raise StudyFileError(f"{upload.name} has {upload.size} bytes: that is no study file.")
        values = read_study_file(upload.read())
        form = form_from_file(values, None if "dataset" in values else dataset)
    except StudyFileError as error:
        messages.error(request, str(error))
        return _form_page(request, StudyForm(request.POST, is_checked=False), status=422)
    form.is_valid()
    return _form_page(request, form)


def _dry_run(request: HttpRequest, form: StudyForm, study: Study | None = None) -> HttpResponse:
    """Request a dry run of the settings in the form, which stay there; nothing is saved."""
    try:
        ordered = request_dry_run(study=form.save(commit=False), owner=request.user)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _form_page(request, form, status=422, study=study)
    return _form_page(request, form, study=study, dry_run=dry_run_page(ordered))


def _form_page(
    request: HttpRequest,
    form: StudyForm,
    *,
    status: int = 200,
    study: Study | None = None,
    seen: str = "",
    dry_run: DryRunPage | None = None,
) -> HttpResponse:
    """The page; `seen` is the version of the draft that the form replaces, by default the one that was posted."""
    values = {name: form[name].value() for name in form.fields}
    context = {
        "form": form,
        "study": study,
        "seen": seen or request.POST.get("seen") or (draft_version(study) if study else ""),
        "presets": presets(),
        "chosen_preset": request.POST.get("preset") or request.GET.get("preset", ""),
        "scales": [(f"{scale:g}", f"{100 * scale:g} %") for scale in SCALES],
        "chosen_scale": f"{_scale(request.POST.get('scale', '')):g}",
        "dry_run": dry_run,
    }
    return render(request, "studies/form.html", context | _explained(values), status=status)


def _explained(values: Any) -> dict[str, Any]:
    return {"explanation": explain(values), "training_length": training_length(values), "estimate": _estimate(values)}


def _estimate(values: Any) -> Estimate | None:
    texts = [str(values.get(name) or "") for name in ("dataset", *_LENGTHS)]
    numbers = [number for text in texts if (number := whole_number(text, most=_LARGEST_ESTIMATED)) is not None]
    if len(numbers) < len(texts):
        return None
    dataset_id, *lengths = numbers
    return estimate(dataset_id, **dict(zip(_LENGTHS, lengths, strict=True)))
