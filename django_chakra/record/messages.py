"""Record messages: one row per external id, the fullest copy of its content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db import connections

from ..events import Json
from ..models import Message
from ..models.statements import upsert
from . import media
from .copies import Copies, event_of, number_of
from .facts import Fact
from .merge import Merge
from .people import Peer, People
from .places import Places
from .sent import hold_back


def write(people: People, facts: Sequence[Fact]) -> tuple[set[int], list[int]]:
    """Record these messages, of people who are known.

    Returns:
        The conversations that changed, and delivery statuses that may have found their message.
    """
    account, by = people.account, people.by
    copies = _by_external_id(facts)
    _meet(people, copies.values())
    places = Places(people)
    places.settle()
    peers = {i: _peer(people, copy) for i, copy in copies.items()}
    placed = _place(account, copies, peers, places)
    divided = places.separate()
    rows = [
        copy.row(account, placed[i], _contact(people, copy), by.now) for i, copy in copies.items()
    ]
    sent_for = {row.external_id: row.call_id for row in rows}
    _link_replies(account, rows)
    hold_back(rows)
    upsert(rows, by=["account", "external_id"])
    known = _known(copies, rows, sent_for)
    fresh = [row for row in rows if row.external_id not in known]
    changed = {row.conversation_id for row in fresh}
    woken: list[int] = []
    recast: list[tuple[Message, Json]] = []
    if known:
        merge = Merge(account, known, peers, places, by)
        if merge.strangers():
            # One message shows that two contacts are one person; then everything is simpler.
            merge.introduce()
            changed |= places.separate() | places.changed | people.touched | divided
            touched, woken = write(people, facts)
            return changed | touched, woken
        changed |= merge.carry_out()
        woken, recast = merge.wake_statuses(), merge.recast
        # Of a call that was tried before nobody knows which rows are there.
        again = [row for row in merge.rows if row.call_id == sent_for[row.external_id]]
        fresh += again
        changed |= {row.conversation_id for row in again}
    media.write(fresh, recast, now=by.now)
    return changed | places.changed | people.touched | divided, woken


def _by_external_id(facts: Iterable[Fact]) -> dict[str, Copies]:
    copies: dict[str, list[Fact]] = {}
    for fact in facts:
        copies.setdefault(event_of(fact).external_id, []).append(fact)
    return {external_id: Copies.of(same) for external_id, same in copies.items()}


def _meet(people: People, copies: Collection[Copies]) -> None:
    """Know whom they name, and which numbers of ours."""
    # All copies of one message are about one person.
    people.meet(copy.identities for copy in copies if copy.identities)
    people.meet_groups(copy.group_id for copy in copies)
    people.add_numbers(number_of(event) for copy in copies for event in copy.events)


def _known(
    copies: dict[str, Copies], rows: Iterable[Message], sent_for: dict[str, int | None]
) -> dict[str, Message]:
    """The rows that may have been there before: all of them where the database does not tell."""
    returning = connections[Message.objects.db].features.can_return_rows_from_bulk_insert
    return {
        external_id: row
        for external_id, row in zip(copies, rows, strict=True)
        if not returning
        or row.call_id != sent_for[external_id]
        or any(fact.may_repeat for fact in copies[external_id].facts)
    }


def _contact(people: People, copy: Copies) -> int | None:
    return people.contacts[copy.identities[0]] if copy.identities else None


def _peer(people: People, copy: Copies) -> Peer:
    """Whom the conversation is with: the group, else the customer."""
    contact = _contact(people, copy)
    peer: Peer | None = copy.group_id or contact
    assert peer is not None  # noqa: S101  readers refuse messages that name neither
    return peer


def _place(
    account: str, copies: dict[str, Copies], peers: dict[str, Peer], places: Places
) -> dict[str, int]:
    """The conversation of each message; those that name their number first, they settle more."""
    numbers = {i: copy.number for i, copy in copies.items()}
    order = sorted(copies, key=lambda i: not numbers[i].is_named)
    named = [(numbers[i], peers[i]) for i in order if numbers[i].is_named]
    places.add(pair for pair in named if places.find(*pair) is None)
    missing = [i for i in order if places.find(numbers[i], peers[i]) is None]
    # A copy that names no number must not open a conversation beside the one its message is in.
    settled = _already_placed(account, missing)
    places.add((numbers[i], peers[i]) for i in missing if i not in settled)
    placed = {i: settled.get(i) or places.find(numbers[i], peers[i]) for i in order}
    return {i: pk for i, pk in placed.items() if pk is not None}


def _already_placed(account: str, external_ids: Collection[str]) -> dict[str, int]:
    if not external_ids:
        return {}
    rows = Message.objects.filter(account=account, external_id__in=sorted(external_ids))
    return {str(i): pk for i, pk in rows.values_list("external_id", "conversation_id")}


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
