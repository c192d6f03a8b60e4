"""The webhook: verify, store, 200, and only then think."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from . import conf, receive, schedule
from .exceptions import UnknownAccount
from .signature import CHAKRA_HEADER, META_HEADER
from .spool import NotSpooled

logger = logging.getLogger(__name__)

READ_SIZE = 64 * 1024


class StoredResponse(HttpResponse):
    """An answer that processes its call when the server closes it, after it was sent.

    Django closes database connections later, in ``HttpResponse.close`` itself.
    """

    def __init__(self, *args: Any, then: Callable[[], None] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._then = then

    def close(self) -> None:
        """Process once, then clean up as Django does."""
        then, self._then = self._then, None
        try:
            if then is not None:
                then()
        finally:
            super().close()


class BodyRefused(Exception):
    """The body can't be taken; carries the HTTP status and a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def webhook(request: HttpRequest, account: str = "default", token: str = "") -> HttpResponse:
    """Take one call of the platform.

    GET answers Meta's handshake. POST answers 200 once the call is a row, or waits in the spool;
    400 no JSON, 401 not signed by the platform, 404 unknown account or URL token, 411 no length,
    413 too long, 503 the database can't be reached, and the spool can't take it either.
    """
    try:
        found = conf.account(account)
    except UnknownAccount:
        return _plain(404, "unknown account")
    if not _same(token, found.url_token):
        return _plain(404, "unknown account")
    if request.method == "GET":
        return _handshake(request, found)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    try:
        body = _read(request, conf.current().max_body_bytes)
    except BodyRefused as error:
        logger.warning("Refused a call for account %s: %s", found.alias, error)
        return _plain(error.status, str(error))
    try:
        return _take(request, found, body)
    except NotSpooled as error:
        why = ", and ".join(filter(None, (type(error.__cause__).__name__, str(error))))
        logger.critical("A call for account %s could not be stored: %s", found.alias, why)
        return _plain(503, ": ".join(filter(None, ("can't be stored", str(error)))))


def _take(request: HttpRequest, account: conf.Account, body: bytes) -> HttpResponse:
    chakra_header = request.headers.get(CHAKRA_HEADER, "")
    meta_header = request.headers.get(META_HEADER, "")
    headers = receive.headers_as_sent(chakra_header, meta_header)
    reason = receive.refusal(account, body, chakra_header=chakra_header, meta_header=meta_header)
    status = 401
    if not reason:
        reason, status = receive.not_json(body), 400
    if reason:
        logger.warning("Refused a call for account %s: %s", account.alias, reason)
        try:
            receive.keep_refused(account.alias, body, headers, reason)
        except (DatabaseError, InterfaceError) as error:
            # The answer stays what it is: the caller is not to be told that it may try again.
            logger.error("The refused call could not be kept: %s", type(error).__name__)
        return _plain(status, reason)
    call = receive.store(account.alias, body, headers)
    # What waits in the spool is processed by who takes it in.
    then = schedule.after_answer(call.pk) if call.pk else None
    return StoredResponse("OK", content_type="text/plain", then=then)


def _handshake(request: HttpRequest, account: conf.Account) -> HttpResponse:
    """Meta's verification; Chakra documents none, and a bare GET shows that the URL is right."""
    if "hub.verify_token" not in request.GET:
        return _plain(200, "OK")
    given = request.GET["hub.verify_token"]
    if not account.verify_token or not _same(given, account.verify_token):
        return _plain(403, "wrong verify token")
    return _plain(200, request.GET.get("hub.challenge", "")[:1024])


def _read(request: HttpRequest, limit: int) -> bytes:
    """At most ``limit`` bytes of the body, whatever length was announced.

    ``request.body`` would refuse above Django's own limit, which is below what Meta posts, and
    would see nothing of a chunked body.
    """
    environ = getattr(request, "environ", {})
    stream: Any = request
    if environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH"):
        if not environ.get("wsgi.input_terminated"):
            raise BodyRefused(411, "a body needs a length on this server")
        stream = environ["wsgi.input"]
    elif _announced(environ) > limit:
        raise BodyRefused(413, f"the body is longer than {limit} bytes")
    parts, size = [], 0
    try:
        while size <= limit and (part := stream.read(min(READ_SIZE, limit + 1 - size))):
            parts.append(part)
            size += len(part)
    except Exception as error:
        # Broken chunks: each server has an error of its own for them.
        raise BodyRefused(400, "the body could not be read to its end") from error
    if size > limit:
        raise BodyRefused(413, f"the body is longer than {limit} bytes")
    return b"".join(parts)


def _announced(environ: dict[str, Any]) -> int:
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0


def _same(given: str, expected: str) -> bool:
    """Equal, in constant time."""
    return hmac.compare_digest(
        given.encode(errors="surrogatepass"), expected.encode(errors="surrogatepass")
    )


def _plain(status: int, text: str) -> HttpResponse:
    """Text from outside may be in it, so it is nothing but text."""
    return HttpResponse(
        text,
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff"},
    )


# The platform has neither session nor CSRF token; what vouches for it is the signature.
webhook = csrf_exempt(login_not_required(webhook))
# The row must be committed when the answer leaves, whatever ATOMIC_REQUESTS says, on any database.
for _alias in connections:
    webhook = transaction.non_atomic_requests(_alias)(webhook)
