"""A campaign: its files, its runs, and what a person may do to them."""

from pathlib import PurePath

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.forms.filters import ids_in, page_in
from webapp.forms.measuring import BY_NAME, TOGETHER, MeasurementUploadForm
from webapp.models import Campaign
from webapp.queries.pages.campaign import campaign_context, shown_campaigns
from webapp.services import devices as device_services
from webapp.services import measurements, runs
from webapp.services.errors import Conflict
from webapp.views.polling import live_partial


def campaign_or_404(campaign_id: int) -> Campaign:
    return get_object_or_404(shown_campaigns(), pk=campaign_id)


@require_http_methods(["GET", "POST"])
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The whole page; what is posted to it are files."""
    shown = campaign_or_404(campaign_id)
    if request.method == "GET":
        return _page(request, shown, MeasurementUploadForm())
    form = MeasurementUploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, shown, form, status=422)
    try:
        return _take_in(request, shown, form)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, shown, form, status=422)


def _take_in(request: HttpRequest, shown: Campaign, form: MeasurementUploadForm) -> HttpResponse:
    files = form.cleaned_data["files"]
    added = measurements.add_files(campaign_id=shown.pk, files=files, options=form.options)
    if added.present:
        names = ", ".join(file.original_name for file in added.present)
        reread = ", ".join(file.original_name for file in added.reread)
        more = f" Read again with the supply given now: {reread}." if reread else ""
        messages.info(request, f"In this campaign already, and not stored again: {names}.{more}")
    wanted, ids = form.cleaned_data["runs"], [file.pk for file in added.all]
    if wanted == TOGETHER:
        label = PurePath(files[0].name).stem if len(files) == 1 < len(ids) else ""
        run = runs.create_run(campaign_id=shown.pk, file_ids=ids, label=label)
        return redirect("run", run_id=run.pk)
    if wanted == BY_NAME:
        runs.create_runs_by_name(campaign_id=shown.pk, file_ids=ids)
    return redirect("campaign", campaign_id=shown.pk)


def _page(request: HttpRequest, shown: Campaign, form: MeasurementUploadForm, status: int = 200) -> HttpResponse:
    context = campaign_context(shown, page_in(request.GET)) | {"form": form}
    return render(request, "devices/campaign.html", context, status=status)


@require_GET
def campaign_live(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The polled part: files, runs, kits."""
    context = campaign_context(campaign_or_404(campaign_id), page_in(request.GET))
    return live_partial(request, "devices/_campaign_live.html", context, is_live=context["is_live"], events={})


@require_POST
def new_run(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """One run of the files that were ticked."""
    shown = campaign_or_404(campaign_id)
    try:
        run = runs.create_run(campaign_id=shown.pk, file_ids=ids_in(request.POST, "files"))
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("campaign", campaign_id=campaign_id)
    return redirect("run", run_id=run.pk)


@require_POST
def delete_campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    shown = campaign_or_404(campaign_id)
    device_services.delete_campaign(campaign_id=campaign_id)
    messages.success(request, f"Deleted {shown.name}.")
    return redirect("device", device_id=shown.device_id)
