"""The energy models of a device: their list, one version's report, and what a person may have done to them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.charts.energy_models import flops_info, latency_info
from webapp.forms.energy_model import NpuModelForm, TrainModelForm
from webapp.models import Device, EnergyModel
from webapp.queries.pages.energy_model import (
    energy_model_context,
    energy_model_live_context,
    energy_models_context,
    shown_models,
)
from webapp.services import energy_models as services
from webapp.services.errors import Conflict
from webapp.views.devices import device_or_404
from webapp.views.polling import live_partial


def model_or_404(device_id: int, version: int) -> EnergyModel:
    return get_object_or_404(shown_models(device_id), version=version)


@require_http_methods(["GET", "POST"])
def energy_models(request: HttpRequest, device_id: int) -> HttpResponse:
    """Versions of a device's energy model, with the form for training another; POST requests it."""
    device = device_or_404(device_id)
    if request.method == "GET":
        return _list_page(request, device, TrainModelForm(device=device))
    form = TrainModelForm(request.POST, device=device)
    if not form.is_valid():
        return _list_page(request, device, form, status=422)
    known = form.cleaned_data["known"]
    try:
        model = services.request_model(
            device_id=device_id, known_id=known.pk if known else None, seed=form.cleaned_data["seed"]
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _list_page(request, device, form, status=422)
    return redirect("energy_model", device_id=device_id, version=model.version)


@require_POST
def create_npu_model(request: HttpRequest, device_id: int) -> HttpResponse:
    """A version by Vela's estimates and a power that the user states."""
    device, form = device_or_404(device_id), NpuModelForm(request.POST)
    if not form.is_valid():
        return _list_page(request, device, TrainModelForm(device=device), status=422, npu_form=form)
    model = services.create_npu_model(device_id=device_id, **form.cleaned_data)
    return redirect("energy_model", device_id=device_id, version=model.version)


def _list_page(
    request: HttpRequest,
    device: Device,
    form: TrainModelForm,
    status: int = 200,
    npu_form: NpuModelForm | None = None,
) -> HttpResponse:
    context = energy_models_context(device)
    found = context["found"]
    context |= {
        "form": form,
        "npu_form": npu_form or NpuModelForm(),
        "too_few": services.too_few(found) if services.is_too_few(found) else "",
    }
    return render(request, "energy_models/list.html", context, status=status)


@require_GET
def energy_model(request: HttpRequest, device_id: int, version: int) -> HttpResponse:
    """Page of one version: its accuracy and its training runs. Charts fetch their own data."""
    shown = model_or_404(device_id, version)
    context = energy_model_context(shown)
    if shown.accelerator:
        return render(request, "energy_models/npu.html", context)
    if shown.state == EnergyModel.State.READY:
        runs = context["measured_runs"]
        context |= {"flops": flops_info(runs), "latency": latency_info(runs)}
    return render(request, "energy_models/model.html", context)


@require_GET
def energy_model_live(request: HttpRequest, device_id: int, version: int) -> HttpResponse:
    """The polled part; when the training is over, the page reloads itself."""
    context = energy_model_live_context(model_or_404(device_id, version))
    response = live_partial(request, "energy_models/_live.html", context, is_live=context["is_live"], events={})
    if not context["is_live"]:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def train_again(request: HttpRequest, device_id: int, version: int) -> HttpResponse:
    """Try a failed training again."""
    model = model_or_404(device_id, version)
    try:
        services.train_again(model_id=model.pk)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("energy_model", device_id=device_id, version=version)


@require_POST
def delete_model(request: HttpRequest, device_id: int, version: int) -> HttpResponse:
    model = model_or_404(device_id, version)
    try:
        messages.success(request, f"Deleted {services.delete_model(model_id=model.pk)}.")
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("energy_model", device_id=device_id, version=version)
    return redirect("energy_models", device_id=device_id)
