"""Headers of every response and conditions on every request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webapp.forms.measuring import too_large_for
from webapp.queries.whole_numbers import whole_number

GetResponse = Callable[[HttpRequest], HttpResponse]

# Scripts only from our own files. Plotly sets style attributes on its SVG and adds two style elements, allowed by hash:
# an empty one, which it fills rule by rule, and that of its maps, which it adds though we draw none. A new version of
# plotly may bring another: the browser tests fail on every console error.
_PLOTLY_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
)
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        f"style-src 'self' {_PLOTLY_STYLES}",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def safe_headers(get_response: GetResponse) -> GetResponse:
    """Add the Content-Security-Policy, and keep answers out of the browser's cache unless they say otherwise.

    Going back to a study must not show it as it was an hour ago, nor to anybody who has signed out.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def without_nul(get_response: GetResponse) -> GetResponse:
    """Leave NUL out of the query: nobody types it, and no text in PostgreSQL can hold it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        request.META["QUERY_STRING"] = query.replace("%00", "").replace("\0", "")
        return get_response(request)

    return middleware


def upload_limit(get_response: GetResponse) -> GetResponse:
    """Refuse a body that is too large before a byte of it is read; it comes before anything that reads the body."""

    def middleware(request: HttpRequest) -> HttpResponse:
        size = whole_number(request.headers.get("Content-Length", "")) or 0
        if size > settings.UPLOAD_LIMIT_BYTES:
            context = {"message": too_large_for(request.path, size), "back": request.path}
            return render(request, "413.html", context, status=413)
        return get_response(request)

    return middleware
