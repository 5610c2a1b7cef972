"""The pages that say what went wrong: not found, not allowed, our fault, a stale form; and the health check."""

import sys
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, DataError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from webapp.services.failures import is_database_outage
from webapp.storage import NotStored

RETRY_SECONDS = 5
_TOO_MUCH_TEXT = (
    f"More than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1e6:.1f} MB of text were sent in a form. Save it as a file, "
    "and upload the file instead."
)
_BAD_REQUESTS: Sequence[tuple[type[Exception], int, str]] = (
    (RequestDataTooBig, 413, _TOO_MUCH_TEXT),
    (TooManyFieldsSent, 400, f"A form has at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields."),
    (TooManyFilesSent, 400, f"At most {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files are taken at once: zip them."),
    (UnreadablePostError, 400, "The upload broke off on the way: nothing was stored. Send it again."),
    (DataError, 400, "It holds a character or a number that cannot be stored. Take it out, and try again."),
)
"""(exception, status, what to do)"""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


@requires_csrf_token
def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not match: mostly one that was left open over a sign-in."""
    return render(request, "csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read. Rendered without a request context, as `server_error` is."""
    status, message = next(
        ((status, words) for kind, status, words in _BAD_REQUESTS if isinstance(exception, kind)),
        (400, "The browser, or a program, sent something that is no request. Go back, and try once more."),
    )
    context = {"message": message, "back": request.path if request.method == "POST" else "/"}
    return HttpResponse(loader.get_template("400.html").render(context), status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """What a view raised. Rendered without a request context: the database, and with it the session, may be what is
    broken.

    The database being away is no fault of the request, 503; a value that it cannot hold is one of the request, 400.
    """
    error = sys.exception()
    if error is not None and is_database_outage(error):
        response = HttpResponse(loader.get_template("503.html").render(), status=503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
    if isinstance(error, NotStored):
        return not_found(request, error)
    if isinstance(error, DataError | UnreadablePostError):
        return bad_request(request, error)
    return HttpResponse(loader.get_template("500.html").render(), status=500)


@login_not_required
@require_safe
@cache_control(max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """Our icon, for programs that ask for it without having read a page."""
    return redirect(static("earshot/icon.svg"))


@login_not_required
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 while the web process and its database answer, 503 otherwise. For supervisors and load balancers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
