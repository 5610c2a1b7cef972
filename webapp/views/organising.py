"""Stars and the archive of studies."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webapp.services import organising
from webapp.services.errors import Conflict
from webapp.views.accounts import page_to_go_back_to
from webapp.views.study import study_or_404


@require_POST
def star_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Star a study, or take the star off, and go back to the list as it was filtered."""
    study_or_404(study_id)
    organising.star(study_id=study_id, person=request.user, starred=request.POST.get("starred") == "yes")
    return redirect(page_to_go_back_to(request, request.POST.get("next", "")) or reverse("studies"))


@require_POST
def archive_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Archive a study or take it out."""
    study_or_404(study_id)
    archived = request.POST.get("archived") == "yes"
    try:
        organising.archive(study_id=study_id, archived=archived, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, "Archived: the list shows it where you ask for it." if archived else "Listed again.")
    return redirect("study", study_id)
