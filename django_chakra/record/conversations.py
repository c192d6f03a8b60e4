"""What a conversation shows, computed from its messages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, router, transaction
from django.db.models import (
    Count,
    DateTimeField,
    OuterRef,
    ProtectedError,
    Q,
    QuerySet,
    RestrictedError,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from .. import conf
from ..models import Conversation, Direction, Message, MessageRole, MessageSource
from ..models.conversations import changed, changed_and_leased

#: Ways in which we hear what we wrote by other means than this package.
ECHOED = (MessageSource.ECHO_PHONE, MessageSource.ECHO_INBOX)


def refresh(keys: Collection[int], *, leased_by: str = "", **more: Any) -> None:
    """Compute the columns of these conversations anew, mark them changed, lease the free ones.

    Without ``leased_by`` nothing is leased; ``more`` are further values to set.
    """
    bubbles = Message.objects.filter(conversation=OuterRef("pk"), role=MessageRole.BUBBLE)
    latest = bubbles.order_by("-sort_at", "-pk")
    # What a history brings is no news: it is not unread, and opens no window.
    inbound = latest.filter(direction=Direction.IN).exclude(source=MessageSource.HISTORY)
    # What was listed is what echoes would have told.
    by_people = Q(source__in=(*ECHOED, MessageSource.BACKFILL))
    replies = latest.filter(by_people | Q(author__isnull=False), direction=Direction.OUT)
    seconds = conf.current().announce_seconds
    Conversation.objects.filter(pk__in=sorted(keys)).update(
        last_message=Subquery(latest.values("pk")[:1]),
        last_at=Subquery(latest.values("sort_at")[:1]),
        last_inbound_at=Subquery(inbound.values("sort_at")[:1]),
        last_human_reply_at=Subquery(replies.values("sort_at")[:1]),
        unread_count=Coalesce(Subquery(_count_unread(inbound)), 0),
        **(changed_and_leased(leased_by, seconds=seconds) if leased_by else changed()),
        **more,
    )


def _count_unread(inbound: QuerySet[Message]) -> QuerySet[Message, Any]:
    never = Value(datetime(1970, 1, 1, tzinfo=UTC), output_field=DateTimeField())
    unread = inbound.filter(sort_at__gt=Coalesce(OuterRef("read_to"), never))
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
