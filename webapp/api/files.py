"""Files from storage: with ranges, so that a player can seek, and with safe names."""

import io
import re
from collections.abc import Iterator
from typing import TypeVar

from django.core.files.base import File
from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from webapp.services.exports import plain_name

_CHUNK_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Response = TypeVar("Response", HttpResponse, JsonResponse, StreamingHttpResponse)


class Echo:
    """File object for `csv.writer` that returns each line at once instead of storing it."""

    def write(self, line: str) -> str:
        return line


class StoredFileResponse(FileResponse):
    """A stored file in pieces as large as those that it is stored in.

    The server looks at all that a slow reader has not taken yet whenever it is given another piece.
    """

    block_size = _BLOCK_BYTES


def attachment(response: Response, *parts: object, suffix: str) -> Response:
    """The response as a file to be saved under a safe name."""
    response.headers["Content-Disposition"] = f'attachment; filename="{safe_name(*parts, suffix=suffix)}"'
    return response


def safe_name(*parts: object, suffix: str) -> str:
    """A file name of plain characters: "demo-study-trial-7.tflite"."""
    return (plain_name(*parts) or "file") + suffix


def download(file: "File | io.BytesIO", name: str, content_type: str) -> FileResponse:
    """The whole file, to be saved under `name`."""
    return StoredFileResponse(file, as_attachment=True, filename=name, content_type=content_type)


def ranged(file: File, content_type: str, range_header: str) -> HttpResponseBase:
    """The file, or the part that a Range header asks for (RFC 9110, section 14: one range of bytes)."""
    size = file.size
    span = _span(range_header, size)
    if span is None:
        response: HttpResponseBase = StoredFileResponse(file, content_type=content_type)
    elif span[0] > span[1]:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        start, end = span
        response = StreamingHttpResponse(_pieces(file, start, end), status=206, content_type=content_type)
        response.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        response.headers["Content-Length"] = str(end - start + 1)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _span(header: str, size: int) -> tuple[int, int] | None:
    """First and last requested byte, None for the whole file; first > last where the file has no such bytes."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _pieces(file: File, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = end - start + 1
        while left and (piece := file.read(min(_CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece
