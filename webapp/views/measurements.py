"""One uploaded file: what was found in it, how it is read, its columns where nobody knows it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.mapping import MappingForm
from webapp.forms.measuring import ReadOptionsForm
from webapp.models import MappingProfile, MeasurementFile
from webapp.queries.pages.run import file_context, file_live_context, shown_files
from webapp.queries.whole_numbers import whole_number
from webapp.services import measurements as services
from webapp.services.errors import Conflict
from webapp.services.result_tables import RESULTS
from webapp.views.polling import live_partial


def file_or_404(file_id: int) -> MeasurementFile:
    return get_object_or_404(shown_files(), pk=file_id)


@require_GET
def measurement(request: HttpRequest, file_id: int) -> HttpResponse:
    """The page of a file; `?profile=` fills the mapper in."""
    shown = file_or_404(file_id)
    return _page(request, shown, _options_form(shown), _mapping_form(request, shown))


def _page(
    request: HttpRequest, shown: MeasurementFile, options: ReadOptionsForm, mapping: MappingForm | None
) -> HttpResponse:
    is_wrong = options.is_bound or (mapping is not None and mapping.is_bound)
    context = file_context(shown, has_mapper=mapping is not None)
    context |= {"options_form": options, "mapping_form": mapping, "is_results": RESULTS in shown.options}
    return render(request, "devices/file.html", context, status=422 if is_wrong else 200)


@require_GET
def measurement_live(request: HttpRequest, file_id: int) -> HttpResponse:
    """The polled part while it is read; then the whole page is fetched again."""
    shown = file_or_404(file_id)
    context = file_live_context(shown) | {"is_results": RESULTS in shown.options}
    response = live_partial(request, "devices/_file_live.html", context, is_live=context["is_live"], events={})
    if not context["is_live"]:
        response.headers["HX-Refresh"] = "true"
    return response


def _options_form(shown: MeasurementFile) -> ReadOptionsForm:
    return ReadOptionsForm(initial=shown.options | {"seen_version": shown.options_version})


def _mapping_form(request: HttpRequest, shown: MeasurementFile) -> MappingForm | None:
    """The mapper, for a table that nobody knows or that is mapped already."""
    if shown.columns is None:
        return None
    names, mapping = shown.columns["names"], shown.options.get("mapping") or shown.columns["proposal"]
    wanted = whole_number(request.GET.get("profile", ""))
    if wanted is not None:
        profile = MappingProfile.objects.filter(pk=wanted).first()
        mapping = profile.mapping if profile else mapping
    return MappingForm.of(mapping, columns=names, version=shown.options_version)


@require_POST
def change_options(request: HttpRequest, file_id: int) -> HttpResponse:
    """Read the file again with the options given by the user. Its mapping and its kind stay."""
    shown, form = file_or_404(file_id), ReadOptionsForm(request.POST)
    if form.is_valid():
        kept = {key: shown.options[key] for key in ("mapping", RESULTS) if key in shown.options}
        if _changed(request, form, file_id, form.options | kept):
            return redirect("measurement", file_id=file_id)
    return _page(request, shown, form, _mapping_form(request, shown))


@require_POST
def map_columns(request: HttpRequest, file_id: int) -> HttpResponse:
    """Read a table with the columns as a person named them, and keep the mapping if it has a name."""
    shown = file_or_404(file_id)
    if shown.columns is None:
        messages.error(request, f"{shown.original_name} is being read, or is no table with columns to map.")
        return redirect("measurement", file_id=file_id)
    form = MappingForm(request.POST, columns=shown.columns["names"])
    if form.is_valid() and form.mapping is not None:
        mapping = form.mapping.to_json()
        if _changed(request, form, file_id, shown.options | {"mapping": mapping}):
            name = " ".join(form.cleaned_data["profile"].split())
            if name:
                services.keep_profile(name=name, mapping=mapping)
                messages.success(request, f"Kept as the profile {name}.")
            return redirect("measurement", file_id=file_id)
    return _page(request, shown, _options_form(shown), form)


def _changed(request: HttpRequest, form: ReadOptionsForm | MappingForm, file_id: int, options: dict[str, Any]) -> bool:
    """Whether the options were taken; else the form reports a conflicting edit."""
    try:
        services.change_options(file_id=file_id, seen_version=form.cleaned_data["seen_version"], options=options)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return False
    return True


@require_POST
def delete_measurement(request: HttpRequest, file_id: int) -> HttpResponse:
    campaign_id = file_or_404(file_id).campaign_id
    try:
        messages.success(request, f"Deleted {services.delete_file(file_id=file_id)}.")
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("measurement", file_id=file_id)
    return redirect("campaign", campaign_id=campaign_id)


@require_POST
def delete_profile(request: HttpRequest, file_id: int, profile_id: int) -> HttpResponse:
    """Forget a profile, from the page of a file that could have been read with it."""
    services.delete_profile(profile_id=profile_id)
    return redirect("measurement", file_id=file_id)
