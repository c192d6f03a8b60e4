"""What stands in a file of the spool: one line of JSON, then the body, byte for byte.

The line has ``uid``, ``account``, ``received_at``, ``signature`` (the headers that the stored call
keeps, and no other), and ``length`` and ``sha256`` of the body, by which a torn file is known.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Value
from django.db.models.functions import Least

from .. import conf
from ..events import storable_text
from ..models import WebhookCall
from ..models.fields import DatabaseNow

#: Of the form of these files: the first word of the line.
FORM = "django-chakra spool 1"
#: The line is far shorter; what is no file of ours may have none.
LINE_BYTES = 8 * 1024
#: Others are no arrivals, and not every database has them.
YEARS = range(2000, 9000)


class Unreadable(Exception):
    """No file as :func:`to_bytes` makes them; ``word`` says how: "torn" or "foreign"."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def to_bytes(call: WebhookCall) -> bytes:
    """The content of a call's file."""
    body = bytes(call.body)
    line = {
        "form": FORM,
        "uid": call.uid.hex,
        "account": call.account,
        "received_at": call.received_at.astimezone(UTC).isoformat(),
        "signature": call.signature,
        "length": len(body),
        "sha256": call.digest,
    }
    return json.dumps(line).encode() + b"\n" + body


def to_call(content: bytes) -> WebhookCall:
    """The call in this content, due since it arrived: those before it are processed before it.

    Raises:
        Unreadable: it is not whole, or never was a file of ours.
    """
    head, end, body = content.partition(b"\n")
    if len(head) > LINE_BYTES:
        raise Unreadable("foreign")
    try:
        line = json.loads(head)
    except (ValueError, RecursionError):
        # Without a line end it broke off in its first line.
        raise Unreadable("foreign" if end else "torn") from None
    if not isinstance(line, dict) or line.get("form") != FORM:
        raise Unreadable("foreign")
    digest = hashlib.sha256(body).hexdigest()
    if (line.get("length"), line.get("sha256")) != (len(body), digest):
        raise Unreadable("torn")
    try:
        return _call(line, body, digest)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Unreadable("foreign") from None


def _call(line: dict[str, Any], body: bytes, digest: str) -> WebhookCall:
    if not conf.ALIAS.match(line["account"]) or not isinstance(line["signature"], str):
        raise ValueError("no alias, or no text")
    received_at = datetime.fromisoformat(line["received_at"])
    if received_at.utcoffset() is None or received_at.year not in YEARS:
        raise ValueError("no time of an arrival")
    # Not after the database's own time: the clock of who wrote the file may be ahead.
    arrived = Least(Value(received_at, output_field=DateTimeField()), DatabaseNow())
    return WebhookCall(
        uid=UUID(hex=line["uid"]),
        account=line["account"],
        body=body,
        digest=digest,
        signature=storable_text(line["signature"], 512),
        received_at=arrived,
        next_attempt_at=arrived,
    )
