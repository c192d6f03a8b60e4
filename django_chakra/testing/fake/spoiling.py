"""Files that come wrong on purpose: the misbehaviour of :mod:`.misbehaviour` that is about files.

=====================  =====================================================================
``wrong-hash``         other bytes than those whose SHA-256 the message names
``wrong-type``         another kind of file
``html-media``         200, and a page in HTML
``empty-media``        200, and nothing
``gzip-media``         200, compressed although nobody asked: 10 KB that would become 10 MB
``large-media``        200, and a length of 200 MB
``endless-media``      200, and bytes that never end
``elsewhere-media``    a redirect to an address that is not public
=====================  =====================================================================
"""

from __future__ import annotations

import gzip
from functools import cache
from typing import TYPE_CHECKING

from . import routes
from .handlers.media import FILES, PUBLIC
from .replies import HTML
from .wire import Misbehaviour, Reply, Request

if TYPE_CHECKING:
    from . import FakeChakra
    from .state import Media

NAMES = (
    "wrong-hash", "wrong-type", "html-media", "empty-media", "gzip-media", "large-media",
    "endless-media", "elsewhere-media",
)  # fmt: skip
#: Endpoints that answer with the bytes of a file.
OF_BYTES = frozenset({"media.show", "media.attachments"})
ELSEWHERE = "http://169.254.169.254/latest/meta-data"
LARGE = 200 * 1024 * 1024


def is_of_bytes(request: Request) -> bool:
    """Whether it asks for the bytes of a file, and not for what is known of it."""
    return request.endpoint in OF_BYTES or request.path.startswith((FILES, PUBLIC))


def spoiled(fake: FakeChakra, name: str, request: Request) -> Misbehaviour | None:
    """What becomes of a request for a file; None where there is no such file."""
    media = _asked_for(fake, request)
    if media is None:
        return None
    if name == "endless-media":
        return Misbehaviour.endless(Reply(200, {"content-type": media.mime_type}, b"\xff" * 65536))
    if name == "elsewhere-media":
        return Misbehaviour.instead(Reply(302, {"location": ELSEWHERE}))
    if name == "html-media":
        return _instead("text/html; charset=utf-8", HTML)
    if name == "wrong-type":
        is_image = media.mime_type.startswith("image/")
        return _instead(*(("application/pdf", b"%PDF-1.4") if is_image else ("image/gif", b"GIF")))
    if name == "gzip-media":
        return _instead(media.mime_type, _bomb(), **{"content-encoding": "gzip"})
    if name == "large-media":
        return _instead(media.mime_type, media.content, **{"content-length": str(LARGE)})
    other = media.content[:-1] + bytes([media.content[-1] ^ 1]) if media.content else b"other"
    return _instead(media.mime_type, b"" if name == "empty-media" else other)


def _instead(content_type: str, body: bytes, **headers: str) -> Misbehaviour:
    return Misbehaviour.instead(Reply(200, {"content-type": content_type, **headers}, body))


def _asked_for(fake: FakeChakra, request: Request) -> Media | None:
    with fake.lock:
        if request.path.startswith(PUBLIC):
            return fake.state.public_media.get(request.path)
        if request.path.startswith(FILES):
            return fake.state.media.get(request.path.removeprefix(FILES))
        found = routes.find(request.method, request.path)
        places = found[1] if found else {}
        return fake.state.media.get(places.get("media_id") or request.query.get("mid", ""))


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(10 * 1024 * 1024), mtime=0)
