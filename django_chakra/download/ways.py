"""The ways to a file, in their order, and whether what came is the file that the message names.

https://apidocs.chakrahq.com/api-20534488 (the endpoints: see :class:`..client.media.Media`)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import IO, TypeAlias
from urllib.parse import parse_qs, urlsplit

from .. import conf, connect
from ..client import Chakra
from ..client.downloads import Downloaded
from ..client.waiting import Patience
from ..exceptions import (
    ApiError,
    AuthenticationFailed,
    ConfigurationError,
    NotFound,
    NotSent,
    RateLimited,
    TooLarge,
    TooSlow,
)
from ..models import MediaFile
from . import types

#: Where webhooks say that a file is; it needs Meta's token, so only its "mid" is of use.
LOOKASIDE = "lookaside.fbsbx.com"
#: Failures that say nothing of the file, where they are the platform's own.
OF_ACCOUNT = (AuthenticationFailed, ConfigurationError, NotSent, RateLimited)

Way: TypeAlias = Callable[[IO[bytes], float], Downloaded]


class WrongFile(Exception):
    """What came is not the file that the message names; the text says why."""


class Unfetched(Exception):
    """No way led to the file; ``failures`` has what each of them ended with."""

    def __init__(self, failures: list[Exception]) -> None:
        super().__init__(failures)
        self.failures = failures


def fetch(media: MediaFile, to: IO[bytes], *, seconds: float) -> Downloaded:
    """Write the file to ``to``, by the first way that leads to it, within this time.

    Raises:
        Unfetched: none does.
        ConfigurationError: there is no such account, or it has no usable token.
        OSError: it can't be written.
    """
    # One try: what has to wait does so as a row.
    client = connect.chakra(media.account).with_patience(Patience(tries=1))
    until, failures = time.monotonic() + seconds, list[Exception]()
    for way in _ways(client, media):
        to.seek(0)
        to.truncate()
        left = until - time.monotonic()
        if left <= 0:
            failures.append(TooSlow("The file took too long"))
            break
        try:
            found = way(to, left)
            _check(media, found, _head(to))
        except (ApiError, WrongFile) as error:
            failures.append(error)
            if is_of_account(error) or isinstance(error, TooLarge):
                break  # the next way would know no better
        else:
            return found
    raise Unfetched(failures)


def is_of_account(error: Exception) -> bool:
    """Whether it would have been the same for every file of the account.

    What another host says, to which the platform sent us, is no word of the platform's.
    """
    is_elsewhere = isinstance(error, ApiError) and error.elsewhere
    return isinstance(error, OF_ACCOUNT) and not is_elsewhere


def mid_of(url: str) -> str:
    """The id that the platform knows a file by, out of the URL that its webhook named; or ""."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.hostname != LOOKASIDE:
            return ""
        return next(iter(parse_qs(parts.query).get("mid", ())), "")
    except ValueError:
        return ""


def _ways(client: Chakra, media: MediaFile) -> Iterator[Way]:
    limit, id = conf.current().media_max_bytes, media.media_id
    # Of an id that no column holds only a digest is left.
    if id and not id.startswith("sha256:"):
        yield lambda to, left: client.media.show(id, to=to, limit=limit, seconds=left)
        yield lambda to, left: client.media.download(
            _named(client, id), to=to, limit=limit, seconds=left
        )
    if mid := mid_of(media.url):
        yield lambda to, left: client.media.attachments(mid, to=to, limit=limit, seconds=left)


def _named(client: Chakra, id: str) -> str:
    """Where the platform says that the file is.

    Raises:
        NotFound: it says nothing of that, or names Meta's own place.
    """
    found = client.media.fetch(id)
    url = found.get("url") if isinstance(found, dict) else None
    if not isinstance(url, str) or not url:
        raise NotFound("The platform names no URL of the file", method="GET")
    if _host(url) == LOOKASIDE:
        raise NotFound("The platform names a URL that needs Meta's token", method="GET")
    return url


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # refused by whoever opens it


def _check(media: MediaFile, found: Downloaded, head: bytes) -> None:
    """Compare what came with what the message says.

    Raises:
        WrongFile: it can't be that.
    """
    if found.size == 0:
        raise WrongFile("The platform answered with an empty file")
    if media.sha256 and media.sha256 == found.sha256:
        return  # whatever its type is called
    words = types.complaint(
        named=media.mime_type, slot=media.slot, served=found.content_type, head=head
    )
    if not words and media.sha256:
        words = "The file is not the one that the message names: its SHA-256 is another"
    if words:
        raise WrongFile(words)


def _head(to: IO[bytes]) -> bytes:
    to.flush()
    to.seek(0)
    head = to.read(types.HEAD_BYTES)
    to.seek(0, 2)
    return head
