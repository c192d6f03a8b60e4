"""Every exception of the package, by who is at fault. Nothing of Django is imported here.

ChakraError
├── SendRefused                 a message that was not written down, and is not sent
│   ├── WindowClosed            no template, and the customer's last message is a day old
│   ├── MarketingStopped        a marketing template to somebody who wants none
│   ├── TemplateRefused         a template that the platform does not have, or does not send now
│   └── NumberNeeded            the endpoint wants a phone number, and none is known
├── MediaFailed                 the file of a message can't be had; its row says so too
├── ReceiverTimeout             a receiver took too long in a worker, and was interrupted
├── BackfillRunning             another process asks the platform for the same
├── ConfigurationError          the host project's settings are wrong
│   ├── UnknownAccount          no account of that alias in CHAKRA["ACCOUNTS"]
│   └── PathUnverified          the documentation does not name the path; the host has to set it
└── ApiError                    a call of Chakra's API failed
    ├── RequestRejected         our request: any other 4xx, or errors in an answer of 200
    │   ├── ValidationFailed    400, 422, or a limit that was checked before the call
    │   ├── AuthenticationFailed  401: no token, a wrong one, a revoked one
    │   ├── PermissionMissing   403: the token's role may not do this
    │   └── NotFound            404, 410
    ├── PlatformFailed          the platform
    │   ├── RateLimited         429; ``retry_after`` says for how long
    │   ├── ServerError         5xx
    │   └── UnreadableAnswer    an answer that is no JSON, or is too large
    ├── NetworkFailed           the network
    │   ├── NotSent             no connection: the platform certainly did not take the request
    │   └── NoAnswer            it may have taken it
    │       └── TooSlow         a file took longer than the caller lets it
    └── DownloadRefused         this client: the file is there, and was not fetched to be safe
        ├── UnsafeUrl           its URL leads elsewhere than to a public address over HTTPS
        └── TooLarge            it has more bytes than the caller's limit
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .causes import CAUSES as CAUSES
from .causes import Cause as Cause
from .causes import cause_of as cause_of
from .logged import escaped as escaped


class ChakraError(Exception):
    """Root of all exceptions that django-chakra raises."""


class SendRefused(ChakraError):
    """The message can't be sent as things are: nothing was written down."""


class WindowClosed(SendRefused):
    """More than 24 hours have passed since the customer last wrote: only a template may be sent.

    The platform would take the message, and fail it later with code 131047.
    """

    def __init__(self, closed_at: datetime | None = None) -> None:
        super().__init__(closed_at)
        #: When it closed; None: the customer has never written to this number.
        self.closed_at = closed_at

    def __str__(self) -> str:
        since = f"since {self.closed_at:%Y-%m-%d %H:%M} UTC" if self.closed_at else "as yet"
        return f"The customer's 24-hour window is closed {since}: only a template may be sent"


class MarketingStopped(SendRefused):
    """This contact wants no marketing. ``force=True`` sends it all the same."""


class TemplateRefused(SendRefused):
    """The platform would not send this template, by what it said of it last.

    ``status`` is its word ("PAUSED", …) or "deleted", and ``reason`` why, in the platform's words;
    both are "" where there is no template of this name, or none in this language.
    """

    def __init__(self, message: str, *, status: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class NumberNeeded(SendRefused):
    """Only a phone number can be written to this way, and of this contact none is known."""


class MediaFailed(ChakraError):
    """The file of a message could not be downloaded; the text says why.

    ``state`` is what its row is now: "waiting" (it is tried again), "expired" or "failed".
    """

    def __init__(self, message: str, *, state: str = "") -> None:
        super().__init__(message)
        self.state = state


class ReceiverTimeout(ChakraError):
    """Raised inside a receiver that takes longer than ``RECEIVER_SECONDS`` in ``chakra_process``.

    Wherever the receiver just is; one that lets it pass has failed, and hears again. No
    ``TimeoutError`` and so no ``OSError``: libraries of the network take those for their own, and
    try again.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        #: For how long it had been running.
        self.seconds = seconds

    def __str__(self) -> str:
        return f"The receiver was interrupted after {self.seconds:.0f} seconds"


class BackfillRunning(ChakraError):
    """Another process is asking the platform for the same; it goes on where it was by itself."""


class ConfigurationError(ChakraError):
    """The ``CHAKRA`` setting can't be used as it is; the message says which key and why."""


class UnknownAccount(ConfigurationError):
    """``CHAKRA["ACCOUNTS"]`` has no account of this alias."""

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        self.alias = alias

    def __str__(self) -> str:
        return f"CHAKRA['ACCOUNTS'] has no account named {self.alias!r}"


class PathUnverified(ConfigurationError):
    """No documentation names the path of this endpoint, and a guess might change the wrong thing.

    ``endpoint`` is the name under which the path can be set: ``Chakra(paths={endpoint: "/v1/…"})``,
    or ``PATHS`` of the account in Django's settings.
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.endpoint = endpoint

    def __str__(self) -> str:
        return (
            f"The path of {self.endpoint} is not documented. Ask ChakraHQ for it and set "
            f"PATHS[{self.endpoint!r}], or call client.request(method, path)."
        )


class ApiError(ChakraError):
    """A call of Chakra's API failed.

    ``message`` is the platform's (or ours), at most 500 characters; ``method`` and ``path`` are
    those of the call, without query; ``status`` is the answer's, None without one; ``code`` is the
    platform's, mostly Meta's; ``request_id`` is the platform's name for the call, "" when it gave
    none; ``details`` is what it said beyond the message. No token and no body is kept.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        code: int | None = None,
        request_id: str = "",
        details: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message[:500])
        self.message = message[:500]
        self.method = method
        self.path = path
        self.status = status
        self.code = code
        self.request_id = request_id
        self.details = details[:500]
        #: Seconds that the platform asks to wait, where it does.
        self.retry_after = retry_after
        #: A download: another host than the platform failed, to which its URLs or redirects led.
        self.elsewhere = False

    @property
    def cause(self) -> Cause:
        """What the code means: window closed, undeliverable, opted out, throttled, …"""
        return cause_of(self.code)

    def __str__(self) -> str:
        where = f"{self.method} {self.path}".strip()
        numbers = " ".join(
            f"{name} {value}"
            for name, value in (("status", self.status), ("code", self.code))
            if value is not None
        )
        return ": ".join(filter(None, (where, numbers, self.message)))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from their positional arguments; ours has keywords.
        return _rebuilt, (type(self), self.message, {**self.__dict__})


class RequestRejected(ApiError):
    """The platform does not take this request as it is; the same again fails again."""


class ValidationFailed(RequestRejected):
    """A value is missing, too long, or of another form (400, 422).

    ``field`` names it when the limit was checked before the call: then nothing was sent.
    """

    def __init__(self, message: str, *, field: str = "", **rest: Any) -> None:
        super().__init__(message, **rest)
        self.field = field


class AuthenticationFailed(RequestRejected):
    """The token is missing, wrong or revoked (401, or Meta's code 190)."""


class PermissionMissing(RequestRejected):
    """The token's role may not do this (403)."""


class NotFound(RequestRejected):
    """There is no such thing (404), or no longer (410)."""


class PlatformFailed(ApiError):
    """The request may be right; the platform could not serve it."""


class RateLimited(PlatformFailed):
    """Too many requests (429, or one of Meta's codes for it). It was not taken."""


class ServerError(PlatformFailed):
    """The platform failed (5xx). Whether it took the request is unknown."""


class UnreadableAnswer(PlatformFailed):
    """An answer that can't be read. A write may have been taken."""


class NetworkFailed(ApiError):
    """There was no answer at all."""


class NotSent(NetworkFailed):
    """No connection was made: the platform certainly did not take the request."""


class NoAnswer(NetworkFailed):
    """The connection broke, or nothing came in time. The platform may have taken the request."""


class TooSlow(NoAnswer):
    """A download took more than ``seconds``. Some bytes may have been written."""


class DownloadRefused(ApiError):
    """A file that this client does not fetch, or not to its end. To try again does not help."""


class UnsafeUrl(DownloadRefused):
    """A URL, also one that was redirected to, leads elsewhere than to a public host over HTTPS."""


class TooLarge(DownloadRefused):
    """The file has more bytes than ``limit``. Some of them may have been written."""

    def __init__(self, message: str, *, limit: int = 0, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.limit = limit


def _rebuilt(kind: type[ApiError], message: str, state: dict[str, Any]) -> ApiError:
    error = kind(message)
    error.__dict__.update(state)
    return error
