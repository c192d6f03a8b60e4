"""What a conversation shows, computed from its messages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, router, transaction
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    OuterRef,
    ProtectedError,
    Q,
    QuerySet,
    RestrictedError,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan

from .. import conf
from ..models import Conversation, Direction, Message, MessageRole, MessageSource
from ..models.conversations import changed, changed_and_leased

#: Ways in which we hear what we wrote by other means than this package.
ECHOED = (MessageSource.ECHO_PHONE, MessageSource.ECHO_INBOX)

_NEVER = Value(datetime(1970, 1, 1, tzinfo=UTC), output_field=DateTimeField())


def refresh(keys: Collection[int], *, leased_by: str = "", **more: Any) -> None:
    """Compute the columns of these conversations anew, mark them changed, lease the free ones.

    Without ``leased_by`` nothing is leased; ``more`` are further values to set.
    """
    latest = _bubbles_of(OuterRef("pk"))
    inbound = inbound_of(OuterRef("pk"))
    # What was listed is what echoes would have told.
    by_people = Q(source__in=(*ECHOED, MessageSource.BACKFILL))
    replies = latest.filter(by_people | Q(author__isnull=False), direction=Direction.OUT)
    seconds = conf.current().announce_seconds
    Conversation.objects.filter(pk__in=sorted(keys)).update(
        # Before the column that it is compared with: MySQL and MariaDB see what is set already.
        done_at=_done_unless_newer(inbound),
        last_message=Subquery(latest.values("pk")[:1]),
        last_at=Subquery(latest.values("sort_at")[:1]),
        last_inbound_at=Subquery(inbound.values("sort_at")[:1]),
        last_human_reply_at=Subquery(replies.values("sort_at")[:1]),
        unread_count=Coalesce(Subquery(_count_unread(inbound)), 0),
        **(changed_and_leased(leased_by, seconds=seconds) if leased_by else changed()),
        **more,
    )


def inbound_of(conversation: Any) -> QuerySet[Message]:
    """The other side's bubbles, the newest first.

    What a history brings is no news: it is not unread, and opens no window.
    """
    rows = _bubbles_of(conversation).filter(direction=Direction.IN)
    return rows.exclude(source=MessageSource.HISTORY)


def _bubbles_of(conversation: Any) -> QuerySet[Message]:
    rows = Message.objects.filter(conversation=conversation, role=MessageRole.BUBBLE)
    return rows.order_by("-sort_at", "-pk")


def _done_unless_newer(inbound: QuerySet[Message]) -> Case:
    """What staff put away comes back with the other side's next bubble."""
    newest = Subquery(inbound.values("sort_at")[:1])
    is_newer = LessThan(Coalesce(F("last_inbound_at"), _NEVER), newest)
    back = When(Q(done_at__isnull=False) & Q(is_newer), then=Value(None, DateTimeField()))
    return Case(back, default=F("done_at"))


def _count_unread(inbound: QuerySet[Message]) -> QuerySet[Message, Any]:
    unread = inbound.filter(sort_at__gt=Coalesce(OuterRef("read_to"), _NEVER))
    return unread.order_by().values("conversation").annotate(n=Count("pk")).values("n")


def fold(emptied: int, into: int) -> None:
    """Remove a conversation whose messages have all moved; what points to it follows them.

    Host rows may refuse to move (a unique constraint of theirs): then it stays, empty.
    """
    if Message.objects.filter(conversation=emptied).exists():
        return
    try:
        with transaction.atomic(using=router.db_for_write(Conversation)):
            for relation in Conversation._meta.related_objects:
                rows = relation.related_model._base_manager.filter(**{relation.field.name: emptied})
                rows.update(**{relation.field.name: into})
            Conversation.objects.filter(pk=emptied).delete()
    except (IntegrityError, ProtectedError, RestrictedError):
        return
