"""Echoes: what the business wrote elsewhere, on the phone or in Chakra's inbox.

Meta: https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
Chakra: https://apidocs.chakrahq.com/doc-919167 (``message_echo``, ``smb_message_echo``; the shape
of their payloads is unverified, so every spelling that was seen is read)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from .base import Event, Identity, Json, Opener, Reader, Source, Unreadable
from .contacts import identities, only_person
from .ids import platform_id
from .messages import MessageEvent, described
from .storable import storable_text


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEchoed(MessageEvent):
    """The business wrote to a customer, by other means than this package.

    ``origin`` is "phone" (the WhatsApp Business app) or "inbox" (Chakra's inbox, its API, a bot).
    """

    KINDS: ClassVar[tuple[str, ...]] = ("message_echo.phone", "message_echo.inbox")

    origin: str


_PHONE_SOURCES = ("smb_message_echoes", "smb_message_echo")
_ITEMS = ("message_echoes", "messageEchoes", "message", "item")
_SHARED = ("wabaId", "timestamp", "recipientId", "to")


def read_echo(source: Source, item: dict[str, Json]) -> Event:
    """The event of an echo; Unreadable when it does not say to whom."""
    group_id = platform_id(item.get("group_id"))
    if item.get("recipient_type") == "group":
        group_id = group_id or platform_id(item.get("to"))
    known = [] if group_id else _recipient(source, item)
    if not known and not group_id:
        raise Unreadable("neither to nor to_user_id names the customer")
    origin = "phone" if source.name in _PHONE_SOURCES else "inbox"
    event = described(source, item, known) | {"is_ours": True, "group_id": group_id}
    return MessageEchoed(**{**event, "kind": f"message_echo.{origin}"}, origin=origin)


def _recipient(source: Source, item: dict[str, Json]) -> list[Identity]:
    """To whom: as the item says, else Chakra's payload, else the only contact beside it."""
    own = identities(item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id"))
    around = (source.payload.get(key) for key in ("recipientId", "to"))
    beside = next(filter(None, map(identities, around)), [])
    return own or beside or only_person(source.profiles)


def open_chakra(source: Source, payload: dict[str, Json]) -> Iterator[tuple[Source, str, Json]]:
    """The echoes in a payload: a list in either spelling, or one under either key."""
    for key in _ITEMS:
        held = payload.get(key)
        if held:
            items = held if isinstance(held, list) else [held]
            around = {name: value for name, value in payload.items() if name not in _ITEMS}
            if len(items) > 1:
                around = _shared(around)
            for item in items:
                # Each with its own copy of the payload, so that no fact repeats its neighbours.
                yield replace(source, payload={**around, "message": item}), "item", item
            return
    raise Unreadable("the echo holds no message")


def _shared(payload: dict[str, Json]) -> dict[str, Json]:
    """What of a payload is true of each of several echoes, and short: its ids are not, and each
    echo keeps a copy."""
    kept = {name: payload[name] for name in _SHARED if name in payload}
    return {
        name: storable_text(value, 64) if isinstance(value, str) else value
        for name, value in kept.items()
        if isinstance(value, str | int | float)
    }


OPENERS: dict[tuple[str, str, str], Opener] = {
    ("chakra", "message_echo", ""): open_chakra,
    ("chakra", "smb_message_echo", ""): open_chakra,
}
"""Bodies of Chakra's that hold several facts."""

READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "smb_message_echoes", "message_echoes"): read_echo,
    ("meta", "message_echoes", "message_echoes"): read_echo,
    ("meta", "message_echoes", "messages"): read_echo,
    ("meta", "message_echoes", "message_template_sends"): read_echo,
    ("chakra", "message_echo", "item"): read_echo,
    ("chakra", "smb_message_echo", "item"): read_echo,
}
"""By format, field or event, and list."""
