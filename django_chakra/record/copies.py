"""All copies of one message in a batch, and the row that they make together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..events import (
    Identity,
    Json,
    MessageEchoed,
    MessageEvent,
    MessageImported,
    canonical,
    completeness,
    platform_time,
)
from ..events.base import mapping
from ..events.contacts import together
from ..events.content import is_listed, is_partial
from ..models import Direction, Message, MessageSource, MessageStatus
from .facts import Fact
from .numbers import NumberFact

#: A platform clock that runs ahead must not put a message below all that follow.
AHEAD = timedelta(minutes=5)

#: Of two ways in which a message came the later in this list counts.
SOURCES = [
    str(source)
    for source in (
        MessageSource.BACKFILL,
        MessageSource.HISTORY,
        MessageSource.ECHO_INBOX,
        MessageSource.ECHO_PHONE,
        MessageSource.WEBHOOK,
        MessageSource.SEND,
    )
]


def content_rank(item: Json) -> tuple[bool, bool, int, float, str]:
    """How much a copy says: what could be said at all, as it was posted and not as it was listed,
    the fuller, the later, then by its text."""
    # By the copy's own time: the row's is the earliest of all copies.
    at = platform_time(mapping(item).get("timestamp"))
    whole = not is_partial(mapping(item))
    posted = not is_listed(mapping(item))
    return (whole, posted, completeness(item), at.timestamp() if at else 0.0, canonical(item))


def event_of(fact: Fact) -> MessageEvent:
    """The fact's event, which the caller knows to be a message."""
    event = fact.event
    assert isinstance(event, MessageEvent)  # noqa: S101  the caller sorted them
    return event


def number_of(event: MessageEvent) -> NumberFact:
    """What the event says of our number; when it was seen, to the hour."""
    hour = event.occurred_at and event.occurred_at.replace(minute=0, second=0, microsecond=0)
    return NumberFact(event.phone_number_id, event.waba_id, event.display_number[:64], hour)


@dataclass(frozen=True, slots=True)
class Copies:
    """All copies of one message in the batch, and what they say together."""

    facts: list[Fact]
    #: Those that agree on who wrote it: that it was us, when any says so.
    events: list[MessageEvent]
    #: The one with the greatest content.
    best: MessageEvent
    #: Named over not named; of two names (which the platform does not give) the greater.
    number: NumberFact
    #: The group it was written in, "" for none.
    group_id: str
    #: All that is known of the customer; () for ours to a group.
    identities: tuple[Identity, ...]

    @classmethod
    def of(cls, facts: list[Fact]) -> Copies:
        """What these facts of one external id, in order of arrival, say together."""
        events = [event_of(fact) for fact in facts]
        if len(events) > 1:
            events = [event for event in events if event.is_ours] or events
        best = max(events, key=lambda event: content_rank(event.item)) if events[1:] else events[0]
        numbers = [number_of(event) for event in events]
        return cls(
            facts=facts,
            events=events,
            best=best,
            number=max(numbers, key=lambda number: (number.is_named, number.key)),
            group_id=max(event.group_id for event in events),
            identities=together(*(event.identities for event in events)),
        )

    def row(self, account: str, conversation: int, contact: int | None, now: datetime) -> Message:
        """The message as these copies alone would have it."""
        best, first = self.best, min(self.facts, key=lambda fact: fact.received_at)
        times = [event.occurred_at for event in self.events if event.occurred_at]
        occurred_at = min(times, default=None)
        return Message(
            account=account,
            external_id=best.external_id,
            chakra_id=max(event.chakra_id for event in self.events),
            conversation_id=conversation,
            number_named=self.number.is_named,
            contact_id=None if best.is_ours else contact,
            call_id=first.call_id,
            direction=Direction.OUT if best.is_ours else Direction.IN,
            kind=best.message_type,
            role=best.role,
            source=self._source(),
            text=best.text,
            payload=best.item,
            target_external_id=best.target,
            reply_to_external_id=best.reply_to,
            status=max(_statuses(self.events), key=lambda word: (MessageStatus.rank(word), word)),
            occurred_at=occurred_at,
            sort_at=min(occurred_at or first.received_at, first.received_at + AHEAD),
            received_at=first.received_at,
            announce_at=now,
        )

    def _source(self) -> str:
        """How they came: a list is asked for by itself, so all of a batch are from it or none."""
        if self.facts[0].is_listed:
            return str(MessageSource.BACKFILL)
        return max(map(_source, self.events), key=SOURCES.index)


def _source(event: MessageEvent) -> str:
    if isinstance(event, MessageImported):
        return str(MessageSource.HISTORY)
    if isinstance(event, MessageEchoed):
        phone = event.origin == "phone"
        return str(MessageSource.ECHO_PHONE if phone else MessageSource.ECHO_INBOX)
    return str(MessageSource.WEBHOOK)


def _statuses(events: Sequence[MessageEvent]) -> list[str]:
    return ["", *(event.status for event in events if isinstance(event, MessageImported))]
