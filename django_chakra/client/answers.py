"""From an answer of the platform, in any of its shapes, to its data or to an exception. Pure.

Most endpoints answer ``{"_data": …, "_meta": {…}, "_errors": []}``, some hand Meta's JSON through,
and failures come in half a dozen forms (https://apidocs.chakrahq.com/doc-738798; the forms of
errors were seen by integrators, and no page lists them).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from ..exceptions import (
    ApiError,
    AuthenticationFailed,
    Cause,
    NotFound,
    PermissionMissing,
    RateLimited,
    RequestRejected,
    ServerError,
    UnreadableAnswer,
    ValidationFailed,
    cause_of,
)

_STATUSES: dict[int, type[ApiError]] = {
    400: ValidationFailed,
    401: AuthenticationFailed,
    403: PermissionMissing,
    404: NotFound,
    410: NotFound,
    422: ValidationFailed,
    429: RateLimited,
}
_REQUEST_IDS = ("x-chakra-request-id", "x-request-id", "x-amzn-requestid", "x-fb-trace-id")
_WAITS = {"retry_after_ms": 0.001, "retryAfterMs": 0.001, "retry_after": 1.0, "retryAfter": 1.0}


class Answer(NamedTuple):
    """What the platform answered: its data, unwrapped, and what stood beside it."""

    data: Any
    meta: dict[str, Any]
    status: int
    #: Names in lower case.
    headers: dict[str, str]


class Complaint(NamedTuple):
    """What an answer says went wrong."""

    message: str
    code: int | None
    details: str


def opened(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str,
    path: str,
    now: float,
    secret: str = "",
) -> Answer:
    """The answer to a call; ``now`` is Unix time, for ``Retry-After`` as a date.

    ``secret`` is a text that no exception may quote, though the platform does.

    Raises:
        ApiError: the answer says that the call failed, or can't be read.
    """
    known = {name.lower(): value for name, value in headers.items()}
    document = _document(body)
    if status >= 300 or _complaint(document, status) is not None:
        raise failure(status, headers, body, method=method, path=path, now=now, secret=secret)
    if document is _NO_JSON:
        request_id = _request_id(known, None)
        raise UnreadableAnswer(
            f"The answer is no JSON ({known.get('content-type', 'no type')[:80]})",
            method=method, path=path, status=status, request_id=request_id,
        )  # fmt: skip
    if isinstance(document, dict) and "_data" in document:
        return Answer(document["_data"], _dict(document.get("_meta")), status, known)
    return Answer(document, {}, status, known)


def failure(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str,
    path: str,
    now: float,
    secret: str = "",
) -> ApiError:
    """The exception for a failed call; an error in an answer of 200 counts as our request's."""
    known = {name.lower(): value for name, value in headers.items()}
    document = _document(body.replace(secret.encode(), b"***") if secret else body)
    complaint = _complaint(document, status) or Complaint(f"status {status}", None, "")
    kind = _STATUSES.get(status) or (ServerError if status >= 500 else RequestRejected)
    if cause_of(complaint.code) is Cause.THROTTLED:
        kind = RateLimited
    elif complaint.code == 190:
        kind = AuthenticationFailed
    return kind(
        complaint.message,
        method=method,
        path=path,
        status=status,
        code=complaint.code,
        details=complaint.details,
        request_id=_request_id(known, document),
        retry_after=retry_after(known, document, now),
    )


def retry_after(headers: Mapping[str, str], document: Any, now: float) -> float | None:
    """Seconds to wait, as the header says (seconds or an HTTP date), else as the body does."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return float(written[:9])
    if written:
        try:
            return max(0.0, parsedate_to_datetime(written).timestamp() - now)
        except (ValueError, OverflowError):
            pass
    for part in (_dict(document), _dict(_dict(document).get("_meta"))):
        for key, scale in _WAITS.items():
            value = part.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
                return value * scale
    return None


_NO_JSON = object()


def _document(body: bytes) -> Any:
    """The JSON of an answer; None for an empty one."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _NO_JSON


def _complaint(document: Any, status: int) -> Complaint | None:
    """The first error that the answer names, in whichever of the known forms."""
    if not isinstance(document, dict):
        return None
    named = any(document.get(key) for key in ("_errors", "errors", "error"))
    # A message alone is an error where the status says so; else it may be "Deleted.".
    alone = status >= 300 and isinstance(document.get("message"), str)
    if not named and not alone and not _dict(document.get("_data")).get("error"):
        return None
    for entry in _entries(document):
        if isinstance(entry, str) and entry:
            return Complaint(entry, None, "")
        if isinstance(entry, dict) and (found := _of_object(entry)):
            return found
    return Complaint("The answer names an error in an unknown form", None, "") if named else None


def _entries(document: dict[str, Any]) -> Iterator[Any]:
    for key in ("_errors", "errors"):
        errors = document.get(key)
        yield from errors if isinstance(errors, list) else [errors]
    yield document.get("error")
    yield _dict(document.get("_data")).get("error")
    if isinstance(document.get("message"), str):
        yield document


def _of_object(error: dict[str, Any]) -> Complaint | None:
    words = (error.get(key) for key in ("message", "error_user_msg", "title", "error"))
    message: str = next((word for word in words if isinstance(word, str) and word), "")
    code = _code(error.get("code"))
    details = _dict(error.get("error_data")).get("details") or error.get("details")
    if not message and code is None:
        return None
    return Complaint(message or f"code {code}", code, details if isinstance(details, str) else "")


def _code(value: Any) -> int | None:
    """A number, also where it is written as digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _request_id(headers: Mapping[str, str], document: Any) -> str:
    """The platform's name for the call; where it stands is not documented."""
    meta = _dict(_dict(document).get("_meta")).get("requestId")
    trace = _dict(_dict(document).get("error")).get("fbtrace_id")
    found = [headers.get(name) for name in _REQUEST_IDS] + [meta, trace]
    return next((word[:100] for word in found if isinstance(word, str) and word), "")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
