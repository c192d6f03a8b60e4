"""Merge copies of a message into the row that was there before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..events import Json, canonical, completeness, platform_time
from ..events.base import mapping
from ..models import DeliveryStatus, Direction, Message
from ..models.statements import upsert
from .conversations import fold


def content_rank(item: Json) -> tuple[int, float, str]:
    """How much a copy says: the fuller, then the later, then by its text."""
    # By the copy's own time: the row's is the earliest of all copies.
    at = platform_time(mapping(item).get("timestamp"))
    return (completeness(item), at.timestamp() if at else 0.0, canonical(item))


@dataclass(slots=True)
class Merge:
    """Copies of messages that were recorded before."""

    account: str
    copies: dict[str, Message]
    #: Those whose number is named.
    named: set[str]
    #: Conversations made for this batch, perhaps for nothing.
    made: set[int]
    now: datetime
    leased_by: str
    #: Chakra's ids that the rows did not know before.
    learned: set[str] = field(default_factory=set)

    def carry_out(self) -> set[int]:
        """Merge them into their rows; return the conversations that changed."""
        rows = Message.objects.select_related("conversation").filter(
            account=self.account, external_id__in=sorted(self.copies)
        )
        changed: list[Message] = []
        touched: set[int] = set()
        left: dict[int, int] = {}
        for row in rows:
            copy, before = self.copies[str(row.external_id)], row.conversation
            if self._moves(row, copy):
                left[before.pk] = copy.conversation_id
                move(row, copy.conversation_id, self.now, self.leased_by)
            elif copy.conversation_id in self.made - {before.pk}:
                left[copy.conversation_id] = before.pk
            if copy.chakra_id > row.chakra_id:
                self.learned.add(copy.chakra_id)
            if _merge_content(row, copy) or row.conversation_id != before.pk:
                changed.append(row)
                touched |= {before.pk, row.conversation_id}
        save(changed)
        for emptied, into in sorted(left.items()):
            fold(emptied, into)
        return touched

    def wake_statuses(self) -> list[int]:
        """Make due the resting delivery statuses that name only an id which is known by now."""
        if not self.learned:
            return []
        resting = DeliveryStatus.objects.filter(
            account=self.account, message=None, chakra_id__in=sorted(self.learned)
        )
        keys = list(resting.values_list("pk", flat=True))
        if keys:
            resting.filter(pk__in=keys).update(announce_at=self.now)
        return keys

    def _moves(self, row: Message, copy: Message) -> bool:
        """A named number is always right; where it is not named, the row knows no less."""
        elsewhere = row.conversation_id != copy.conversation_id
        return elsewhere and row.external_id in self.named and row.direction == Direction.IN


def move(row: Message, place: int, now: datetime, leased_by: str) -> None:
    """Put a message into another conversation."""
    before = row.conversation
    row.conversation_id = place
    held = before.announcing_until is not None and before.announcing_until > now
    if row.announce_at and held and before.announcing_by != leased_by:
        # Its holder is telling it now; should that one stop, it is due once the lease is over.
        row.announce_at = before.announcing_until


def _merged(row: Message) -> tuple[object, ...]:
    """What a copy may change."""
    ids = (row.chakra_id, row.number_named, row.reply_to_id)
    return (row.payload, row.occurred_at, row.announce_at, *ids)


def _merge_content(row: Message, copy: Message) -> bool:
    """Take over what the copy knows better; say whether anything changed."""
    before = _merged(row)
    if row.direction == Direction.IN and content_rank(copy.payload) > content_rank(row.payload):
        row.kind, row.text, row.payload = copy.kind, copy.text, copy.payload
        row.reply_to_external_id = copy.reply_to_external_id
        row.reply_to_id = copy.reply_to_id
    row.chakra_id = max(row.chakra_id, copy.chakra_id)
    row.number_named = row.number_named or copy.number_named
    times = [at for at in (row.occurred_at, copy.occurred_at) if at]
    row.occurred_at = min(times, default=None)
    return before != _merged(row)


def save(rows: list[Message]) -> None:
    """Write back messages that exist."""
    if rows:
        upsert(
            sorted(rows, key=lambda row: row.pk),
            by=["id"],
            update=[
                "kind",
                "text",
                "payload",
                "chakra_id",
                "occurred_at",
                "conversation",
                "number_named",
                "announce_at",
                "reply_to",
                "reply_to_external_id",
            ],
        )
