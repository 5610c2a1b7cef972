"""The page on which a person steers a study that has started."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.added_network import AddedNetworkForm
from webapp.forms.stop_rules import PriorityForm, StopRulesForm
from webapp.forms.study_file import errors_in_words
from webapp.forms.warm_start import WarmStartForm
from webapp.models import Study
from webapp.queries.pages.study import study_header_context
from webapp.services import added_networks as services_of_networks
from webapp.services import steering as services
from webapp.services import warm_start
from webapp.services.errors import Conflict
from webapp.views.study import study_or_404


@require_GET
def steer_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """What can be changed of a study; a draft is edited in its form instead."""
    study = study_or_404(study_id)
    if not study_header_context(study)["can_steer"]:
        messages.error(request, "A search can be steered once it has started, and not while it is stopping.")
        return redirect("study", study_id=study_id)
    return _page(request, study)


@require_POST
def change_stop_rules(request: HttpRequest, study_id: int) -> HttpResponse:
    before = study_or_404(study_id).state
    form = StopRulesForm(request.POST, instance=study_or_404(study_id))
    if not form.is_valid():
        return _page(request, study_or_404(study_id), form=form)
    try:
        study = services.change_stop_rules(study_id=study_id, values=form.cleaned_data, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        is_met = study.state != before
        messages.success(request, "The stop rules are changed" + (", and one is met." if is_met else "."))
    return redirect("study", study_id=study_id)


@require_POST
def change_priority(request: HttpRequest, study_id: int) -> HttpResponse:
    study = study_or_404(study_id)
    form = PriorityForm(request.POST, instance=study)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect("steer_study", study_id=study_id)
    priority = Study.Priority(form.cleaned_data["priority"])
    try:
        services.change_priority(study_id=study_id, priority=priority, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, f"The priority is {priority.label} now.")
    return redirect("study", study_id=study_id)


@require_POST
def add_network(request: HttpRequest, study_id: int) -> HttpResponse:
    """Add a network by hand, and show its trial."""
    study = study_or_404(study_id)
    form = AddedNetworkForm(request.POST, study=study)
    if not form.is_valid():
        return _page(request, study, network_form=form)
    chosen = form.cleaned_data["chosen"]
    try:
        trial = services_of_networks.add_network(
            study_id=study_id, network=chosen.network, note=chosen.note, label=chosen.label, actor=request.user
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, study, network_form=form)
    messages.success(request, f"Added as trial {trial.number}; the budget has grown by one.")
    return redirect("trial", study_id, trial.number)


@require_POST
def choose_warm_start(request: HttpRequest, study_id: int) -> HttpResponse:
    """Choose the study whose networks a draft starts with."""
    form = WarmStartForm(request.POST, study=study_or_404(study_id))
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect("study", study_id=study_id)
    source = form.cleaned_data["source"]
    try:
        warm_start.choose_warm_start(
            study_id=study_id,
            source_id=source and source.pk,
            networks=form.cleaned_data["networks"],
            actor=request.user,
        )
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, f"The study starts from {source.name}." if source else "The study starts cold.")
    return redirect("study", study_id=study_id)


def _page(
    request: HttpRequest,
    study: Study,
    *,
    form: StopRulesForm | None = None,
    network_form: AddedNetworkForm | None = None,
) -> HttpResponse:
    """The page, with the form that was filled in wrongly, if any."""
    context = {
        "study": study,
        "form": form or StopRulesForm(instance=study),
        "priority_form": PriorityForm(instance=study),
        "network_form": network_form or AddedNetworkForm(study=study),
    }
    return render(request, "studies/steer.html", context, status=422 if form or network_form else 200)
