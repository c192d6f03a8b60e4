"""Record messages: one row per external id, the fullest copy of its content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connections

from ..events import Json, MessageReceived, canonical, completeness, platform_time
from ..events.base import mapping
from ..models import DeliveryStatus, Direction, Message, MessageSource
from ..models.statements import upsert
from .conversations import fold
from .facts import Fact
from .people import NumberFact, People
from .places import Places

#: A platform clock that runs ahead must not put a message below all that follow.
AHEAD = timedelta(minutes=5)


@dataclass(slots=True)
class Copies:
    """All copies of one message in the batch, in order of arrival."""

    facts: list[Fact]
    events: list[MessageReceived]
    number: NumberFact

    @property
    def best(self) -> MessageReceived:
        """The copy with the greatest content."""
        if len(self.events) == 1:
            return self.events[0]
        return max(self.events, key=lambda event: _content_rank(event.item))


def write(
    account: str, facts: Sequence[Fact], *, now: datetime, leased_by: str
) -> tuple[set[int], list[int]]:
    """Record these messages.

    Returns:
        The conversations that changed, and delivery statuses that may have found their message.
    """
    copies = _by_external_id(facts)
    people = _people(account, copies)
    places = Places(people)
    placed = _place(account, copies, places)
    rows = [_row(account, i, copy, people, placed[i], now) for i, copy in copies.items()]
    sent_for = {row.external_id: row.call_id for row in rows}
    _link_replies(account, rows)
    upsert(rows, by=["account", "external_id"])
    returning = connections[Message.objects.db].features.can_return_rows_from_bulk_insert
    known = {
        external_id: row
        for external_id, row in zip(copies, rows, strict=True)
        if not returning
        or row.call_id != sent_for[external_id]
        or any(fact.may_repeat for fact in copies[external_id].facts)
    }
    changed = {row.conversation_id for row in rows if row.external_id not in known}
    woken: list[int] = []
    if known:
        named = {i for i in known if copies[i].number.is_named}
        merge = _Merge(account, known, named, places.made, now, leased_by)
        changed |= merge.carry_out()
        woken = merge.wake_statuses()
    return changed | places.renamed, woken


def _by_external_id(facts: Sequence[Fact]) -> dict[str, Copies]:
    copies: dict[str, Copies] = {}
    for fact in facts:
        event = fact.event
        assert isinstance(event, MessageReceived)  # noqa: S101  the caller sorted them
        number = _number(event)
        known = copies.get(event.external_id)
        if known is None:
            copies[event.external_id] = Copies([fact], [event], number)
            continue
        known.facts.append(fact)
        known.events.append(event)
        # Named over not named; of two names (which the platform does not give) the greater.
        if (number.is_named, number.key) > (known.number.is_named, known.number.key):
            known.number = number
    return copies


def _number(event: MessageReceived) -> NumberFact:
    hour = event.occurred_at and event.occurred_at.replace(minute=0, second=0, microsecond=0)
    return NumberFact(event.phone_number_id, event.waba_id, event.display_number[:64], hour)


def _people(account: str, copies: dict[str, Copies]) -> People:
    """Numbers, contacts and names for the batch; one query when all are known."""
    people = People(account)
    senders = [event.sender for copy in copies.values() for event in copy.events]
    people.look_up(senders)
    people.add_contacts(senders)
    people.add_numbers(_number(event) for copy in copies.values() for event in copy.events)
    people.name(_names(people, copies))
    return people


def _place(account: str, copies: dict[str, Copies], places: Places) -> dict[str, int]:
    """The conversation of each message; those that name their number first, they settle more."""
    order = sorted(copies, key=lambda i: not copies[i].number.is_named)
    contacts = {i: places.people.contacts[copies[i].best.sender] for i in order}
    named = [(copies[i].number, contacts[i]) for i in order if copies[i].number.is_named]
    places.add(pair for pair in named if places.find(*pair) is None)
    missing = [i for i in order if places.find(copies[i].number, contacts[i]) is None]
    # A copy that names no number must not open a conversation beside the one its message is in.
    settled = _already_placed(account, missing)
    places.add((copies[i].number, contacts[i]) for i in missing if i not in settled)
    placed = {i: settled.get(i) or places.find(copies[i].number, contacts[i]) for i in order}
    return {i: pk for i, pk in placed.items() if pk is not None}


def _already_placed(account: str, external_ids: Collection[str]) -> dict[str, int]:
    if not external_ids:
        return {}
    rows = Message.objects.filter(account=account, external_id__in=sorted(external_ids))
    return {str(i): pk for i, pk in rows.values_list("external_id", "conversation_id")}


def _names(people: People, copies: dict[str, Copies]) -> dict[int, tuple[datetime, str]]:
    heard: dict[int, tuple[datetime, str]] = {}
    for copy in copies.values():
        for event in copy.events:
            if event.name and event.occurred_at:
                contact = people.contacts[event.sender]
                word = (event.occurred_at, event.name)
                heard[contact] = max(word, heard.get(contact, word))
    return heard


def _row(
    account: str,
    external_id: str,
    copy: Copies,
    people: People,
    conversation: int,
    now: datetime,
) -> Message:
    best, first = copy.best, min(copy.facts, key=lambda fact: fact.call.received_at).call
    times = [event.occurred_at for event in copy.events if event.occurred_at]
    occurred_at = min(times, default=None)
    return Message(
        account=account,
        external_id=external_id,
        chakra_id=max(event.chakra_id for event in copy.events),
        conversation_id=conversation,
        contact_id=people.contacts[best.sender],
        call_id=first.pk,
        direction=Direction.IN,
        kind=best.message_type[:64],
        source=MessageSource.WEBHOOK,
        text=best.text,
        payload=best.item,
        reply_to_external_id=best.reply_to,
        occurred_at=occurred_at,
        sort_at=min(occurred_at or first.received_at, first.received_at + AHEAD),
        received_at=first.received_at,
        announce_at=now,
    )


def _content_rank(item: Json) -> tuple[int, float, str]:
    # By the copy's own time: the row's is the earliest of all copies.
    at = platform_time(mapping(item).get("timestamp"))
    return (completeness(item), at.timestamp() if at else 0.0, canonical(item))


def _link_replies(account: str, rows: Iterable[Message]) -> None:
    """Point at quoted messages that we have; those that come later are linked by ``link``."""
    wanted = {row.reply_to_external_id for row in rows if row.reply_to_external_id}
    if not wanted:
        return
    found = dict(
        Message.objects.filter(account=account, external_id__in=sorted(wanted)).values_list(
            "external_id", "pk"
        )
    )
    for row in rows:
        row.reply_to_id = found.get(row.reply_to_external_id)


@dataclass(slots=True)
class _Merge:
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
                self._move(row, copy)
            elif copy.conversation_id in self.made - {before.pk}:
                left[copy.conversation_id] = before.pk
            if copy.chakra_id > row.chakra_id:
                self.learned.add(copy.chakra_id)
            if _merge_content(row, copy) or row.conversation_id != before.pk:
                changed.append(row)
                touched |= {before.pk, row.conversation_id}
        _save(changed)
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

    def _move(self, row: Message, copy: Message) -> None:
        before = row.conversation
        row.conversation_id = copy.conversation_id
        held = before.announcing_until is not None and before.announcing_until > self.now
        if row.announce_at and held and before.announcing_by != self.leased_by:
            # Its holder is telling it now; should that one stop, it is due once the lease is over.
            row.announce_at = before.announcing_until


def _merge_content(row: Message, copy: Message) -> bool:
    """Take over what the copy knows better; say whether anything changed."""
    before = (row.payload, row.chakra_id, row.occurred_at, row.announce_at, row.reply_to_id)
    if row.direction == Direction.IN and _content_rank(copy.payload) > _content_rank(row.payload):
        row.kind, row.text, row.payload = copy.kind, copy.text, copy.payload
        row.reply_to_external_id = copy.reply_to_external_id
        row.reply_to_id = copy.reply_to_id
    row.chakra_id = max(row.chakra_id, copy.chakra_id)
    times = [at for at in (row.occurred_at, copy.occurred_at) if at]
    row.occurred_at = min(times, default=None)
    return before != (row.payload, row.chakra_id, row.occurred_at, row.announce_at, row.reply_to_id)


def _save(rows: list[Message]) -> None:
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
                "announce_at",
                "reply_to",
                "reply_to_external_id",
            ],
        )
