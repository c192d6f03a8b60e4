"""What a message of ours shows of its delivery statuses: the highest word, its times, its cause."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from ..events import Json, canonical, storable, storable_text
from ..events.base import mapping
from ..events.content import is_listed
from ..models import DeliveryStatus, Message, MessageStatus, Resolution, StatusType
from ..models.statements import upsert
from . import campaigns, marketing

#: Which column keeps the earliest time of a word.
TIMES = {
    str(MessageStatus.SENT): "sent_at",
    str(MessageStatus.DELIVERED): "delivered_at",
    str(MessageStatus.READ): "read_at",
    str(MessageStatus.PLAYED): "read_at",
    str(MessageStatus.FAILED): "failed_at",
}


def fold_into(messages: Iterable[Message], rows: Iterable[DeliveryStatus]) -> set[int]:
    """Let the (locked) messages show what these rows say; return conversations that changed."""
    by_key = {message.pk: message for message in messages}
    spoken = [(by_key[row.message_id], row) for row in rows if row.message_id in by_key]
    changed = {message.pk: message for message, row in spoken if _fold(message, row)}
    if changed:
        upsert(
            [changed[key] for key in sorted(changed)],
            by=["id"],
            update=[
                "external_id",
                "resolution",
                "status",
                "error_code",
                "error_title",
                "error_details",
                *sorted(set(TIMES.values())),
            ],
        )
    marketing.refused(spoken)
    campaigns.refused(spoken)
    return {message.conversation_id for message, row in spoken}


def _fold(message: Message, row: DeliveryStatus) -> bool:
    """Higher rank wins, earliest time stays: the same in any order, any number of times."""
    learned = _learn(message, row)
    rank = MessageStatus.rank(row.status)
    if row.type != StatusType.MESSAGE or not rank:
        return learned
    columns = ("status", "error_code", "error_title", "error_details", *TIMES.values())
    before = [getattr(message, name) for name in columns]
    current = MessageStatus.rank(message.status)
    if rank > current or (rank == current and row.status > message.status):
        message.status = row.status
    column = TIMES.get(row.status)
    # A list does not say since when it is so.
    at = row.occurred_at or (None if is_listed(mapping(row.payload)) else row.received_at)
    if column and at is not None and ((known := getattr(message, column)) is None or at < known):
        setattr(message, column, at)
    if row.status == MessageStatus.FAILED:
        take_cause(message, row)
    return learned or before != [getattr(message, name) for name in columns]


def _learn(message: Message, row: DeliveryStatus) -> bool:
    """What the platform calls a message of which we know only Chakra's id."""
    if message.external_id is not None or not row.external_id:
        return False
    message.external_id = row.external_id
    message.resolution = message.resolution or Resolution.CHAKRA_ID
    return True


def refused(message: Message, code: int | None, title: str, details: str, *, now: datetime) -> None:
    """Keep the platform's refusal of a message of ours as its failed status, to be announced."""
    said: Json = {"code": code, "title": title, "details": details}
    row = DeliveryStatus(
        account=message.account,
        key=hashlib.sha256(canonical(["outbox", message.pk]).encode("ascii")).hexdigest(),
        message=message,
        status=MessageStatus.FAILED,
        error_code=code,
        error_title=storable_text(title, 255),
        error_details=storable_text(details),
        payload={"refused": storable(said)},
        occurred_at=now,
        received_at=now,
        announce_at=now,
    )
    upsert([row], by=["account", "key"])
    locked = Message.objects.select_for_update().get(pk=message.pk)
    row.message_id = locked.pk
    fold_into([locked], [row])


def take_cause(known: Message | DeliveryStatus, told: DeliveryStatus) -> None:
    """Of two causes the greater: any rule would do that does not depend on the order."""
    if _cause_rank(told) > _cause_rank(known):
        known.error_code, known.error_title = told.error_code, told.error_title
        known.error_details = told.error_details


def _cause_rank(row: Message | DeliveryStatus) -> tuple[bool, int, str, str]:
    code = row.error_code
    return (code is not None, code or 0, row.error_title, row.error_details)
