"""What came over the network: a body as it arrives, or a failure and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from ..exceptions import NetworkFailed, NoAnswer, NotSent


def chunks(raw: Any, method: str, path: str, *, decode: bool = True) -> Iterator[bytes]:
    """The body of a response of urllib3, as it comes in; decompressed unless ``decode`` is false.

    ``read1`` gives what is there: to wait for a whole block would let a server that sends byte by
    byte hold the caller for ever.

    Raises:
        NoAnswer: it broke off, or can't be deciphered.
    """
    empty = True
    while True:
        chunk, broken = b"", ""
        try:
            chunk = raw.read1(64 * 1024, decode_content=decode)
        except (HTTPError, OSError) as error:
            broken = type(error).__name__
        if empty and not chunk and _was_cut(raw):
            broken = broken or "no end of the head"
        if broken:
            text = f"The answer broke off ({broken})"
            raise NoAnswer(text, method=method, path=path, status=raw.status)
        if not chunk:
            return
        empty = False
        yield chunk


def _was_cut(raw: Any) -> bool:
    """Whether an answer without a body never said that it would have none.

    Of a head that breaks off the libraries make an answer with fewer headers, here a success.
    """
    said = "content-length" in raw.headers or "transfer-encoding" in raw.headers
    return 200 <= raw.status < 300 and raw.status not in (204, 205) and not said


def network_failure(
    error: Exception, method: str, path: str, *, whom: str = "the platform"
) -> NetworkFailed:
    """What became of a request without an answer, from an exception of requests or urllib3."""
    inner = error.args[0] if error.args and isinstance(error, requests.RequestException) else error
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    # Only these come from before the first byte of the request had left (see `Told`).
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        name = type(reason.__cause__ or reason).__name__
        return NotSent(f"No connection to {whom} ({name})", method=method, path=path)
    name = type(reason if isinstance(reason, Exception) else error).__name__
    return NoAnswer(f"No answer from {whom} ({name})", method=method, path=path)
