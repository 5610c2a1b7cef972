"""Signing in with a password or a one-time link, and the choice of a theme."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from sesame.backends import ModelBackend as LinkBackend

THEMES = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 24 * 3600


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest) -> HttpResponse:
    """Ask whoever brings a fresh link to sign in, and do so on POST: a preview of the link does not use it up."""
    user = _owner_of_link(request)
    if user is None and request.user.is_authenticated:
        return redirect("studies")
    if user is not None and request.method != "POST":
        return render(request, "accounts/sign_in_link.html", {"name": user.get_username()})
    if user is None or not _signed_in_once(request, user):
        return render(request, "accounts/link_expired.html", status=403)
    return redirect("studies")


def _owner_of_link(request: HttpRequest) -> User | None:
    """User of a fresh link. It works for a day, until a sign-in: its token is signed with the time of the last one."""
    user: User | None = LinkBackend().authenticate(request, sesame=request.GET.get("sesame", ""))
    return user


def _signed_in_once(request: HttpRequest, user: User) -> bool:
    """Whether this request signs in: of several that bring a link at once, the first to lock the user's row."""
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        owner = _owner_of_link(request)
        if owner is not None:
            login(request, owner, backend="sesame.backends.ModelBackend")
    return owner is not None


def client_address(request: HttpRequest) -> str:
    """Address by which wrong passwords are counted: behind a proxy, what the proxy has appended itself."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


class SignIn(LoginView):
    """The form of the sign-in; goes on to `next` where that is another page of ours."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        return page_to_go_back_to(self.request, super().get_redirect_url())


def page_to_go_back_to(request: HttpRequest, address: str) -> str:
    """`address` if it is the path of another page of this site, with its query; else ""."""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    path = address.partition("?")[0].partition("#")[0]
    return address if is_ours and address.startswith("/") and path != request.path else ""


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie and go back to where the person was."""
    theme = request.POST.get("theme", "")
    response: HttpResponse = HttpResponseRedirect(page_to_go_back_to(request, request.POST.get("next", "")) or "/")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=_YEAR_SECONDS, samesite="Lax", secure=settings.HTTPS)
    return response


def theme(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: the chosen theme, "auto" until one is chosen."""
    chosen = request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in THEMES else "auto"}
