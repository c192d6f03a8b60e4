"""Answers of the fake: samples filled in, and refusals in the forms that the platform has."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NoReturn

from .. import samples
from .wire import Reply

HTML = b"<!DOCTYPE html><html><body><h1>Not Found</h1></body></html>"


class Refused(Exception):
    """A request is not taken; ``reply`` says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def sample(name: str) -> Any:
    """The sample of an answer, new each time."""
    return json.loads(_text(name))


@cache
def _text(name: str) -> str:
    return json.dumps(samples.answer(name))


def data(value: Any, **meta: Any) -> Reply:
    """An answer in Chakra's envelope."""
    return Reply.of({"_data": value, "_meta": meta, "_errors": []})


def raw(document: Any) -> Reply:
    """An answer of Meta's, handed through."""
    return Reply.of(document)


def errors(status: int, *entries: Any) -> Reply:
    """A refusal in Chakra's envelope."""
    return Reply.of({"_data": None, "_meta": {}, "_errors": list(entries)}, status)


def meta_error(
    code: int, title: str, details: str, *, status: int = 400, subcode: int = 0
) -> Reply:
    """A refusal of Meta's, handed through."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": "FAKE-TRACE",
    }
    if subcode:
        error["error_subcode"] = subcode
    return Reply.of({"error": error}, status)


def not_found() -> Reply:
    """What a server says that knows no such path."""
    return Reply(404, {"content-type": "text/html; charset=utf-8"}, HTML)


def refuse(status: int, *entries: Any) -> NoReturn:
    """Refuse in Chakra's envelope."""
    raise Refused(errors(status, *entries))


def refuse_as_meta(
    code: int, title: str, details: str = "", *, status: int = 400, subcode: int = 0
) -> NoReturn:
    """Refuse as Meta does."""
    raise Refused(meta_error(code, title, details or title, status=status, subcode=subcode))


def missing(what: str, id: str) -> NoReturn:
    """Refuse because there is no such thing."""
    refuse(404, f"{what} {id} not found")
