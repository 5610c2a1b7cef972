"""Devices: the list, making and changing one, one with its campaigns."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.forms.device import CampaignForm, DeviceForm
from webapp.models import Device
from webapp.queries.pages.devices import device_context, device_rows
from webapp.services import devices as services
from webapp.services.errors import Conflict


def device_or_404(device_id: int) -> Device:
    return get_object_or_404(Device, pk=device_id)


@require_GET
def devices(request: HttpRequest) -> HttpResponse:
    return render(request, "devices/list.html", {"rows": device_rows()})


@require_http_methods(["GET", "POST"])
def new_device(request: HttpRequest) -> HttpResponse:
    form = DeviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("device", device_id=services.create_device(values=form.values).pk)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
def edit_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Form of a device. Of two users who edit it at once, the second gets an error and keeps the input."""
    shown = device_or_404(device_id)
    form = DeviceForm(request.POST or None, instance=device_or_404(device_id))
    if request.method == "POST" and form.is_valid():
        try:
            seen = form.cleaned_data["seen_version"] or 0
            services.change_device(device_id=device_id, seen_version=seen, values=form.values)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, "Saved. Results computed with the former figures are computed again.")
            return redirect("device", device_id=device_id)
    return _form_page(request, form, shown)


def _form_page(request: HttpRequest, form: DeviceForm, device: Device | None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "devices/form.html", {"form": form, "device": device}, status=status)


@require_GET
def device(request: HttpRequest, device_id: int) -> HttpResponse:
    return device_page(request, device_or_404(device_id), CampaignForm())


def device_page(request: HttpRequest, shown: Device, form: CampaignForm) -> HttpResponse:
    """The page, perhaps with a form for a campaign that was filled in wrongly."""
    context = device_context(shown) | {"campaign_form": form}
    return render(request, "devices/device.html", context, status=422 if form.is_bound else 200)


@require_POST
def new_campaign(request: HttpRequest, device_id: int) -> HttpResponse:
    shown, form = device_or_404(device_id), CampaignForm(request.POST)
    if not form.is_valid():
        return device_page(request, shown, form)
    try:
        made = services.create_campaign(device_id=device_id, **form.cleaned_data)
    except Conflict as conflict:
        form.add_error("name", str(conflict))
        return device_page(request, shown, form)
    return redirect("campaign", campaign_id=made.pk)


@require_POST
def delete_device(request: HttpRequest, device_id: int) -> HttpResponse:
    name = device_or_404(device_id).name
    try:
        services.delete_device(device_id=device_id)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("device", device_id=device_id)
    messages.success(request, f"Deleted {name}.")
    return redirect("devices")
