"""Every misbehaviour of a server, and what the client has to make of it."""

from dataclasses import dataclass
from email.utils import formatdate

from django_chakra.exceptions import (
    ApiError,
    AuthenticationFailed,
    NoAnswer,
    NotFound,
    PermissionMissing,
    RateLimited,
    RequestRejected,
    ServerError,
    UnreadableAnswer,
    ValidationFailed,
)

from .misbehaving import Act, Hand, answer, cut, hung_up, raw, said, silent

START = Hand().at
#: Without a word of the platform: 0.5, 1 and 2 seconds.
OURS = (0.5, 1.0, 2.0)
META = {
    "message": "Re-engagement message",
    "code": 131047,
    "error_data": {"details": "More than 24 hours"},
    "fbtrace_id": "trace-1",
}


@dataclass(frozen=True)
class Misbehaviour:
    """What the server does, always; what is raised; how long reads and writes wait for more."""

    name: str
    act: Act
    raised: type[ApiError]
    read_waits: tuple[float, ...] = ()
    write_waits: tuple[float, ...] = ()
    status: int | None = None
    message: str = ""
    code: int | None = None
    retry_after: float | None = None


def _limited(name: str, act: Act, asked: float) -> Misbehaviour:
    waits = (asked * 1.1,) * 3
    return Misbehaviour(name, act, RateLimited, waits, waits, 429, retry_after=asked)


HTML = b"<!doctype html><h1>Bad gateway</h1>"

MISBEHAVIOURS = [
    _limited("429, seconds", answer(429, retry_after="5"), 5),
    # Once the date has come there is nothing more to wait for.
    Misbehaviour(
        "429, a date", answer(429, retry_after=formatdate(START + 6, usegmt=True)), RateLimited,
        (6.6, 0, 0), (6.6, 0, 0), 429, retry_after=0,
    ),
    _limited("429, in the body", said({"retry_after_ms": 4000}, 429), 4),
    _limited("429, in _meta", said({"_errors": ["slow"], "_meta": {"retryAfter": 3}}, 429), 3),
    Misbehaviour("429, no word", answer(429), RateLimited, OURS, OURS, 429),
    Misbehaviour(
        "429, beyond the budget", answer(429, retry_after="3600"), RateLimited, (), (), 429,
        retry_after=3600,
    ),
    Misbehaviour("429, rubbish", answer(429, retry_after="soon"), RateLimited, OURS, OURS, 429),
    Misbehaviour(
        "429, cut", raw(b"HTTP/1.1 429 X\r\nretry-after: 5\r\ncontent-length: 9\r\n\r\n{"),
        RateLimited, (5.5,) * 3, (5.5,) * 3, 429, retry_after=5,
    ),
    Misbehaviour("500", answer(500), ServerError, OURS, (), 500),
    Misbehaviour(
        "503, Retry-After", answer(503, retry_after="5"), ServerError, (5.5,) * 3, (), 503,
        retry_after=5,
    ),
    Misbehaviour("502, HTML", answer(502, HTML, "text/html"), ServerError, OURS, (), 502),
    Misbehaviour("silence", silent, NoAnswer, OURS),
    Misbehaviour("cut before answering", cut, NoAnswer, OURS),
    Misbehaviour("closed before answering", hung_up, NoAnswer, OURS),
    Misbehaviour(
        "closed in the head", raw(b"HTTP/1.1 200 OK\r\ncontent-le"), NoAnswer, OURS, (), 200,
    ),
    Misbehaviour(
        "closed in the body", raw(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"), NoAnswer,
        OURS, (), 200,
    ),
    Misbehaviour(
        "closed in a chunk",
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"), NoAnswer,
        OURS, (), 200,
    ),
    Misbehaviour("no HTTP", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), NoAnswer, OURS),
    Misbehaviour(
        "no gzip", answer(200, b"plain", content_encoding="gzip"), NoAnswer, OURS, (), 200
    ),
    Misbehaviour("HTML with 200", answer(200, HTML, "text/html"), UnreadableAnswer, status=200),
    Misbehaviour("half JSON", answer(200, b'{"_data":'), UnreadableAnswer, status=200),
    Misbehaviour(
        "_errors in a 200", said({"_data": None, "_errors": ["No plugin"]}), RequestRejected,
        status=200, message="No plugin",
    ),
    Misbehaviour(
        "_errors as objects", said({"_errors": [{"message": "No plugin", "code": "100"}]}),
        RequestRejected, status=200, message="No plugin", code=100,
    ),
    Misbehaviour(
        "_errors of an unknown form", said({"_data": {}, "_errors": [{"reason": "x"}]}),
        RequestRejected, status=200,
    ),
    Misbehaviour(
        "_errors with 404", said({"_data": None, "_errors": ["Plugin not found"]}, 404), NotFound,
        status=404, message="Plugin not found",
    ),
    Misbehaviour(
        "Meta's error", said({"error": META}, 400), ValidationFailed,
        status=400, message="Re-engagement message", code=131047,
    ),
    Misbehaviour(
        "Meta's error in _data", said({"_data": {"error": META}, "_errors": []}), RequestRejected,
        status=200, message="Re-engagement message", code=131047,
    ),
    Misbehaviour(
        "Meta's code for too much", said({"error": {"message": "Slow", "code": 130429}}, 400),
        RateLimited, OURS, (), 400, "Slow", 130429,
    ),
    Misbehaviour(
        "Meta's code of a token", said({"error": {"message": "Expired", "code": 190}}, 400),
        AuthenticationFailed, status=400, message="Expired", code=190,
    ),
    Misbehaviour("error: text", said({"error": "No"}, 422), ValidationFailed, (), (), 422, "No"),
    Misbehaviour("error: text in a 200", said({"error": "No"}), RequestRejected, (), (), 200, "No"),
    Misbehaviour("error: true", said({"error": True}), RequestRejected, status=200),
    Misbehaviour("message: text", said({"message": "No"}, 401), AuthenticationFailed,
                 status=401, message="No"),
    Misbehaviour("message and more", said({"message": "No", "path": "/"}, 403), PermissionMissing,
                 status=403, message="No"),
    Misbehaviour(
        "errors: list", said({"errors": [{"message": "No", "code": 7}]}, 409), RequestRejected,
        status=409, message="No", code=7,
    ),
    Misbehaviour("empty with 410", answer(410), NotFound, status=410),
    Misbehaviour(
        "a redirect to nowhere", answer(302, location="https://[::1"), RequestRejected, status=302
    ),
    Misbehaviour("a redirect", answer(302, location="/elsewhere"), RequestRejected, status=302),
]  # fmt: skip
