"""What every event is, and what every reader is given. Pure data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, NamedTuple, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""Any value that JSON can spell."""


class Identity(NamedTuple):
    """One of the names by which the platform knows a person.

    ``kind`` is "phone" (value: digits only), "user_id" (BSUID, ``CC.<alphanumeric>``) or
    "parent_user_id" (``CC.ENT.<alphanumeric>``).
    """

    kind: str
    value: str


class Profile(NamedTuple):
    """What a list of contacts says of one person: all their identities, and what they call
    themselves ("" when not said, each at most 255 characters)."""

    identities: tuple[Identity, ...]
    name: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One typed fact read out of a call.

    ``kind`` is a readable word of at most 64 characters, one of the ``KINDS`` of the class.
    ``format`` is "meta", "chakra", or "" when the call is in neither. ``occurred_at`` is the
    platform's clock in UTC, None when the fact names no usable time. ``raw`` is a storable copy of
    the fact: the item of a list, the value of a change, Chakra's whole body; where there is no
    class for it, entry, time, field and value.
    """

    KINDS: ClassVar[tuple[str, ...]] = ()
    """Every ``kind`` that events of this class may have."""

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

    ``name`` is what the platform calls it, at most 128 characters: "teleport_update",
    "messages.teleports", "billing". ``reason`` says why it was not read, at most 300 characters;
    "" when it merely has no class yet.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("unknown", "unreadable")

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact stands in its call: what is true of it and of its neighbours.

    ``name`` is Meta's field or Chakra's event name, ``profiles`` the people beside the fact (see
    :mod:`.contacts`), ``payload`` Chakra's payload, empty in Meta's format, ``around`` what holds
    the fact's list where that matters (the thread of a history). ``time`` is when, as the platform
    wrote it on the entry or payload, for facts without a time of their own. Words and ids are short
    here, since each fact of a call copies them: a huge one would be copied thousands of times.
    """

    format: str
    name: str = ""
    waba_id: str = ""
    phone_number_id: str = ""
    display_number: str = ""
    time: Json = None
    profiles: Mapping[Identity, Profile] = field(default_factory=dict)
    payload: Mapping[str, Json] = field(default_factory=dict)
    around: Mapping[str, Json] = field(default_factory=dict)


Reader: TypeAlias = Callable[[Source, dict[str, Json]], Event]
"""From a fact (a message, a status) to its event. Raises what it likes: the fact is then kept as
unreadable, with the reason."""

Opener: TypeAlias = Callable[[Source, dict[str, Json]], Iterable[tuple[Source, str, Json]]]
"""From something that holds many facts to these, each with its source and the name of its list."""


class Unreadable(ValueError):
    """A reader cannot make its event of this fact; the text says why, without foreign words."""


def mapping(value: Json) -> dict[str, Json]:
    """The value if it is an object, else an empty one: what may be missing may be anything."""
    return value if isinstance(value, dict) else {}
