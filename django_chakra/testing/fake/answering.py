"""From one request to its answer, and what the ledger says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from . import reading, routes
from .handlers import jobs, media
from .handling import Call
from .replies import Refused, errors, not_found
from .state import Message
from .wire import Reply, Request

if TYPE_CHECKING:
    from . import FakeChakra

#: In URLs of answers, where nobody said by which host the fake was reached.
ORIGIN = "https://api.chakrahq.com"


def read(
    number: int, at: float, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Request:
    """A request as the fake keeps it."""
    known = {name.lower(): value for name, value in headers.items()}
    parts = urlsplit(path)
    origin = ORIGIN
    if parts.netloc:
        origin = f"{parts.scheme}://{parts.netloc}"
    elif "host" in known:
        origin = f"http://{known['host']}"
    found = routes.find(method, parts.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    name = found[0].endpoint.name if found else ""
    return Request(number, at, method, parts.path, query, known, body, name, origin)


def answer(fake: FakeChakra, request: Request) -> tuple[Reply, Message | None]:
    """What the platform answers, and the message that it took. The fake's lock is held."""
    if request.path.startswith(media.PUBLIC):
        return media.file(fake, request), None
    if request.headers.get("authorization") != f"Bearer {fake.token}":
        return errors(401, "Unauthorized"), None
    if request.path.startswith(media.FILES):
        return media.file(fake, request), None
    found = routes.find(request.method, request.path)
    if found is None:
        return not_found(), None
    route, places = found
    call = Call(fake, request, route.endpoint, places)
    jobs.work(call)
    try:
        routes.check_places(call)
        content = reading.read(request, route.endpoint)
        call.body, call.files, call.query = content.body, content.files, content.query
        return route.handler(call), call.taken
    except Refused as refused:
        return refused.reply, None


def book_request(fake: FakeChakra, request: Request, reply: Reply, message: Message | None) -> None:
    """Write down what came, and what was taken of it: neither token nor body."""
    about = (
        {
            "wamid": message.wamid,
            "to": message.to,
            "type": message.kind,
            "callback_data": message.callback_data,
        }
        if message
        else {}
    )
    fake.ledger.write(
        "request",
        request.at,
        number=request.number,
        method=request.method,
        path=request.path,
        endpoint=request.endpoint,
        digest=hashlib.sha256(request.body).hexdigest(),
        taken=0 < reply.status < 400,
        **about,
    )


def words(reply: Reply) -> str:
    """The beginning of an answer that is a text, as the ledger keeps it."""
    kind = reply.headers.get("content-type", "")
    if not kind.startswith(("application/json", "text/")):
        return ""
    return reply.body[:1000].decode(errors="replace")
