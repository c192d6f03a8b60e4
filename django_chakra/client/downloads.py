"""Bytes of any size from the platform into a file, and only from where they may come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple, Protocol
from urllib.parse import urljoin

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import Url

from .. import __version__
from ..exceptions import ApiError, DownloadRefused, NoAnswer, TooLarge, TooSlow, UnreadableAnswer
from .answers import failure
from .guard import Guard, guarded, origin, parsed, place
from .http import Http
from .network import chunks, network_failure

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Of an answer that says why there is no file; also how much of JSON is looked at for errors.
MAX_COMPLAINT_BYTES = 64 * 1024


class Target(Protocol):
    """Where the bytes go: a file opened in binary mode, or a like object."""

    def write(self, data: bytes, /) -> object: ...


class Downloaded(NamedTuple):
    """What was written."""

    size: int
    #: As the server says, in lower case and without parameters; "" when it says nothing.
    content_type: str
    #: In hexadecimal digits.
    sha256: str


class Downloads:
    """Streams files, through redirects.

    The client's token goes to the origin of its own ``base_url`` and to no other, and not back to
    it after a redirect went elsewhere. All other URLs have to pass the :class:`.guard.Guard`, and
    their failures are marked as not the platform's (``elsewhere``).
    """

    def __init__(self, http: Http, guard: Guard | None = None) -> None:
        self._http = http
        self._guard = guard or Guard()
        self._base = parsed(http.base_url)

    @cached_property
    def _pools(self) -> PoolManager:
        return guarded(self._guard)

    def fetch(self, url: str, *, to: Target, limit: int, seconds: float) -> Downloaded:
        """Write what is at a URL to a file.

        Raises:
            UnsafeUrl: the URL, or one that it redirects to, is none that may be fetched.
            TooLarge: there are more bytes than ``limit``; none beyond it was written.
            NoAnswer: it broke off; some bytes were written.
            TooSlow: it took more than ``seconds``; some bytes were written.
            UnreadableAnswer: it came compressed though nobody asked for that; nothing was written.
            ApiError: as for every call.
        """
        until = self._http.clock.monotonic() + seconds
        trusted = True
        for _ in range(MAX_REDIRECTS + 1):
            parts = parsed(url)
            trusted = trusted and self._is_own(parts)
            with _marked(elsewhere=not trusted):
                raw = self._own(parts) if trusted else self._other(parts, url)
                try:
                    location = raw.headers.get("location")
                    if raw.status not in REDIRECTS or not location:
                        return self._saved(raw, place(parts), to=to, limit=limit, until=until)
                    url = _joined(url, location)
                finally:
                    # Not given back to the pool: of a body that is not wanted nothing is read.
                    raw.close()
        raise DownloadRefused(
            f"There are more than {MAX_REDIRECTS} redirects", method="GET", path=place(parts)
        )

    def _is_own(self, parts: Url) -> bool:
        root = (self._base.path or "").rstrip("/") + "/"
        return origin(parts) == origin(self._base) and parts.request_uri.startswith(root)

    def _own(self, parts: Url) -> Any:
        """The response of urllib3 to a GET with the token, of a status below 400."""
        root = (self._base.path or "").rstrip("/")
        return self._http.open(parts.request_uri.removeprefix(root)).raw

    def _other(self, parts: Url, url: str) -> Any:
        self._guard.checked(url)
        where = place(parts)
        return self._http.tries("GET", where, True, lambda: self._bare(url, where))

    def _bare(self, url: str, where: str) -> Any:
        """One GET with neither token nor cookies, through connections that are guarded."""
        connect, read = self._http.timeout
        try:
            raw = self._pools.request(
                "GET", url,
                headers={"User-Agent": f"django-chakra/{__version__}", "Accept": "*/*"},
                timeout=Timeout(connect=connect, read=read),
                retries=False, redirect=False, preload_content=False,
            )  # fmt: skip
        except (HTTPError, OSError) as error:
            failed: ApiError = network_failure(error, "GET", where, whom="another host")
        else:
            if raw.status < 400:
                return raw
            failed = self._failure(raw, where)
        raise failed

    def _failure(self, raw: Any, where: str) -> ApiError:
        body = bytearray()
        try:
            for chunk in chunks(raw, "GET", where, decode=False):
                body += chunk
                if len(body) > MAX_COMPLAINT_BYTES:
                    break
        except NoAnswer:
            pass  # The status says enough.
        finally:
            raw.close()
        now = self._http.clock.now()
        return failure(raw.status, raw.headers, bytes(body), method="GET", path=where, now=now)

    def _saved(self, raw: Any, where: str, *, to: Target, limit: int, until: float) -> Downloaded:
        """Write the body to the file as it comes in; errors that came as a file are raised."""
        if raw.status >= 300:
            raise self._failure(raw, where)
        coding = raw.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            # A few bytes may stand for more than any disk has.
            text = f"The file came compressed ({ascii(coding)[1:-1][:20]}), and is not unpacked"
            raise UnreadableAnswer(text, method="GET", path=where, status=raw.status)
        content_type = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
        # Kept back until it is known to be no error.
        held = bytearray() if content_type == "application/json" else None
        size, digest = 0, hashlib.sha256()
        for chunk in self._bounded(raw, where, limit, until):
            size += len(chunk)
            if held is not None:
                held += chunk
                if len(held) <= MAX_COMPLAINT_BYTES:
                    continue
                chunk, held = bytes(held), None
            digest.update(chunk)
            to.write(chunk)
        if held is not None:
            self._no_complaint(raw, bytes(held), where)
            digest.update(held)
            to.write(bytes(held))
        return Downloaded(size, content_type, digest.hexdigest())

    def _bounded(self, raw: Any, where: str, limit: int, until: float) -> Iterator[bytes]:
        """The body as it comes in, up to a size and a time."""
        declared = raw.headers.get("content-length", "")
        size = int(declared) if declared.isdigit() and len(declared) < 20 else 0
        text = f"The file has more than {limit} bytes"
        too_large = TooLarge(text, method="GET", path=where, status=raw.status, limit=limit)
        if size > limit:
            raise too_large
        size = 0
        for chunk in chunks(raw, "GET", where, decode=False):
            size += len(chunk)
            if size > limit:
                raise too_large
            if self._http.clock.monotonic() > until:
                raise TooSlow("The file took too long", method="GET", path=where)
            yield chunk

    def _no_complaint(self, raw: Any, body: bytes, where: str) -> None:
        """Raise the error that came where a file was asked for.

        A file may be JSON too, and is kept when it names no error.
        """
        try:
            self._http.opened(raw.status, raw.headers, body, "GET", where)
        except UnreadableAnswer:
            return


@contextmanager
def _marked(*, elsewhere: bool) -> Iterator[None]:
    """Let failures say whether it was another host than the platform."""
    try:
        yield
    except ApiError as error:
        error.elsewhere = elsewhere
        raise


def _joined(url: str, location: str) -> str:
    """The URL of a redirect, which may be relative; one that can't be read is refused later."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""
