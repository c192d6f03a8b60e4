"""Write down how an attempt ended, and bring in what the platform told before it answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, router
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from .. import announce, conf, record, schedule
from ..models import (
    BusinessNumber,
    Campaign,
    CampaignState,
    DeliveryStatus,
    Message,
    MessageRole,
    MessageStatus,
    Resolution,
)
from ..models.choices import OWN_STATES
from ..models.claims import worker_name
from ..models.contention import patiently
from ..models.fields import DatabaseNow
from .outcomes import Outcome

#: Attempts that a message keeps.
KEPT_ATTEMPTS = 20


def settle(
    message: Message,
    outcome: Outcome,
    *,
    began: datetime,
    ended: datetime,
    if_sending: bool = False,
) -> bool:
    """Save what became of a claimed message; say whether the next one may be tried at once.

    Two statements, and a look at what came first, for a message that the platform took. Times are
    the database's. With ``if_sending`` nothing happens where whoever claimed it has been here.
    """
    by, using = worker_name(), router.db_for_write(Message)
    values = _values(message, outcome, entry(outcome, began, ended))
    rows = Message.objects.using(using).filter(pk=message.pk)
    if if_sending:
        rows = rows.filter(sending_in__isnull=False, attempts=message.attempts)

    def save() -> bool:
        if _is_held(message, outcome):
            values["status"] = MessageStatus.PAUSED
        if not rows.update(**values):
            return False
        _beside(message, outcome, by, now=ended)
        return True

    try:
        if not patiently(save, using=using):
            return False
    except IntegrityError:
        # An echo was here first and has the id.
        values.pop("external_id", None)

        def adopt() -> None:
            save()
            record.named(message.account, message.pk, outcome.external_id)

        patiently(adopt, using=using)
    return _look(message, outcome, by)


def _is_held(message: Message, outcome: Outcome) -> bool:
    """Whether its campaign was paused while it was on its way, and it would be sent again.

    The campaign is locked: whoever pauses it afterwards finds the message waiting.
    """
    if outcome.status != MessageStatus.QUEUED or message.campaign_id is None:
        return False
    campaign = Campaign.objects.select_for_update().get(pk=message.campaign_id)
    return campaign.state != CampaignState.RUNNING


def _beside(message: Message, outcome: Outcome, by: str, *, now: datetime) -> None:
    """What changes beside the message, in the same transaction."""
    rest = _rest(outcome)
    if outcome.holds_number:
        number = BusinessNumber.objects.filter(pk=message.conversation.number_id)
        # Who asked for a longer rest meanwhile is right.
        number.exclude(send_after__gt=rest["send_after"]).update(**rest)
        rest = {}
    if outcome.status == MessageStatus.FAILED:
        record.refused(message, outcome.code, outcome.title, outcome.details, now=now)
    if outcome.ends_campaign and message.campaign is not None:
        message.campaign.stop(outcome.code, outcome.title)
    if outcome.status != MessageStatus.QUEUED:
        is_told = outcome.status == MessageStatus.FAILED
        record.refresh([message.conversation_id], leased_by=by if is_told else "", **rest)


def _look(message: Message, outcome: Outcome, by: str) -> bool:
    """Link what came before the answer and tell what is due; whether more waits to be sent."""
    if outcome.status == MessageStatus.QUEUED:
        return False
    more = Message.objects.filter(
        conversation=OuterRef("conversation"), status=MessageStatus.QUEUED
    )
    rows = Message.objects.filter(pk=message.pk)
    found = rows.annotate(
        more=Exists(more), is_awaited=record.awaited(), lost=Exists(_lost()), now=DatabaseNow()
    )
    seen = found.values_list("more", "is_awaited", "lost", "now").first()
    if seen is None:
        return True
    has_more, is_awaited, has_lost, now = seen
    touched: set[int] = set()
    if is_awaited:
        touched |= record.link(message.account, [message.pk], now=now, leased_by=by)
    if outcome.status == MessageStatus.UNKNOWN or has_lost:
        # Also what came while this one was on its way, and might have been about it.
        touched |= record.resolve(message.account, now=now, leased_by=by)
    if outcome.status == MessageStatus.FAILED:
        touched.add(message.conversation_id)
    if touched:
        with schedule.held():
            announce.conversations(touched, by)
    return bool(has_more)


def _lost() -> QuerySet[Message]:
    """Messages of the same conversation whose end is unknown, as long as it may be told."""
    since = DatabaseNow() - timedelta(seconds=conf.current().send_within)
    return Message.objects.filter(
        conversation=OuterRef("conversation"),
        status=MessageStatus.UNKNOWN,
        external_id=None,
        received_at__gte=since,
    ).exclude(role=MessageRole.RECEIPT)


def _values(message: Message, outcome: Outcome, attempt: dict[str, Any]) -> dict[str, Any]:
    """What the row becomes; where the platform has said a word already, that word stays."""
    status = Case(When(status__in=OWN_STATES, then=Value(outcome.status)), default=F("status"))
    values: dict[str, Any] = {
        "status": status,
        "sending_in": None,
        "claimed_until": None,
        "next_attempt_at": None,
        "attempt_log": [*message.attempt_log, attempt][-KEPT_ATTEMPTS:],
    }
    if outcome.status == MessageStatus.QUEUED:
        values["next_attempt_at"] = DatabaseNow() + timedelta(seconds=outcome.wait)
    if outcome.external_id:
        values["external_id"] = Coalesce(F("external_id"), Value(outcome.external_id))
        values["resolution"] = Resolution.ANSWER
        # Should we stop before they are linked, whoever announces what is due does so.
        early = DeliveryStatus.objects.filter(account=message.account, message=None)
        came = Q(Exists(early.filter(external_id=outcome.external_id)))
        values["announce_at"] = Case(When(came, then=DatabaseNow()), default=F("announce_at"))
    if outcome.chakra_id:
        values["chakra_id"] = outcome.chakra_id
    if outcome.status == MessageStatus.WITHHELD:
        values["error_title"] = outcome.title
    return values


def entry(outcome: Outcome, began: datetime, ended: datetime) -> dict[str, Any]:
    """An attempt as the row keeps it: times in ISO 8601, outcome, code, words."""
    return {
        "began": began.isoformat(),
        "ended": ended.isoformat(),
        "outcome": outcome.status if outcome.status != MessageStatus.QUEUED else "again",
        "code": outcome.code,
        "words": ": ".join(filter(None, (outcome.title, outcome.details)))[:500],
    }


def _rest(outcome: Outcome) -> dict[str, Any]:
    """How long the conversation, or its number, has to wait."""
    if outcome.holds_number:
        return {"send_after": DatabaseNow() + timedelta(seconds=outcome.wait)}
    seconds = conf.current().recipient_seconds
    if outcome.status == MessageStatus.ACCEPTED and seconds > 0:
        return {"send_after": DatabaseNow() + timedelta(seconds=seconds)}
    return {}
