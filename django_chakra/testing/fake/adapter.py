"""The fake under requests, without a socket: misbehaviour comes as requests' own exceptions."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    ProtocolError,
    ReadTimeoutError,
)

from .wire import Misbehaviour, Reply

if TYPE_CHECKING:
    from . import FakeChakra

#: Of a client that sets none; it would wait for ever for what is silent, and fails at once here.
NO_LIMIT = float("inf")


class _Endless(io.RawIOBase):
    """Bytes that never end."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    def read(self, size: int = -1) -> bytes:
        return self._block[: size if size >= 0 else None]

    read1 = read


class FakeAdapter(HTTPAdapter):
    """Hands requests to a fake. It waits by the fake's clock, so one that is set costs no time."""

    def __init__(self, fake: FakeChakra) -> None:
        super().__init__()
        self._fake = fake

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """What requests' own adapter would give, or raise."""
        content = request.body or b""
        body = content.encode() if isinstance(content, str) else content
        headers = {str(name): str(value) for name, value in request.headers.items()}
        reply = self._fake.handle(str(request.method), str(request.url), headers, body)
        if reply.misbehaviour is not None:
            self._misbehave(request, reply.misbehaviour, timeout)
        self._fake.delivered(reply)
        response: requests.Response = self.build_response(request, _raw(request, reply))
        if not stream:
            _ = response.content
        return response

    def _misbehave(
        self, request: requests.PreparedRequest, how: Misbehaviour, timeout: Any
    ) -> None:
        """Raise, or wait."""
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        limit = NO_LIMIT if limit is None else float(limit)
        pool = HTTPConnectionPool(urlsplit(str(request.url)).hostname or "fake")
        url = urlsplit(str(request.url)).path
        if how.end == "unreachable":
            reason = ConnectTimeoutError(pool, "Connection timed out.")
            raise requests.ConnectTimeout(MaxRetryError(pool, url, reason), request=request)
        if how.end == "silent" or how.seconds > limit:
            self._fake.clock.sleep(how.seconds if limit == NO_LIMIT else limit)
            late = ReadTimeoutError(pool, url, "Read timed out.")
            raise requests.ReadTimeout(late, request=request)
        self._fake.clock.sleep(how.seconds)
        if how.end == "cut" and how.after is None:
            error = ConnectionResetError(104, "Connection reset by peer")
            raise requests.ConnectionError(
                ProtocolError("Connection aborted.", error), request=request
            )


def _raw(request: requests.PreparedRequest, reply: Reply) -> HTTPResponse:
    """A response of urllib3 that reads from memory."""
    how, body = reply.misbehaviour, reply.body
    if how is not None and how.end == "cut" and how.after is not None:
        body = body[: how.after]
    is_endless = how is not None and how.end == "endless"
    length = {} if is_endless else {"content-length": str(len(reply.body))}
    headers = {**length, **reply.headers}
    return HTTPResponse(
        body=_Endless(body) if is_endless else io.BytesIO(body),
        headers=headers,
        status=reply.status,
        preload_content=False,
        request_method=request.method,
        decode_content=False,
    )
