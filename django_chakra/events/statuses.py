"""Delivery statuses: the ticks reported for messages, payments and calls, in both formats.

Meta: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/status
Chakra: https://apidocs.chakrahq.com/doc-919167 (Inbound Events, ``status``, ``deliveryStatus``)
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Event, Json, Reader, Source, Unreadable, mapping
from .canonical import canonical
from .causes import cause_of
from .clock import platform_time
from .ids import is_wamid, phone_digits, platform_id
from .storable import storable, storable_text
from .unknown import unknown

WORDS = ("accepted", "sent", "delivered", "read", "played", "failed", "deleted", "warning")
"""The words with a kind of their own; every other one is kept under the kind "status.other"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatusReported(Event):
    """The platform says what became of something we sent.

    ``external_id`` is the wamid (for calls the call's id), ``chakra_id`` Chakra's own id; one of
    them may be "". ``type`` is "message", "payment" or "call"; ``status`` the platform's word in
    lower case, at most 64 characters. ``recipient`` and ``participant`` (of a group) are phone
    digits or ids. ``error_code`` is Meta's, within 32 bits; ``error_title`` at most 255 characters,
    ``error_details`` whole. ``callback_data`` is what we sent along, at most 512 characters.
    """

    KINDS: ClassVar[tuple[str, ...]] = (*(f"status.{word}" for word in WORDS), "status.other")

    external_id: str
    chakra_id: str
    type: str
    status: str
    recipient: str
    participant: str
    error_code: int | None
    error_title: str
    error_details: str
    pricing_category: str
    billable: bool | None
    callback_data: str
    item: Json

    @property
    def key(self) -> str:
        """What makes two reports one."""
        name = self.external_id or self.chakra_id
        return status_key(name, self.type, self.status, self.participant)


def status_key(name: str, type: str, status: str, participant: str) -> str:
    """sha256 (hex) of a message's id, and the type, word and participant of a status of it."""
    parts: Json = [name, type, status, participant]
    return hashlib.sha256(canonical(parts).encode("ascii")).hexdigest()


def read_meta(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``statuses[]``; an UnknownEvent for a type never heard of."""
    word = item.get("type")
    kind = "call" if source.name == "calls" else word or "message"
    if not isinstance(kind, str):
        raise Unreadable("type is no word")
    if kind not in ("message", "payment", "call"):
        # It may be about anything, and must not change a message.
        name = f"{source.name}.statuses"
        return unknown(source, name, item, reason="a status of an unknown type")
    return _status(source, item, (platform_id(item.get("id")), ""), kind, item)


def read_chakra(source: Source, item: dict[str, Json]) -> Event:
    """The event of a payload of ``status`` or ``deliveryStatus``."""
    word = item.get("type")
    kind = word if isinstance(word, str) and word in ("payment", "call") else "message"
    return _status(source, item, _ids(item), kind, {"event": source.name, "payload": item})


def _status(
    source: Source, item: dict[str, Json], ids: tuple[str, str], kind: str, raw: Json
) -> Event:
    """The event; Unreadable without an id or without a word."""
    if not any(ids):
        raise Unreadable("the status names no message")
    status = _word(item)
    code, title, details = cause_of(item)
    pricing = mapping(item.get("pricing"))
    billable = pricing.get("billable")
    return DeliveryStatusReported(
        # A failed payment is no failed message: only messages have their word in the kind.
        kind=f"status.{status if kind == 'message' and status in WORDS else 'other'}",
        format=source.format,
        waba_id=source.waba_id,
        phone_number_id=source.phone_number_id,
        display_number=source.display_number,
        occurred_at=platform_time(item.get("timestamp")),
        raw=storable(raw),
        external_id=ids[0],
        chakra_id=ids[1],
        type=kind,
        status=status,
        recipient=_person(item, _RECIPIENT),
        participant=_person(item, _PARTICIPANT),
        error_code=code,
        error_title=title,
        error_details=details,
        pricing_category=storable_text(pricing.get("category"), 64),
        billable=billable if isinstance(billable, bool) else None,
        callback_data=_callback_data(item),
        item=storable(item),
    )


_RECIPIENT = (
    "recipient_id",
    "recipientId",
    "recipient_user_id",
    "recipientUserId",
    "recipient_parent_user_id",
    "parent_recipient_user_id",
)
_PARTICIPANT = (
    "recipient_participant_id",
    "participant_recipient_id",
    "recipientParticipantId",
    "recipient_participant_user_id",
    "recipient_participant_parent_user_id",
)


def _ids(item: Mapping[str, Json]) -> tuple[str, str]:
    """The external and Chakra's own id in a payload whose keys do not tell which is which."""
    keys = ("externalId", "id", "messageId")
    wamids = [platform_id(item.get(key)) for key in keys if is_wamid(item.get(key))]
    others = [platform_id(item.get(key)) for key in keys[1:] if not is_wamid(item.get(key))]
    external_id = wamids[0] if wamids else platform_id(item.get("externalId"))
    chakra_id = next((other for other in others if other and other != external_id), "")
    return external_id, chakra_id


def _word(item: Mapping[str, Json]) -> str:
    """The status in lower case; Unreadable when there is none."""
    for key in ("deliveryStatus", "status", "message_status"):
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            return storable_text(value.strip().lower(), 64)
    raise Unreadable("the status has no word")


def _person(item: Mapping[str, Json], keys: tuple[str, ...]) -> str:
    """The first of the keys that names somebody: a phone as digits, any other id as it is."""
    for key in keys:
        value = item.get(key)
        name = phone_digits(value) or platform_id(value)
        if name:
            return name
    return ""


def _callback_data(item: Mapping[str, Json]) -> str:
    """What our send call asked to have back, or ""."""
    keys = ("biz_opaque_callback_data", "bizOpaqueCallbackData")
    texts = (storable_text(item.get(key), 512) for key in keys)
    return next(filter(None, texts), "")


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "messages", "statuses"): read_meta,
    ("meta", "calls", "statuses"): read_meta,
    ("chakra", "status", ""): read_chakra,
    ("chakra", "deliveryStatus", ""): read_chakra,
}
"""By format, field or event, and list."""
