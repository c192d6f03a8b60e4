"""Reading what a request holds, as strictly as the table of endpoints has it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from .. import endpoints
from ..endpoints import Endpoint
from .replies import refuse
from .wire import Request


@dataclass(frozen=True, slots=True)
class File:
    """What a form says of a file beside its bytes."""

    filename: str
    mime_type: str


@dataclass(frozen=True, slots=True)
class Content:
    """A body that was read, and a query with its numbers."""

    body: Any = None
    files: dict[str, File] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)


def read(request: Request, endpoint: Endpoint) -> Content:
    """What the request holds.

    Raises:
        Refused: it can't be read, or breaks the endpoint's table.
    """
    query = {name: _number(name, value) for name, value in request.query.items()}
    body: Any = None
    files: dict[str, File] = {}
    if endpoint.form is not None:
        body, files = _form(request)
    elif request.body:
        body = _json(request)
    wrong = endpoints.mismatches(endpoint.query, query, "query")
    shape = endpoint.body if endpoint.form is None else endpoint.form
    if shape is not None:
        wrong += endpoints.mismatches(shape, body, "body")
    elif body is not None:
        wrong.append("there must be no body")
    if wrong:
        refuse(400, *wrong)
    return Content(body, files, query)


def _number(name: str, value: str) -> Any:
    """Of a limit no more is known than that it is a number."""
    if name != "limit":
        return value
    return int(value) if value.isascii() and value.isdigit() else value


def _json(request: Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        refuse(400, "the body must be application/json")
    try:
        return json.loads(request.body, parse_constant=_no_json)
    except (ValueError, RecursionError):
        refuse(400, "the body is no JSON")


def _no_json(word: str) -> Any:
    raise ValueError(word)


def _form(request: Request) -> tuple[dict[str, Any], dict[str, File]]:
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        refuse(400, "the body must be multipart/form-data")
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    fields: dict[str, Any] = {}
    files: dict[str, File] = {}
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    if not message.is_multipart():
        refuse(400, "the form can't be read")
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        filename = part.get_filename()
        if filename is None:
            fields[name] = content.decode("utf-8", "replace")
        else:
            fields[name] = content
            files[name] = File(filename, part.get_content_type())
    return fields, files
