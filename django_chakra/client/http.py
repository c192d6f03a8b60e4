"""One request to the platform, from method and path to its data or an exception."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from .. import __version__
from ..exceptions import (
    ApiError,
    NetworkFailed,
    NoAnswer,
    NotSent,
    RateLimited,
    ServerError,
    ValidationFailed,
)
from .answers import Answer, failure, opened
from .connections import Adapter
from .waiting import Clock, Limiter, Patience

logger = logging.getLogger("django_chakra.client")

#: An answer of JSON that is larger is not read.
MAX_ANSWER_BYTES = 32 * 1024 * 1024

READS = frozenset({"GET", "HEAD"})

T = TypeVar("T")


class Http:
    """Requests with a token, a pool and a rule for trying again.

    **What is tried again.** *Reads*: after no connection, a broken one, no answer in time, 429 and
    5xx. *Writes*: only where the platform certainly did not take the request: no connection was
    made, or the answer was 429. Never after a write whose body may have arrived: that raises
    ``NoAnswer``, ``ServerError`` or ``UnreadableAnswer`` at once, and the caller decides.

    **How often and how long.** Up to 4 tries within 30 seconds from the first one
    (:class:`~.waiting.Patience`), after 0.5, 1, 2 seconds, each less up to its half.
    ``Retry-After`` (seconds or an HTTP date, or a body that says so) is waited instead; where it
    goes beyond the 30 seconds the exception is raised at once, with ``retry_after``.

    **Reading by POST.** Some lists are asked for by POST: they are reads (``read=True``).

    Safe to use from several threads. No log record holds a token, a query or a body.
    """

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        timeout: tuple[float, float],
        patience: Patience,
        per_second: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.patience = patience
        self.clock = clock or Clock()
        self.limiter = Limiter(per_second, self.clock)
        self._token = token
        self.session = requests.Session()
        # A token in the environment's .netrc or proxies must not replace ours.
        self.session.trust_env = False
        self.session.headers.update(
            {
                "Accept": "application/json",
                "User-Agent": f"django-chakra/{__version__}",
            }
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, Adapter(pool_connections=4, pool_maxsize=16))

    def __repr__(self) -> str:
        return f"<Http {self.base_url}>"

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        read: bool | None = None,
    ) -> Answer:
        """The platform's answer, opened.

        Args:
            path: from the root of the API ("/v1/health").
            query: values of None are left out.
            json: the body; or ``files`` and ``data`` for a multipart one.
            read: whether it changes nothing; by default that GET does, and no other.

        Raises:
            ApiError: see :mod:`django_chakra.exceptions`.
        """
        sent = {"params": _given(query), "json": json, "files": files, "data": data}

        def attempt() -> Answer:
            with self._send(method, path, **sent) as response:
                body = self._body(response, method, path)
                return opened(
                    response.status_code, response.headers, body,
                    method=method, path=path, now=self.clock.now(),
                )  # fmt: skip

        return self._tries(method, path, method in READS if read is None else read, attempt)

    def open(self, path: str, *, query: Mapping[str, Any] | None = None) -> requests.Response:
        """The response to a GET with its body still to be read; the caller closes it.

        Redirects are handed out and not followed: the token must not go along.

        Raises:
            ApiError: as for :meth:`call`.
        """
        return self._tries("GET", path, True, lambda: self._send("GET", path, params=_given(query)))

    def _tries(self, method: str, path: str, read: bool, attempt: Callable[[], T]) -> T:
        """The rule in the docstring of the class."""
        started, tried = self.clock.monotonic(), 0
        while True:
            tried += 1
            try:
                return attempt()
            except ApiError as error:
                wait = self.patience.delay(tried, error.retry_after, self.clock)
                spent = self.clock.monotonic() - started + wait
                if (
                    not _may_be_repeated(error, read=read)
                    or tried >= self.patience.tries
                    or spent > self.patience.budget
                ):
                    raise
                logger.info("%s %s: %s; again in %.1f s", method, path, type(error).__name__, wait)
            self.clock.sleep(wait)

    def _send(self, method: str, path: str, **sent: Any) -> requests.Response:
        self.limiter.wait()
        try:
            response = self.session.request(
                method,
                self.base_url + path,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
                **sent,
            )
        except requests.RequestException as error:
            # Without the cause: its text may hold the whole URL.
            raise _network(error, method, path) from None
        if response.status_code >= 400:
            with response:
                raise self._failure(response, method, path)
        return response

    def _failure(self, response: requests.Response, method: str, path: str) -> ApiError:
        """The exception for an answer of 4xx or 5xx, whatever is in it."""
        body, now = self._body(response, method, path), self.clock.now()
        return failure(
            response.status_code, response.headers, body, method=method, path=path, now=now
        )

    def _body(self, response: requests.Response, method: str, path: str) -> bytes:
        """The body of an answer that is to be JSON; of what is too large or slow, no more."""
        body = bytearray()
        until = self.clock.monotonic() + self.patience.budget
        try:
            for chunk in response.iter_content(64 * 1024):
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    break
                if self.clock.monotonic() > until:
                    raise requests.ReadTimeout
        except requests.RequestException as error:
            raise NoAnswer(
                f"The answer broke off ({type(error).__name__})", method=method, path=path,
                status=response.status_code,
            ) from None  # fmt: skip
        return bytes(body)


def path_segment(value: object) -> str:
    """A value as one segment of a path.

    Raises:
        ValidationFailed: it is empty, or means another place.
    """
    text = str(value)
    if text in ("", ".", ".."):
        raise ValidationFailed(f"{text!r} can't be a part of a path", field="path")
    return quote(text, safe="")


def _may_be_repeated(error: ApiError, *, read: bool) -> bool:
    """Whether the same may succeed a little later, and can't be done twice."""
    if read:
        return isinstance(error, NetworkFailed | RateLimited | ServerError)
    return isinstance(error, NotSent) or error.status == 429


def _network(error: requests.RequestException, method: str, path: str) -> NetworkFailed:
    """What became of a request without an answer."""
    name = type(error).__name__
    if _was_never_sent(error):
        return NotSent(f"No connection to the platform ({name})", method=method, path=path)
    return NoAnswer(f"No answer from the platform ({name})", method=method, path=path)


def _was_never_sent(error: requests.RequestException) -> bool:
    """Whether it failed before the first byte of the request had left."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    # A handshake that fails comes before the request; names that do not resolve are of the first
    # kind too.
    return isinstance(reason, NewConnectionError | SSLError)


def _given(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (query or {}).items() if value is not None}
