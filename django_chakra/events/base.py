"""What every event is, and what every reader is given. Pure data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""Any value that JSON can spell."""


class Identity(NamedTuple):
    """One of the names by which the platform knows a person.

    ``kind`` is "phone" (value: digits only), "user_id" (BSUID, ``CC.<alphanumeric>``) or
    "parent_user_id" (``CC.ENT.<alphanumeric>``).
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One typed fact read out of a call.

    ``kind`` is a readable word of at most 64 characters: "message.text", "status." and sent,
    delivered, read, played, failed, accepted, deleted, warning or other, "unknown", "unreadable".
    ``format`` is "meta", "chakra", or "" when the call is in neither. ``occurred_at`` is the
    platform's clock in UTC, None when the fact names no usable time. ``raw`` is a storable copy of
    the fact: the item of a list, Chakra's whole body, else entry, time, field and value.
    """

    kind: str
    format: str
    waba_id: str = ""
    phone_number_id: str = ""
    display_number: str = ""
    occurred_at: datetime | None
    raw: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    """A fact without a class of its own yet (kind "unknown"), or one that could not be read.

    ``name`` is what the platform calls it, at most 128 characters: "messages.image",
    "account_update", "message_echo". ``reason`` says why it was not read, at most 300 characters;
    "" when it merely has no class yet.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact stands in its call: what is true of it and of its neighbours.

    ``name`` is Meta's field or Chakra's event name, ``profiles`` the profile names by identity,
    ``payload`` Chakra's payload, empty in Meta's format. ``time`` is when, as the platform wrote it
    on the entry or payload, for facts without a time of their own. Words and ids are short here,
    since each fact of a call copies them: a huge one would be copied thousands of times.
    """

    format: str
    name: str = ""
    waba_id: str = ""
    phone_number_id: str = ""
    display_number: str = ""
    time: Json = None
    profiles: Mapping[Identity, str] = field(default_factory=dict)
    payload: Mapping[str, Json] = field(default_factory=dict)


Reader: TypeAlias = Callable[[Source, dict[str, Json]], Event]
"""From a fact (a message, a status) to its event. Raises what it likes: the fact is then kept as
unreadable, with the reason."""


class Unreadable(ValueError):
    """A reader cannot make its event of this fact; the text says why, without foreign words."""


def mapping(value: Json) -> dict[str, Json]:
    """The value if it is an object, else an empty one: what may be missing may be anything."""
    return value if isinstance(value, dict) else {}
