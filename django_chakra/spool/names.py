"""What a file of the spool is called: its name says all but the content.

``20260102T030405.678901Z-<uid>-<bytes>-<attempts>.call`` waits. While it is written the end is
``.tmp``, while somebody stores it ``.claim-<worker>``, and once it was set aside ``.aside-<why>``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from ..models import WebhookCall

WAITING, WRITING, CLAIMED, ASIDE = "call", "tmp", "claim", "aside"
TIME = "%Y%m%dT%H%M%S.%fZ"
#: Numbers as they are written: an entry must find its own file again.
NAME = re.compile(
    r"(?P<at>\d{8}T\d{6}\.\d{6}Z)-(?P<uid>[0-9a-f]{32})"
    r"-(?P<size>0|[1-9]\d{0,11})-(?P<attempts>0|[1-9]\d{0,5})"
    r"\.(?P<state>call|tmp|claim|aside)(?:-(?P<rest>[\w.-]{1,100}))?",
    re.ASCII,
)


class Entry(NamedTuple):
    """One file of ours; sorted as tuples they are sorted by arrival."""

    #: Arrival in UTC, as in the name.
    at: str
    #: The call's uid, 32 hex digits.
    uid: str
    #: Bytes of the whole file.
    size: int
    #: How often the database refused it; that it was away does not count.
    attempts: int
    state: str
    #: Behind the state: who claimed it, or why it was set aside.
    rest: str = ""

    @property
    def name(self) -> str:
        """The name of the file."""
        end = f"{self.state}-{self.rest}" if self.rest else self.state
        return f"{self.at}-{self.uid}-{self.size}-{self.attempts}.{end}"


def entry(name: str) -> Entry | None:
    """What this name says; None when it is none of ours."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    at, uid, size, attempts, state, rest = found.groups(default="")
    return Entry(at, uid, int(size), int(attempts), state, rest)


def new(call: WebhookCall, size: int) -> Entry:
    """The entry of a call that is about to be written."""
    return Entry(call.received_at.astimezone(UTC).strftime(TIME), call.uid.hex, size, 0, WRITING)


def arrived(entry: Entry) -> datetime | None:
    """When the call arrived, by its name; None when that is no time."""
    try:
        return datetime.strptime(entry.at, TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
