"""Messages: what customers write, what is echoed of our own answers, what a history holds.

Meta: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
Chakra: https://apidocs.chakrahq.com/doc-919167 (Inbound Events, event ``message``)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .base import Event, Identity, Json, Reader, Source, Unreadable, mapping
from .canonical import canonical
from .contacts import identities, profile_of, together
from .content import KINDS, content_of, type_of
from .facts import stated
from .ids import hashed, is_wamid, match_key, only_digits, phone_digits, platform_id
from .storable import storable, storable_text
from .unknown import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(Event):
    """One message, whoever wrote it and however it came.

    ``external_id`` is the wamid, or "sha256:…" of the item when the platform gave no id;
    ``chakra_id`` is Chakra's own, "" in Meta's format. ``message_type`` is the platform's word,
    ``role`` "bubble", "reaction", "edit", "revoke" or "notice", ``text`` what a person reads.
    ``target`` is the external id of what a reaction, edit or revoke is about, ``reply_to`` of the
    quoted message; both may be "". ``identities`` are those of the customer (in a group, of who
    spoke), ``name`` and ``username`` what they call themselves, at most 255 characters.
    ``group_id`` is "" outside groups. ``is_ours``: the business wrote it. ``item`` is a storable
    copy.
    """

    external_id: str
    chakra_id: str
    message_type: str
    role: str
    text: str
    target: str
    reply_to: str
    identities: tuple[Identity, ...]
    group_id: str
    name: str
    username: str
    is_ours: bool
    item: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(MessageEvent):
    """A customer wrote to one of our numbers."""

    KINDS: ClassVar[tuple[str, ...]] = (*(f"message.{word}" for word in KINDS), "message.other")


def read_received(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``messages[]``; an UnknownEvent for one from our own number.

    Unreadable without a sender, or without what makes its type.
    """
    if is_ours(source, item):
        name = f"{source.name}.{type_of(item)}"
        reason = "it is from our own number"
        return unknown(source, name, whole(source, item), at=item.get("timestamp"), reason=reason)
    sender = _sender(source, item)
    word = type_of(item)
    return MessageReceived(
        kind=f"message.{word if word in KINDS else 'other'}",
        **described(source, item, sender),
    )


def described(source: Source, item: dict[str, Json], known: list[Identity]) -> dict[str, Any]:
    """What every event of a message says: all but its kind, with ``known`` as the customer."""
    common = stated(source, item)
    copy = common["raw"]
    profile = profile_of(source.profiles, known)
    content = content_of(item)
    return {
        **common,
        "raw": storable(whole(source, item)) if source.payload else copy,
        "external_id": _external_id(source, item),
        "chakra_id": _chakra_id(source),
        "message_type": storable_text(type_of(item), 64),
        "role": content.role,
        "text": content.text,
        "target": content.target,
        "reply_to": platform_id(mapping(item.get("context")).get("id")),
        "identities": together(known, profile.identities),
        "group_id": platform_id(item.get("group_id")),
        "name": profile.name or storable_text(source.payload.get("profile_name"), 255),
        "username": profile.username,
        "is_ours": False,
        "item": copy,
    }


def whole(source: Source, item: dict[str, Json]) -> Json:
    """The fact with its context: Chakra's whole body, or Meta's item."""
    return {"event": source.name, "payload": dict(source.payload)} if source.payload else item


def is_ours(source: Source, item: Mapping[str, Json]) -> bool:
    """Whether the item names our own number as its sender, in whichever spelling."""
    ours = match_key(only_digits(source.display_number))
    return bool(ours) and match_key(phone_digits(item.get("from"))) == ours


def _sender(source: Source, item: Mapping[str, Json]) -> list[Identity]:
    """Who wrote, by phone and by user id, which adopters of usernames have alone."""
    written = item.get("from") or source.payload.get("from")
    known = identities(written, item.get("from_user_id"), item.get("from_parent_user_id"))
    if not known:
        raise Unreadable("neither from nor from_user_id names the sender")
    if item.get("type") == "system":
        known += _renamed(mapping(item.get("system")))
    return known


def _renamed(system: Mapping[str, Json]) -> list[Identity]:
    """What a notice says of the sender's identities: the new number, the new user id."""
    phone = system.get("wa_id") or system.get("new_wa_id")
    return identities(phone, system.get("user_id"), system.get("parent_user_id"))


def _external_id(source: Source, item: dict[str, Json]) -> str:
    """The id both formats agree on.

    Chakra puts sometimes a wamid, sometimes its own id under ``messageId``, so that key counts
    only with a wamid in it. Without any id the whole fact stands for itself, so that a repeat of
    it is one message.
    """
    known = platform_id(item.get("id")) or platform_id(source.payload.get("externalId"))
    if known:
        return known
    for key in ("messageId", "id"):
        if is_wamid(source.payload.get(key)):
            return platform_id(source.payload[key])
    return hashed(canonical(storable(dict(source.payload) or item)))


def _chakra_id(source: Source) -> str:
    """Chakra's own id of the message, or ""."""
    for key in ("messageId", "id"):
        own = platform_id(source.payload.get(key))
        if own and not is_wamid(source.payload[key]):
            return own
    return ""


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "messages", "messages"): read_received,
    ("chakra", "message", ""): read_received,
}
"""By format, field or event, and list."""
