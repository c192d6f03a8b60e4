"""Bring together what came apart: delivery statuses and replies that were here first.

A status and its message may be recorded at the same moment in two transactions that can't see each
other. So each side looks again after its own commit, and either one finds the other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import router
from django.db.models import Q

from ..models import DeliveryStatus, Message
from ..models.contention import patiently
from . import statuses
from .conversations import refresh


def link(account: str, messages: Collection[int], *, now: datetime, leased_by: str) -> set[int]:
    """Link what was waiting for these messages; return the conversations that changed."""

    def work() -> set[int]:
        rows = list(Message.objects.select_for_update().filter(pk__in=messages).order_by("pk"))
        external = [row.external_id for row in rows if row.external_id]
        chakra = [row.chakra_id for row in rows if row.chakra_id]
        named = Q(external_id__in=external) | Q(chakra_id__in=chakra)
        waiting = DeliveryStatus.objects.select_for_update().filter(
            named, account=account, message=None
        )
        linked = statuses.point(list(waiting.order_by("key")), rows)
        touched = _tell(linked, rows, now)
        _quote(account, rows)
        if touched:
            refresh(touched, leased_by=leased_by)
        return touched

    return patiently(work, using=router.db_for_write(Message))


def _quote(account: str, rows: list[Message]) -> None:
    """Point replies at what they quote: others at these messages, and these at others."""
    known = {row.external_id: row.pk for row in rows}
    unlinked = Q(reply_to_external_id__in=[i for i in known if i])
    unlinked |= Q(pk__in=[row.pk for row in rows if row.reply_to_external_id])
    replies = dict(
        Message.objects.filter(unlinked, account=account, reply_to=None)
        .order_by("pk")
        .values_list("pk", "reply_to_external_id")
    )
    quoted = dict(
        Message.objects.filter(
            account=account, external_id__in=sorted({i for i in replies.values() if i})
        ).values_list("external_id", "pk")
    )
    for pk, external_id in replies.items():
        if external_id in quoted:
            Message.objects.filter(pk=pk, reply_to=None).update(reply_to=quoted[external_id])


def settle(account: str, keys: Collection[int], *, now: datetime, leased_by: str) -> set[int]:
    """Look once more for the messages of delivery statuses that were recorded without one.

    Those whose message is still unknown rest until it comes. Returns the changed conversations.
    """

    def work() -> set[int]:
        waiting = DeliveryStatus.objects.filter(pk__in=keys, account=account, message=None)
        messages = statuses.find_messages(account, waiting)
        # Messages before statuses, as everywhere: two that lock both can't meet head-on.
        rows = list(waiting.select_for_update().order_by("key"))
        linked = statuses.point(rows, messages)
        touched = _tell(linked, messages, now)
        resting = {row.pk for row in rows} - {row.pk for row in linked}
        DeliveryStatus.objects.filter(pk__in=resting, message=None).update(announce_at=None)
        if touched:
            refresh(touched, leased_by=leased_by)
        return touched

    return patiently(work, using=router.db_for_write(Message))


def _tell(linked: list[DeliveryStatus], messages: list[Message], now: datetime) -> set[int]:
    """Save the links, make the rows due, and let the messages show them."""
    if not linked:
        return set()
    statuses.save(linked)
    DeliveryStatus.objects.filter(pk__in=[row.pk for row in linked], announced_at=None).update(
        announce_at=now
    )
    return statuses.fold_into(messages, linked)
