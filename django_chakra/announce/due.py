"""What is due in the conversations that a worker holds, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from .. import conf, record
from ..models import DeliveryStatus, Direction, Message, MessageSource, MessageStatus, StatusType
from ..models.fields import DatabaseNow
from ..signals import (
    ChakraSignal,
    message_delivered,
    message_echoed,
    message_failed,
    message_imported,
    message_read,
    message_received,
    message_sent,
)

#: Rows of each kind that are told at once; a delivery of 1,000 messages is one look.
LIMIT = 1000

STATUS_SIGNALS = {
    str(MessageStatus.SENT): message_sent,
    str(MessageStatus.DELIVERED): message_delivered,
    str(MessageStatus.READ): message_read,
    str(MessageStatus.FAILED): message_failed,
}


@dataclass(slots=True)
class Due:
    """One message or delivery status that receivers have still to hear of."""

    subject: Message | DeliveryStatus
    #: Platform time, then arrival, then what can't be told apart: messages first, by rank.
    order: tuple[datetime, datetime, int, int, int]

    @property
    def message(self) -> Message:
        """The message that this is about."""
        subject = self.subject
        if isinstance(subject, Message):
            return subject
        assert subject.message is not None  # noqa: S101  only linked rows are due
        return subject.message

    @property
    def signal(self) -> ChakraSignal | None:
        """Which signal tells it, if any does."""
        subject = self.subject
        if isinstance(subject, DeliveryStatus):
            if subject.type != StatusType.MESSAGE:
                return None
            return STATUS_SIGNALS.get(subject.status)
        return message_signal(subject)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the receivers get beside the signal and the sender."""
        return arguments_for(self.subject)


def message_signal(message: Message) -> ChakraSignal | None:
    """Which signal tells a message, by the way it came; None for what we sent ourselves."""
    is_backfilled = message.source == MessageSource.BACKFILL
    if message.source == MessageSource.HISTORY or (is_backfilled and _is_late(message)):
        return message_imported
    if message.source in (MessageSource.ECHO_PHONE, MessageSource.ECHO_INBOX):
        return message_echoed
    if message.direction == Direction.IN:
        return message_received
    return message_echoed if is_backfilled else None


def arguments_for(subject: Message | DeliveryStatus) -> dict[str, Any]:
    """What receivers get of a message or delivery status, beside the signal and the sender."""
    if isinstance(subject, DeliveryStatus):
        return {"message": subject.message, "delivery_status": subject}
    if message_signal(subject) is message_received:
        return {"message": subject, "late": _is_late(subject)}
    return {"message": subject}


def _is_late(message: Message) -> bool:
    """Whether it was on its way for so long that an answer may surprise."""
    at = message.occurred_at
    late_after = timedelta(seconds=conf.current().late_after)
    return at is not None and message.received_at - at > late_after


@dataclass(slots=True)
class Found:
    """Everything due, or as much of it as is fetched at once."""

    items: list[Due]
    #: Nothing more is due than ``items``.
    whole: bool
    #: Messages to be linked: with statuses or replies that came first, or what they quote itself.
    awaited: list[Message]


def find_due(keys: Collection[int], by: str) -> Found:
    """What is due in those of these conversations that this worker holds.

    One query for messages; a second one for delivery statuses only where there may be some.
    """
    messages = list(_messages(keys, by)[: LIMIT + 1])
    seen = {message.conversation_id for message in messages}
    statuses: list[DeliveryStatus] = []
    if set(keys) - seen or any(message.has_ticks for message in messages):
        statuses = list(_statuses(keys, by)[: LIMIT + 1])
    items = [_message(row) for row in messages] + [_status(row) for row in statuses]
    items.sort(key=lambda item: item.order)
    cut = [rows[-1] for rows in (messages, statuses) if len(rows) > LIMIT]
    if cut:
        # Past the end of a cut list something earlier may be missing.
        last = min(
            _message(row).order[0] if isinstance(row, Message) else _status(row).order[0]
            for row in cut
        )
        items = [item for item in items if item.order[0] <= last]
    awaited = [message for message in messages if message.is_awaited]
    return Found(items, not cut, awaited)


def _messages(keys: Collection[int], by: str) -> Any:
    ticks = DeliveryStatus.objects.filter(
        message__conversation=OuterRef("conversation"), announce_at__isnull=False
    )
    return (
        Message.objects.filter(
            conversation__in=sorted(keys),
            conversation__announcing_by=by,
            announce_at__lte=DatabaseNow(),
        )
        .select_related("conversation__number", "conversation__contact", "contact")
        .annotate(
            has_ticks=Exists(ticks),
            is_awaited=record.awaited(),
        )
        .order_by("sort_at", "received_at", "pk")
    )


def _statuses(keys: Collection[int], by: str) -> Any:
    return (
        DeliveryStatus.objects.filter(
            message__conversation__in=sorted(keys),
            message__conversation__announcing_by=by,
            announce_at__lte=DatabaseNow(),
        )
        .select_related("message__conversation__number", "message__conversation__contact")
        .order_by(Coalesce("occurred_at", "received_at"), "received_at", "pk")
    )


def _message(row: Message) -> Due:
    return Due(row, (row.sort_at, row.received_at, 0, 0, row.pk))


def _status(row: DeliveryStatus) -> Due:
    at = row.occurred_at or row.received_at
    return Due(row, (at, row.received_at, 1, MessageStatus.rank(row.status), row.pk))
