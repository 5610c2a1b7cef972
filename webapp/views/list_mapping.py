"""The columns of a list of clips that only its owner can name: the page, its form, profiles."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from webapp.forms.list_mapping import ListMappingForm
from webapp.models import Dataset, ListProfile
from webapp.queries.pages.datasets import list_mapper_context
from webapp.services import datasets as services
from webapp.services.errors import Conflict


def mapping_form(request: HttpRequest, shown: Dataset) -> ListMappingForm:
    """The mapper with the proposal, or with a profile by `?profile=`."""
    columns = shown.columns or {}
    mapping = columns["proposal"]
    wanted = request.GET.get("profile", "")
    if wanted.isdecimal() and len(wanted) < 10:
        profile = ListProfile.objects.filter(pk=int(wanted)).first()
        mapping = profile.mapping if profile else mapping
    return ListMappingForm.of(mapping, columns=columns["names"])


def mapper_page(request: HttpRequest, shown: Dataset, form: ListMappingForm) -> HttpResponse:
    """The page of a dataset whose list waits for its columns."""
    context = list_mapper_context(shown) | {"mapping_form": form}
    return render(request, "datasets/dataset.html", context, status=422 if form.is_bound else 200)


@require_POST
def map_columns(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Prepare the dataset with the columns as a person named them, and keep the mapping if it has a name."""
    shown = get_object_or_404(Dataset, pk=dataset_id)
    if shown.state != Dataset.State.FAILED or not shown.columns:
        messages.error(request, f"{shown.name} does not wait for the columns of a list.")
        return redirect("dataset", dataset_id=dataset_id)
    form = ListMappingForm(request.POST, columns=shown.columns["names"])
    if not form.is_valid() or form.mapping is None:
        return mapper_page(request, shown, form)
    try:
        services.map_list(dataset_id=dataset_id, mapping=form.mapping.to_json())
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("dataset", dataset_id=dataset_id)
    if name := " ".join(form.cleaned_data["profile"].split()):
        services.keep_profile(name=name, mapping=form.mapping.to_json())
        messages.success(request, f"Kept as the profile {name}.")
    return redirect("dataset", dataset_id=dataset_id)


@require_POST
def delete_profile(request: HttpRequest, dataset_id: int, profile_id: int) -> HttpResponse:
    """Forget a profile, from the page of a dataset that could have been read with it."""
    services.delete_profile(profile_id=profile_id)
    return redirect("dataset", dataset_id=dataset_id)
