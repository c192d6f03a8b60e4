"""One request to the platform, from method and path to its data or an exception."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from .. import __version__
from ..exceptions import (
    ApiError,
    ConfigurationError,
    NetworkFailed,
    NoAnswer,
    NotSent,
    RateLimited,
    ServerError,
    UnreadableAnswer,
    ValidationFailed,
)
from .answers import Answer, failure, opened
from .connections import Adapter, Session
from .network import chunks, network_failure
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
        parts = urlsplit(base_url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ConfigurationError("base_url has to begin with https:// and a host")
        # Of what the header can't hold, the exceptions of others would show the value.
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError("The token holds a space, a line break or another such sign")
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.patience = patience
        self.clock = clock or Clock()
        self.limiter = Limiter(per_second, self.clock)
        self._token = token
        self.session = Session()
        # A password in the user's .netrc must not replace our token; a proxy and a bundle of
        # certificates from the environment are wanted.
        self.session.trust_env = False
        self.session.proxies.update(requests.utils.get_environ_proxies(base_url, no_proxy=None))
        self.session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
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
        written = self._written(
            method, path, params=_given(query), json=json, files=files, data=data
        )

        def attempt() -> Answer:
            with self._send(written, _place(path)) as response:
                body = self._body(response, method, _place(path))
                status, headers = response.status_code, response.headers
                return self.opened(status, headers, body, method, _place(path))

        return self.tries(method, _place(path), method in READS if read is None else read, attempt)

    def open(self, path: str, *, query: Mapping[str, Any] | None = None) -> requests.Response:
        """The response to a GET with its body still to be read; the caller closes it.

        Redirects are handed out and not followed: the token must not go along.

        Raises:
            ApiError: as for :meth:`call`.
        """
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        written = self._written("GET", path, params=_given(query), headers=headers)
        return self.tries("GET", _place(path), True, lambda: self._send(written, _place(path)))

    def opened(
        self, status: int, headers: Mapping[str, str], body: bytes, method: str, path: str
    ) -> Answer:
        """See :func:`.answers.opened`."""
        return opened(
            status, headers, body,
            method=method, path=path, now=self.clock.now(), secret=self._token,
        )  # fmt: skip

    def tries(self, method: str, path: str, read: bool, attempt: Callable[[], T]) -> T:
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

    def _written(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> requests.PreparedRequest:
        """The request, written once for all its tries: a file can't be read a second time."""
        if not path.startswith("/"):
            # After a host, "@other.example" or ".other.example" would be another host.
            raise ValidationFailed("A path begins with a slash", field="path", method=method)
        bearer = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            return self.session.prepare_request(
                requests.Request(method, self.base_url + path, headers=bearer, **sent)
            )
        except requests.RequestException as error:
            name = type(error).__name__
        raise ValidationFailed(
            f"The request can't be written ({name})", method=method, path=_place(path)
        )

    def _send(self, written: requests.PreparedRequest, path: str) -> requests.Response:
        method = str(written.method)
        self.limiter.wait()
        try:
            response = self.session.send(
                written, timeout=self.timeout, allow_redirects=False, stream=True
            )
        except (requests.RequestException, HTTPError) as error:
            failed: ApiError = network_failure(error, method, path)
        else:
            if response.status_code < 400:
                return response
            with response:
                failed = self._failure(response, method, path)
        # Out here, so that nothing hangs on it that holds the request: not even as its context.
        raise failed

    def _failure(self, response: requests.Response, method: str, path: str) -> ApiError:
        """The exception for an answer of 4xx or 5xx, whatever is in it, and if it breaks off."""
        try:
            body = self._body(response, method, path)
        except (NoAnswer, UnreadableAnswer):
            body = b""
        return failure(
            response.status_code, response.headers, body,
            method=method, path=path, now=self.clock.now(), secret=self._token,
        )  # fmt: skip

    def _body(self, response: requests.Response, method: str, path: str) -> bytes:
        """The body of an answer that is to be JSON; of what is too large or slow, no more."""
        body, status = bytearray(), response.status_code
        until = self.clock.monotonic() + self.patience.budget
        for chunk in chunks(response.raw, method, path):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                text = f"The answer is larger than {MAX_ANSWER_BYTES} bytes"
                raise UnreadableAnswer(text, method=method, path=path, status=status)
            if self.clock.monotonic() > until:
                text = f"The answer took more than {self.patience.budget:g} seconds"
                raise NoAnswer(text, method=method, path=path, status=status)
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


def _place(path: str) -> str:
    """A path without query, which is in no exception and no log."""
    return path.partition("?")[0]


def _given(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (query or {}).items() if value is not None}
