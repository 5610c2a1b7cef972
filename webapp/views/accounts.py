"""Signing in with a password or a one-time link, and the choice of a theme."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from sesame.utils import get_user

THEMES = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 24 * 3600


@login_not_required
@never_cache
@require_GET
def sign_in_link(request: HttpRequest) -> HttpResponse:
    """Sign in whoever brings a fresh link; a link works once (its token names the last sign-in) and for a day."""
    user = get_user(request)
    if user is None:
        if request.user.is_authenticated:
            return redirect("studies")
        return render(request, "accounts/link_expired.html", status=403)
    login(request, user, backend="sesame.backends.ModelBackend")
    return redirect("studies")


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie and go back to where the person was."""
    theme = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = redirect(back)
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=_YEAR_SECONDS, samesite="Lax")
    return response


def theme(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: the chosen theme, "auto" until one is chosen."""
    chosen = request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in THEMES else "auto"}
