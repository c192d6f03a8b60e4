"""Find what a stopped process left unannounced."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from .. import conf, record, schedule
from ..events import read
from ..models import DeliveryStatus, Message, WebhookCall
from ..models.contention import update
from ..models.conversations import abandoned, free
from ..models.fields import DatabaseNow
from . import takeover
from .conversations import conversations, lease
from .facts import facts
from .failures import retry_failures


def sweep(by: str, *, limit: int = 200) -> int:
    """Announce what is due and held by nobody; return how much was told. Five queries when idle.

    Nobody else takes over what somebody holds who fell silent.
    """
    return _facts(by, limit) + _settle(by, limit) + _conversations(by, limit) + retry_failures()


def _conversations(by: str, limit: int) -> int:
    told = 0
    for model, path in ((Message, "conversation"), (DeliveryStatus, "message__conversation")):
        due = model._default_manager.filter(
            free(f"{path}__") | abandoned(f"{path}__"),
            announce_at__lte=DatabaseNow(),
            **{f"{path}__isnull": False},
        )
        found = due.order_by("announce_at").values_list(path, f"{path}__announcing_until")
        until = dict(found[:limit])
        keys = {key for key, at in until.items() if at is None}
        if keys and lease(keys, by):
            told += conversations(keys, by)
        # One at a time: if it ends this process too, the others are nobody's meanwhile.
        for key in until.keys() - keys:
            if schedule.is_over():
                break
            told += takeover.conversation(key, by)
    return told


def _settle(by: str, limit: int) -> int:
    """Delivery statuses whose recorder stopped before looking for their message once more."""
    due = DeliveryStatus.objects.filter(announce_at__lte=DatabaseNow(), message=None)
    accounts: dict[str, list[DeliveryStatus]] = {}
    for row in due.order_by("announce_at")[:limit]:
        accounts.setdefault(row.account, []).append(row)
    for account, rows in accounts.items():
        now = max(row.announce_at for row in rows if row.announce_at)
        touched = record.settle(account, [row.pk for row in rows], now=now, leased_by=by)
        conversations(touched, by)
    return sum(map(len, accounts.values()))


def _facts(by: str, limit: int) -> int:
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lt=DatabaseNow())
    due = WebhookCall.objects.filter(unclaimed, announce_at__lte=DatabaseNow())
    seconds = conf.current().claim_seconds
    told = 0
    for pk, before in list(due.order_by("announce_at").values_list("pk", "claimed_by")[:limit]):
        if schedule.is_over():
            break
        # A call keeps its state: only the claim is used, by which others leave it alone.
        until = DatabaseNow() + timedelta(seconds=seconds)
        if update(due.filter(pk=pk, claimed_by=before), claimed_by=by, claimed_until=until):
            call = WebhookCall.objects.get(pk=pk)
            found = read(bytes(call.body))
            if before:
                takeover.facts(call, found, by)
            else:
                facts(call, found)
            told += 1
    return told
