"""Bodies without parts of their own: text, reaction, place, cards of contacts, mark as read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from . import limits
from .checks import identifier, mapping, number, plain, refuse, several, words
from .message import message

_NAME_PARTS = ("first_name", "last_name", "middle_name", "prefix", "suffix")


def text(to: str, body: str, *, preview_url: bool = False, **rest: Any) -> dict[str, Any]:
    """A text of up to 4096 characters; ``preview_url`` shows a picture of its first link.

    ``rest`` of this and of all other kinds: see :func:`.message.message`.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages
    """
    content = {"body": words(body, "text.body", limits.TEXT), "preview_url": bool(preview_url)}
    return message("text", content, to=to, **rest)


def reaction(to: str, message_id: str, emoji: str, **rest: Any) -> dict[str, Any]:
    """An emoji on a message; an empty one takes it away again. Unverified with Chakra.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/reaction-messages
    """
    if rest.get("reply_to") is not None:
        refuse("context.message_id", "a reaction can't be a reply")
    content = {"message_id": identifier(message_id, "reaction.message_id"), "emoji": _emoji(emoji)}
    return message("reaction", content, to=to, **rest)


def location(
    to: str,
    latitude: float,
    longitude: float,
    *,
    name: str | None = None,
    address: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A place on the map; the address is shown only with a name. Unverified with Chakra.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/location-messages
    """
    content = place(latitude, longitude, name, address, "location")
    return message("location", content, to=to, **rest)


def place(
    latitude: Any, longitude: Any, name: Any = None, address: Any = None, field: str = "location"
) -> dict[str, Any]:
    """A place, also for the header of a template."""
    found: dict[str, Any] = {
        "latitude": number(latitude, f"{field}.latitude", limits.LATITUDE),
        "longitude": number(longitude, f"{field}.longitude", limits.LONGITUDE),
    }
    for key, value in (("name", name), ("address", address)):
        if value is not None:
            found[key] = words(value, f"{field}.{key}")
    return found


def contacts(to: str, contacts: Sequence[Mapping[str, Any]], **rest: Any) -> dict[str, Any]:
    """Cards of up to 257 contacts, each as Meta writes them. Unverified with Chakra.

    ``{"name": {"formatted_name": "Ana", "first_name": "Ana"}, "phones": [{"phone": "+55 …"}]}``;
    beside ``formatted_name`` the platform wants one more part of the name.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/contacts-messages
    """
    cards = [
        _card(card, f"contacts[{at}]")
        for at, card in enumerate(several(contacts, "contacts", limits.CONTACTS))
    ]
    return message("contacts", cards, to=to, **rest)


def mark_read(message_id: str, *, typing: bool = False, **extra: Any) -> dict[str, Any]:
    """Blue ticks for a message of the customer, and all before it.

    ``typing`` also shows for up to 25 seconds that an answer is being written (unverified with
    Chakra).

    https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators
    """
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": identifier(message_id, "message_id"),
    }
    if typing:
        body["typing_indicator"] = {"type": "text"}
    checked: dict[str, Any] = plain({**body, **extra}, "")
    return checked


def _emoji(value: Any) -> str:
    if value == "":
        return ""
    field = "reaction.emoji"
    emoji = words(value, field, limits.EMOJI)
    # Some emoji are letters or digits that a variation selector (U+FE0F) turns into pictures.
    plain_letters = "\ufe0f" not in emoji and any(map(str.isalnum, emoji))
    if emoji.isascii() or plain_letters or any(map(str.isspace, emoji)):
        refuse(field, "has to be one emoji, or empty to take it away")
    return emoji


def _card(card: Any, field: str) -> dict[str, Any]:
    found = mapping(card, field)
    name = mapping(found.get("name"), f"{field}.name")
    words(name.get("formatted_name"), f"{field}.name.formatted_name")
    if not any(name.get(part) for part in _NAME_PARTS):
        refuse(f"{field}.name", f"needs one of {', '.join(_NAME_PARTS)} too")
    if found.get("birthday") is not None:
        _day(found["birthday"], f"{field}.birthday")
    return found


def _day(value: Any, field: str) -> None:
    try:
        good = date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        good = False
    if not good:
        refuse(field, "has to be a day as YYYY-MM-DD")
