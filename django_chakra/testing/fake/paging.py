"""The platform's three ways of giving a list in pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from .handling import Call
from .replies import refuse, refuse_as_meta


def by_number(call: Call, entries: Sequence[Any], default: int = 50) -> list[Any]:
    """The page that a body with ``page`` (from 1) and ``limit`` asks for."""
    limit, page = call.body.get("limit", default), call.body.get("page", 1)
    if limit < 1 or page < 1:
        refuse(400, "limit and page begin at 1")
    return list(entries[(page - 1) * limit : page * limit])


def by_skip(
    call: Call, entries: Sequence[Any], default: int = 10, most: int = 100
) -> tuple[list[Any], bool]:
    """What ``skip`` and ``limit`` ask for, and whether there is more."""
    limit, skip = call.body.get("limit", default), call.body.get("skip", 0)
    if not 1 <= limit <= most or skip < 0:
        refuse(400, f"limit is 1 to {most}, and skip begins at 0")
    return list(entries[skip : skip + limit]), skip + limit < len(entries)


def by_cursor(call: Call, entries: Sequence[Any], default: int = 25) -> dict[str, Any]:
    """A page of Meta's: ``data``, the cursors of its ends, and ``next`` where more follows."""
    limit, after = call.query.get("limit", default), call.query.get("after")
    if limit < 1:
        refuse_as_meta(100, "Invalid parameter", "limit begins at 1")
    start = 0 if after is None else _place(after) + 1
    page = list(entries[start : start + limit])
    if not page:
        return {"data": []}
    end = start + len(page)
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(end - 1)}}
    if end < len(entries):
        query = urlencode({**call.request.query, "after": _cursor(end - 1)})
        paging["next"] = f"{call.request.origin}{call.request.path}?{query}"
    return {"data": page, "paging": paging}


def _cursor(place: int) -> str:
    """Opaque to clients; the first is that of the samples."""
    number = place + 65
    written = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        written = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        written = b""
    place = int.from_bytes(written, "big") - 65
    if place < 0 or len(written) > 6:
        refuse_as_meta(100, "Invalid parameter", "after is no cursor")
    return place
