"""The bytes of a kept file as a response: shown where that is safe, else to be saved.

What customers send is hostile. A browser shows only what both the message and the file's first
bytes say is a picture, sound or a film; all else it saves. Nothing may run, be guessed, or be
decompressed on the way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import IO, Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from ..download import types
from ..models import MediaFile

BLOCK = 64 * 1024
#: Of a file name; browsers and systems cut longer ones as they like.
MAX_NAME = 120
SAVED = "application/octet-stream"
#: Nothing in it runs, opens a window, or asks for anything but itself.
POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SANDBOX = "sandbox"
#: A browser's own page around sound and film asks for them once more, as part of the site.
PLAYED = "sandbox allow-same-origin"
HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": f"{SANDBOX}; {POLICY}",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
_NO_NAME = re.compile(r'[\\/:*?"<>|]')


class Part:
    """Some bytes of an open file, block by block; closed with the response."""

    def __init__(self, content: IO[bytes], length: int) -> None:
        self._content, self._left = content, length

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (block := self._content.read(min(BLOCK, self._left))):
            self._left -= len(block)
            yield block

    def close(self) -> None:
        """Called by Django when the response is closed."""
        self._content.close()


def response(request: HttpRequest, media: MediaFile, *, name: str = "") -> HttpResponseBase:
    """The response for a kept file, to GET or HEAD, whole or one range of it.

    ``name`` is the one under which it is saved, by default :func:`file_name`.

    Raises:
        FileNotFoundError: the storage does not have it.
    """
    content: Any = media.file.storage.open(str(media.file.name), "rb")
    try:
        found = _response(request, media, content, name or file_name(media))
    except BaseException:
        content.close()
        raise
    if not found.streaming:
        content.close()
    # Middleware of the host's that compresses would break ranges; it asks for this.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    return found


def _response(request: HttpRequest, media: MediaFile, content: Any, name: str) -> HttpResponseBase:
    size = int(content.size)
    head = content.read(types.HEAD_BYTES)
    shown_as = types.shown_as(media.mime_type, head)
    headers = {
        **HEADERS,
        "Content-Type": shown_as or SAVED,
        "Content-Disposition": content_disposition_header(not shown_as, name) or "attachment",
    }
    if types.family(shown_as) in ("audio", "video"):
        headers["Content-Security-Policy"] = f"{PLAYED}; {POLICY}"
    etag = quote_etag(media.sha256) if media.sha256 else ""
    if etag:
        headers["ETag"] = etag
        # "Not modified", or "precondition failed".
        if (known := get_conditional_response(request, etag=etag)) is not None:
            for key, value in HEADERS.items():
                known.headers[key] = value
            return known
    span = _span(request, size, etag)
    if span is None:
        headers["Content-Range"] = f"bytes */{size}"
        del headers["Content-Disposition"]
        return HttpResponse(status=416, headers={**headers, "Content-Type": "text/plain"})
    first, last = span
    is_part = last - first + 1 < size
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    content.seek(first)
    return StreamingHttpResponse(Part(content, last - first + 1), status=status, headers=headers)


def file_name(media: MediaFile) -> str:
    """A name under which a file may be saved: the sender's, without what could deceive or hurt.

    No folders, no control characters, none that turn the direction of writing (they make
    "gpj.exe" of "exe.jpg"), no dots before or after it.
    """
    last = re.split(r"[\\/]", media.filename)[-1]
    clean = "".join(map(_printed, unicodedata.normalize("NFC", last)))
    name = " ".join(_NO_NAME.sub("_", clean).split()).strip(". ")
    if len(name) > MAX_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: MAX_NAME - 12]}{dot}{ending}" if dot and len(ending) < 12 else name
        name = name[:MAX_NAME]
    return name or f"{media.slot}-{media.pk}{types.ending(media.mime_type)}"


def _printed(character: str) -> str:
    """A character that is seen as it is; a blank for every blank; nothing for all others."""
    category = unicodedata.category(character)
    if category.startswith("Z"):
        return " "
    return "" if category.startswith("C") else character


def _span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """The first and the last byte that are wanted; None where there are none such.

    Of several ranges, and of what is no range, the whole file is the answer, as the RFC has it.
    """
    whole = 0, size - 1
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    condition = request.headers.get("If-Range", "")
    if found is None or (condition and condition != etag):
        return whole
    first, last = found.groups()
    if first:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < int(first):
            return whole
        return (begin, end) if begin < size else None
    if not last:
        return whole
    return (max(size - int(last), 0), size - 1) if int(last) and size else None
