"""Messages that customers write: of both formats, so far texts.

Meta: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
Chakra: https://apidocs.chakrahq.com/doc-919167 (Inbound Events, event ``message``)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .base import Event, Identity, Json, Reader, Source, Unreadable, mapping
from .canonical import canonical
from .clock import platform_time
from .ids import hashed, is_wamid, only_digits, phone_digits, platform_id
from .storable import storable, storable_text
from .unknown import unknown

_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """A customer wrote to one of our numbers.

    ``external_id`` is the wamid, or "sha256:…" of the item when the platform gave no id;
    ``chakra_id`` is Chakra's own, "" in Meta's format. ``message_type`` is the platform's word,
    ``name`` the profile name (at most 255 characters, "" when not given), ``reply_to`` the
    external id of the quoted message or "". ``item`` is a storable copy of the message.
    """

    external_id: str
    chakra_id: str
    message_type: str
    sender: Identity
    name: str
    text: str
    reply_to: str
    item: Json


def type_of(item: Mapping[str, Json]) -> str:
    """The platform's word for what a message is; Unreadable when it has none.

    A text without the word is taken for a text: some relays leave it out.
    """
    word = item.get("type")
    if word is None and "text" in item:
        return "text"
    if not isinstance(word, str) or not word:
        raise Unreadable("type is no word")
    return word


def read_text(source: Source, item: dict[str, Json]) -> Event:
    """The event of a text; an UnknownEvent for our own and for group messages.

    Unreadable without a sender or without a text.
    """
    reason = _not_inbound(source, item)
    if reason:
        name = f"{source.name}.{type_of(item)}"
        return unknown(source, name, _whole(source, item), at=item.get("timestamp"), reason=reason)
    sender = _sender(source, item)
    moment = platform_time(item.get("timestamp")) or platform_time(source.time)
    copy = storable(item)
    return MessageReceived(
        kind="message.text",
        format=source.format,
        waba_id=source.waba_id,
        phone_number_id=source.phone_number_id,
        display_number=source.display_number,
        occurred_at=moment,
        raw=storable(_whole(source, item)) if source.payload else copy,
        external_id=_external_id(source, item),
        chakra_id=_chakra_id(source),
        message_type=storable_text(type_of(item), 64),
        sender=sender,
        name=_name(source, item, sender),
        text=_text(item),
        reply_to=platform_id(mapping(item.get("context")).get("id")),
        item=copy,
    )


def _whole(source: Source, item: dict[str, Json]) -> Json:
    """The fact with its context: Chakra's whole body, or Meta's item."""
    return {"event": source.name, "payload": dict(source.payload)} if source.payload else item


def _not_inbound(source: Source, item: Mapping[str, Json]) -> str:
    """Why the item must not be taken for a customer's message to us; "" when it may."""
    ours = only_digits(source.display_number)
    if ours and phone_digits(item.get("from")) == ours:
        return "it is from our own number"
    if item.get("group_id") is not None:
        return "group messages are not read yet"
    return ""


def _sender(source: Source, item: Mapping[str, Json]) -> Identity:
    """Who wrote: by phone, else by user id, which adopters of usernames have alone."""
    written = item.get("from") or source.payload.get("from")
    phone = phone_digits(written)
    if phone:
        return Identity("phone", phone)
    user_id = platform_id(item.get("from_user_id"))
    if not user_id and isinstance(written, str) and _USER_ID.fullmatch(written):
        # Seen in the wild: the user id in the place of the phone number.
        user_id = written
    if not user_id:
        raise Unreadable("neither from nor from_user_id names the sender")
    return Identity("user_id", user_id)


def _name(source: Source, item: Mapping[str, Json], sender: Identity) -> str:
    """The sender's profile name, by phone, else by user id."""
    by_user_id = Identity("user_id", platform_id(item.get("from_user_id")))
    found = source.profiles.get(sender) or source.profiles.get(by_user_id)
    return found or storable_text(source.payload.get("profile_name"), 255)


def _text(item: Mapping[str, Json]) -> str:
    """What the customer wrote, whole; a relay has the text itself where Meta has an object."""
    text = item.get("text")
    body = text if isinstance(text, str) else mapping(text).get("body")
    if isinstance(body, bool) or not isinstance(body, str | int | float):
        raise Unreadable("text has no body")
    return storable_text(body)


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
    ("meta", "messages", "text"): read_text,
    ("chakra", "message", "text"): read_text,
}
"""By format, list or event, and type of the item."""
