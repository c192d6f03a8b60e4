"""Read, unread, done: what staff say of a conversation, and what the platform's facts do to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from django_chakra.models import Conversation, Message
from django_chakra.record import attention
from tests.posting import process_all, status, stored, text

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def ana() -> Conversation:
    return Conversation.objects.get()


def hear(external_id: str, at: int) -> Message:
    stored(text(external_id, at=at))
    process_all()
    return Message.objects.get(external_id=external_id)


def put_away() -> None:
    assert attention.done(ana().pk, seen=ana().last_inbound_at)
    assert ana().done_at is not None


def test_what_is_done_comes_back_with_the_next_message() -> None:
    """Done lasts until the other side writes again, and ticks do not end it."""
    hear("wamid.1", at=0)
    put_away()
    stored(status("wamid.1", "read"))
    process_all()
    assert ana().done_at is not None
    hear("wamid.2", at=60)
    assert ana().done_at is None


def test_what_was_known_reopens_nothing() -> None:
    """A call that comes once more, in either format, leaves what is done as it is."""
    hear("wamid.1", at=0)
    put_away()
    stored(text("wamid.1"))
    stored(text("wamid.1", format="chakra"))
    process_all()
    assert ana().done_at is not None


def test_a_conversation_in_which_they_never_wrote() -> None:
    """It can be done, and comes back with their first message."""
    hear("wamid.1", at=0)
    Message.objects.update(direction="out")
    Conversation.objects.update(last_inbound_at=None)
    put_away()
    hear("wamid.2", at=60)
    assert ana().done_at is None


def test_nobody_puts_away_what_they_have_not_seen() -> None:
    """When the other side has written since the page was made, done does nothing."""
    hear("wamid.1", at=0)
    seen = ana().last_inbound_at
    hear("wamid.2", at=60)
    assert not attention.done(ana().pk, seen=seen)
    assert not attention.done(ana().pk, seen=None)
    assert ana().done_at is None


def test_done_and_reopened_are_changes() -> None:
    """Both mark the conversation as changed; reopening what is open does nothing."""
    hear("wamid.1", at=0)
    before = ana().version
    put_away()
    assert ana().version == before + 1
    assert attention.reopen(ana().pk)
    assert ana().done_at is None
    assert ana().version == before + 2
    assert not attention.reopen(ana().pk)
    assert ana().version == before + 2


def test_read_to_a_bubble() -> None:
    """What stands after it stays unread; reading an older one again changes nothing."""
    first, second = hear("wamid.1", at=0), hear("wamid.2", at=60)
    hear("wamid.3", at=120)
    assert ana().unread_count == 3
    before = ana().version
    assert attention.read(ana().pk, second.sort_at)
    assert (ana().unread_count, ana().read_to) == (1, second.sort_at)
    assert ana().version == before + 1
    assert not attention.read(ana().pk, first.sort_at)
    assert (ana().unread_count, ana().read_to) == (1, second.sort_at)
    hear("wamid.4", at=180)
    assert ana().unread_count == 2


def test_unread_again() -> None:
    """The latest message is unread again, and can be read again; what is unread stays so."""
    last = hear("wamid.1", at=0)
    assert not attention.unread(ana().pk)
    attention.read(ana().pk, last.sort_at)
    assert attention.unread(ana().pk)
    assert ana().unread_count == 1
    assert ana().read_to == last.sort_at - timedelta(microseconds=1)
    assert attention.read(ana().pk, last.sort_at)
    assert ana().unread_count == 0
