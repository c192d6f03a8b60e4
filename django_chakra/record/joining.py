"""Two contacts that turn out to be one person become one: the older keeps everything."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from django.db.models import Q, QuerySet

from ..models import Contact, ContactIdentity, Conversation, Message
from .conversations import fold

#: What a contact is said to be, with the column that has the time of that word.
TOLD = {"name": "name_at", "username": "username_at", "marketing_stopped_at": "marketing_at"}


Words: TypeAlias = "dict[str, tuple[datetime, Any]]"
"""What is said of a contact: column of ``TOLD`` -> (platform time, value)."""


class Announcer(NamedTuple):
    """Who records, and when: what was due elsewhere must not be told twice."""

    now: datetime
    leased_by: str


def join(contacts: Collection[int], by: Announcer) -> tuple[int, set[int]]:
    """Make one contact of several; return it and the conversations that changed.

    The older keeps identities, messages and conversations. The others stay as rows that say into
    whom they went, for the host's foreign keys.
    """
    rows = list(Contact.objects.select_for_update().filter(pk__in=contacts).order_by("pk"))
    # Who went into another one meanwhile is that one by now.
    older = {row.merged_into_id for row in rows if row.merged_into_id} - {row.pk for row in rows}
    if older:
        return join([*contacts, *older], by)
    kept, *others = rows
    if not others:
        return kept.pk, set()
    gone = [row.pk for row in others]
    ContactIdentity.objects.filter(contact__in=gone).update(contact=kept)
    for row in others:
        take_words(kept, words_of(row))
    kept.save(update_fields=[*TOLD, *TOLD.values()])
    Contact.objects.filter(Q(pk__in=gone) | Q(merged_into__in=gone)).update(merged_into=kept)
    touched = _join_conversations(kept, gone, by)
    Message.objects.filter(contact__in=gone).update(contact=kept)
    return kept.pk, touched


def words_of(contact: Contact) -> Words:
    """What the platform has said of this contact."""
    return {
        column: (at, getattr(contact, column))
        for column, time in TOLD.items()
        if (at := getattr(contact, time)) is not None
    }


def take_words(contact: Contact, words: Words) -> bool:
    """Take over what is newer, of two words at one time the greater; say whether any was."""
    known = words_of(contact)
    newer = {
        column: (at, value)
        for column, (at, value) in words.items()
        if column not in known or (at, str(value)) > (known[column][0], str(known[column][1]))
    }
    for column, (at, value) in newer.items():
        setattr(contact, column, value)
        setattr(contact, TOLD[column], at)
    return bool(newer)


def _join_conversations(kept: Contact, gone: list[int], by: Announcer) -> set[int]:
    """One conversation per number; what stood in another one moves."""
    rows = Conversation.objects.select_for_update().filter(contact__in=[kept.pk, *gone])
    first: dict[int, Conversation] = {}
    touched: set[int] = set()
    # The kept contact's own first, then the older.
    for row in sorted(rows, key=lambda row: (row.contact_id != kept.pk, row.pk)):
        into = first.setdefault(row.number_id, row)
        if into is row:
            if row.contact_id != kept.pk:
                Conversation.objects.filter(pk=row.pk).update(contact=kept)
                touched.add(row.pk)
            continue
        shift(Message.objects.filter(conversation=row), row, into.pk, by)
        fold(row.pk, into.pk)
        touched.add(into.pk)
    return touched


def shift(messages: QuerySet[Message], before: Conversation, into: int, by: Announcer) -> None:
    """Put messages of one conversation (locked) into another one."""
    if _is_held_elsewhere(before, by):
        # Its holder is telling them now; should that one stop, they are due once the lease is over.
        messages.filter(announce_at__isnull=False).update(announce_at=before.announcing_until)
    messages.update(conversation=into)


def move(row: Message, into: int, by: Announcer) -> None:
    """The same with one message, which the caller saves."""
    before = row.conversation
    row.conversation_id = into
    if row.announce_at and _is_held_elsewhere(before, by):
        row.announce_at = before.announcing_until


def _is_held_elsewhere(conversation: Conversation, by: Announcer) -> bool:
    until = conversation.announcing_until
    return until is not None and until > by.now and conversation.announcing_by != by.leased_by
