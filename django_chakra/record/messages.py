"""Record messages: one row per external id, the fullest copy of its content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections

from ..events import MessageReceived
from ..models import Direction, Message, MessageSource
from ..models.statements import upsert
from .facts import Fact
from .merge import Merge, content_rank, move, save
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
        return max(self.events, key=lambda event: content_rank(event.item))


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
    divided = _divide(places, now, leased_by)
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
        merge = Merge(account, known, named, places.made, now, leased_by)
        changed |= merge.carry_out()
        woken = merge.wake_statuses()
    return changed | places.renamed | divided, woken


def _divide(places: Places, now: datetime, leased_by: str) -> set[int]:
    """Move what followed a contact's only number, now that there are two; what changed."""
    moves = places.divide()
    changed = {row.conversation_id for row, _ in moves} | {place for _, place in moves}
    for row, place in moves:
        move(row, place, now, leased_by)
    save([row for row, _ in moves])
    return changed


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
        number_named=copy.number.is_named,
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
