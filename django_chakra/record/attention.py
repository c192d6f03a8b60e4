"""What staff say of a conversation: read up to here, unread, done, to be done again.

Each marks the conversation as changed, so that other people's pages learn of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import router
from django.db.models import Q

from ..models import Conversation
from ..models.contention import patiently, update
from ..models.conversations import changed
from ..models.fields import DatabaseNow
from .conversations import inbound_of, refresh


def read(conversation: int, to: datetime) -> bool:
    """Count bubbles up to this time as read; what was read stays read. Whether that is news."""
    behind = Q(read_to__isnull=True) | Q(read_to__lt=to)
    return _move(conversation, to, only=behind & Q(unread_count__gt=0))


def unread(conversation: int) -> bool:
    """Let the other side's latest bubble be unread, if there is one and it was read."""
    latest = inbound_of(conversation).values_list("sort_at", flat=True).first()
    if latest is None:
        return False
    before = latest - timedelta(microseconds=1)
    return _move(conversation, before, only=Q(unread_count=0))


def done(conversation: int, *, seen: datetime | None) -> bool:
    """Put it away until the other side writes again.

    Args:
        seen: ``last_inbound_at`` as whoever put it away saw it; when they have written since,
            nothing is done.
    """
    rows = Conversation.objects.filter(pk=conversation, last_inbound_at=seen)
    if seen is None:
        rows = Conversation.objects.filter(pk=conversation, last_inbound_at__isnull=True)
    return update(rows, done_at=DatabaseNow(), **changed()) > 0


def reopen(conversation: int) -> bool:
    """Take it up again; whether it was put away."""
    rows = Conversation.objects.filter(pk=conversation, done_at__isnull=False)
    return update(rows, done_at=None, **changed()) > 0


def _move(conversation: int, to: datetime, *, only: Q) -> bool:
    """Set ``read_to``, and count what is unread by it."""

    def moved() -> bool:
        # Locked from here on: who records a message at this moment counts after us.
        rows = Conversation.objects.filter(only, pk=conversation)
        if not rows.update(read_to=to):
            return False
        refresh([conversation])
        return True

    return patiently(moved, using=router.db_for_write(Conversation))
