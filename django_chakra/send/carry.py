"""Take what waits to the platform: oldest first in a conversation, one at a time, at most once.

A message is claimed by a conditional update, so of two workers one stops. Whatever ends a process
after that, the message is never sent again by itself: once its claim has run out its end is
``unknown`` (:func:`recover`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import router
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from .. import conf, connect
from ..client.waiting import Patience
from ..exceptions import escaped
from ..models import Conversation, Message, MessageRole, MessageStatus
from ..models.callback_data import callback_data
from ..models.clock import Clock
from ..models.contention import patiently
from ..models.fields import DatabaseNow
from . import delivery, files, outcomes, pacing
from .outcomes import Outcome
from .settle import settle
from .templates import CHAKRA

logger = logging.getLogger("django_chakra.send")


def carry(conversation: int, *, stop: threading.Event | None = None) -> int:
    """Send what waits in this conversation; return how many messages left the queue.

    ``stop``: after it was set, no other message is begun.
    """
    done = 0
    while not (stop and stop.is_set()) and (message := claim(conversation)):
        clock = _clock(message)
        began = clock.now()
        outcome = _attempt(message, began)
        if outcome is None:
            break
        done += outcome.status != MessageStatus.QUEUED
        if not settle(message, outcome, began=began, ended=clock.now()):
            break
    return done


def _clock(message: Message) -> Clock:
    """The database's, of a message that was claimed just now."""
    assert message.claimed_until is not None  # noqa: S101  so it is
    return Clock(message.claimed_until - timedelta(seconds=conf.current().sending_seconds))


def claim(conversation: int) -> Message | None:
    """Take the oldest message of this conversation that waits, if its time has come."""
    rows = Message.objects.using(router.db_for_write(Message))
    waiting = rows.filter(conversation=conversation, status=MessageStatus.QUEUED)
    oldest = waiting.order_by("sort_at", "pk").values("pk")[:1]
    on_its_way = rows.filter(sending_in=conversation)
    free = (
        rows.filter(is_due(), pk=Subquery(oldest), status=MessageStatus.QUEUED)
        .exclude(Exists(on_its_way))
        .exclude(Exists(_resting(conversation)))
    )
    # Read first: whoever pauses for longer than a claim would read what another one claimed since.
    found = free.select_related("conversation__number", "conversation__contact", "campaign")
    message = found.annotate(now=DatabaseNow()).first()
    if message is None:
        return None
    clock = Clock(message.now)
    # Before the claim begins to run out.
    if conf.delivery() == "live":
        pacing.wait(message.account)
    mine = free.filter(pk=message.pk, attempts=message.attempts)
    seconds = conf.current().sending_seconds

    def take() -> int:
        message.claimed_until = clock.now() + timedelta(seconds=seconds)
        return mine.update(
            status=MessageStatus.SENDING,
            sending_in=conversation,
            claimed_until=message.claimed_until,
            attempts=F("attempts") + 1,
        )

    # Two that see no message on its way may take one each: the constraint lets one of them have it.
    if not patiently(take, using=rows.db):
        return None
    message.status, message.attempts = MessageStatus.SENDING, message.attempts + 1
    return message


def _resting(conversation: int) -> QuerySet[Conversation]:
    """The conversation, where it or its number has to wait."""
    return Conversation.objects.filter(_has_to_rest(), pk=conversation)


def _has_to_rest(prefix: str = "") -> Q:
    """The condition that a conversation, or its number, has to wait.

    A worker also waits while somebody is told of what came in: what receivers send leaves after
    that. Inline the process that tells sends too, and does so afterwards.
    """
    columns = ["send_after", "number__send_after"]
    if conf.current().runner != "inline":
        columns.append("announcing_until")
    rest = Q()
    for column in columns:
        rest |= Q(**{f"{prefix}{column}__gt": DatabaseNow()})
    return rest


def is_due() -> Q:
    """The condition that a message's time has come."""
    return Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=DatabaseNow())


def _attempt(message: Message, now: datetime) -> Outcome | None:
    """One request, if it may leave at all; None where the claim ran out before."""
    try:
        if reason := delivery.withheld(message):
            return Outcome(str(MessageStatus.WITHHELD), title=reason)
        if late := _too_late(message, now):
            return Outcome(str(MessageStatus.FAILED), code=late[0], title=late[1])
        body = message.payload
        if files.is_missing(body) and (body := files.completed(message)) is None:
            return None
    except Exception as error:
        return outcomes.before_leaving(error, message.attempts)
    try:
        return outcomes.of_answer(_request(message, body))
    except Exception as error:
        outcome = outcomes.of_error(error, message.attempts)
        if outcome.status == MessageStatus.UNKNOWN:
            logger.warning("The end of message %s is unknown", message.pk, exc_info=escaped(error))
        return outcome


def _too_late(message: Message, now: datetime) -> tuple[int | None, str] | None:
    """Code and words for what waited too long."""
    waited = now - message.received_at
    if waited > timedelta(seconds=conf.current().send_within):
        return None, "It waited too long to be sent (SEND_WITHIN)"
    needs_window = message.kind != "template" and message.role != MessageRole.RECEIPT
    is_refused = conf.current().window == "refuse"
    if needs_window and is_refused and not message.conversation.is_window_open(now):
        return 131047, "The 24-hour window closed before it could be sent"
    return None


def _request(message: Message, body: Mapping[str, Any]) -> Any:
    """The platform's answer."""
    # One try: what has to wait does so in the queue, and not in this thread.
    client = connect.chakra(message.account).with_patience(Patience(tries=1))
    number = message.conversation.number.phone_number_id or None
    if CHAKRA in body:
        return client.template_messages.send(**body[CHAKRA], phone_number_id=number)
    if message.role != MessageRole.RECEIPT:
        named = callback_data(message.account, message.pk)
        body = {**body, "biz_opaque_callback_data": named}
    return client.session_messages.send_body(body, phone_number_id=number)


def waiting() -> QuerySet[Message]:
    """Messages whose time has come, in conversations in which nothing holds them up."""
    held = Message.objects.filter(
        Q(status=MessageStatus.QUEUED, next_attempt_at__gt=DatabaseNow())
        | Q(sending_in__isnull=False),
        conversation=OuterRef("conversation"),
    )
    rows = Message.objects.filter(is_due(), status=MessageStatus.QUEUED)
    return rows.exclude(_has_to_rest("conversation__")).exclude(Exists(held))


def due(
    limit: int = 200, *, account: str | None = None, without: Collection[int] = ()
) -> list[int]:
    """Conversations in which something waits whose time has come, oldest first.

    Args:
        limit: messages that are looked at.
        account: of this one only.
        without: conversations that are left out.
    """
    # By the index: a table has many messages, and few that wait.
    rows = waiting().order_by("next_attempt_at", "pk")
    if account is not None:
        rows = rows.filter(account=account)
    if without:
        rows = rows.exclude(conversation__in=without)
    return list(dict.fromkeys(rows.values_list("conversation_id", flat=True)[:limit]))


def recover(limit: int = 100) -> int:
    """Mark what a stopped process was sending: its end is unknown. Returns how many there were."""
    stopped = Message.objects.filter(sending_in__isnull=False, claimed_until__lt=DatabaseNow())
    rows = stopped.select_related("conversation__number", "conversation__contact", "campaign")
    seconds = timedelta(seconds=conf.current().sending_seconds)
    words = "The process that was sending it stopped"
    found = list(rows.order_by("pk")[:limit])
    for message in found:
        until = message.claimed_until
        assert until is not None  # noqa: S101  that it is over was asked for
        outcome = Outcome(str(MessageStatus.UNKNOWN), title=words)
        settle(message, outcome, began=until - seconds, ended=until, if_sending=True)
    return len(found)
