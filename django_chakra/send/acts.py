"""What people do about messages that were written down: send one again, or keep it from leaving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils import timezone

from .. import schedule
from ..events import storable_text
from ..exceptions import SendRefused
from ..models import CampaignState, Message, MessageRole, MessageSource, MessageStatus
from ..models.contention import patiently, update
from . import files, outbox
from .addressing import Place, find
from .known import Category, checked
from .templates import CHAKRA, check_marketing, checked_mapped

#: What may be sent again: it has not arrived, as far as anybody knows.
AGAIN = (
    MessageStatus.FAILED,
    MessageStatus.UNKNOWN,
    MessageStatus.WITHHELD,
    MessageStatus.CANCELLED,
)
#: What has not left.
WAITING = (MessageStatus.QUEUED, MessageStatus.PAUSED)
#: Messages that one statement cancels.
BATCH = 500


def again(
    message: Message,
    *,
    author: Any = None,
    category: Category | None = None,
    force: bool = False,
) -> Message:
    """Write the same down once more, as a new message with ``retry_of``.

    Each message is sent again at most once: a second call gives the same retry, which may be sent
    again itself. The retry of a message whose end is unknown may arrive beside it. It joins the
    campaign, and waits with it.

    Args:
        author: the member of staff who wants it, a user.
        category: of a template, as it was approved; by default what the platform said of it, else
            "marketing".
        force: send marketing to somebody who wants none.

    Raises:
        SendRefused: it is not failed, unknown, withheld or cancelled, it is a read receipt, or it
            was not sent from here.
        WindowClosed, MarketingStopped, TemplateRefused, ValidationFailed: as for a new message.
    """
    key = f"again:{message.pk}"
    place = find(message, key=key)
    if place.existing is not None:
        return _retry(
            message, Message.objects.select_related("conversation").get(pk=place.existing)
        )
    known = Message.objects.select_related("campaign").get(pk=message.pk)
    _check(known)
    if known.kind == "template":
        check_marketing(place, _category(place, known.payload, category), force=force)
    else:
        outbox.check_window(place)
    using = router.db_for_write(Message)
    row = outbox.row_of(place, known.payload, place.open(), author=author)
    row.idempotency_key = key
    row.retry_of, row.campaign = known, known.campaign
    row.reply_to_id, row.target_id = known.reply_to_id, known.target_id
    if known.campaign is not None and known.campaign.state != CampaignState.RUNNING:
        row.status = MessageStatus.PAUSED

    def put() -> Message:
        row.pk = None  # given by a try that was rolled back
        retry = _retry(message, outbox.put_once(row))
        files.hand_on(known, retry)
        return retry

    retry = patiently(put, using=using)
    schedule.carry_after_commit(retry.conversation_id, using=using)
    return retry


def _category(place: Place, body: Mapping[str, Any], category: Category | None) -> Category:
    """The category of a template that is to be sent again, once it was compared."""
    if CHAKRA in body:
        return checked_mapped(place, body[CHAKRA], category)
    return checked(place, body["template"], category)


def _check(message: Message) -> None:
    """Refuse what can't be sent again.

    Raises:
        SendRefused: so it is.
    """
    if message.source != MessageSource.SEND:
        raise SendRefused("This message was not sent from here")
    if message.role == MessageRole.RECEIPT:
        raise SendRefused("A read receipt is not sent again")
    if message.status not in AGAIN:
        raise SendRefused(f"It is {message.get_status_display()}: there is no reason to repeat it")


def _retry(message: Message, row: Message) -> Message:
    """The row that has the key, where it is the retry of this message."""
    if row.retry_of_id != message.pk:
        raise SendRefused(f"Another message has the idempotency key {row.idempotency_key!r}")
    return row


def cancel(messages: Message | QuerySet[Message], *, author: Any = None) -> int:
    """Keep these messages from being sent; return how many that was.

    Those that wait, for their turn or with their campaign. What is being sent already goes on, and
    nothing else is changed: each batch is one conditional update.

    Args:
        author: the member of staff who wants it, a user; named on the message.
    """
    if isinstance(messages, Message):
        chosen = [messages.pk]
    else:
        chosen = list(messages.order_by("pk").values_list("pk", flat=True))
    by = f" by {author.get_username()}" if author is not None else ""
    said = storable_text(f"Cancelled {timezone.now():%Y-%m-%d %H:%M} UTC{by}", 255)
    count = 0
    for start in range(0, len(chosen), BATCH):
        # By keys: as a subquery the condition would not be looked at again once a row is free.
        rows = Message.objects.filter(pk__in=chosen[start : start + BATCH], status__in=WAITING)
        values = {"status": MessageStatus.CANCELLED, "error_title": said}
        count += update(rows, next_attempt_at=None, **values)
    return count
