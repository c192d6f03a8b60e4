"""Find what a stopped process left unannounced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import TypeAlias

from django.db.models import Q

from .. import conf, record, schedule
from ..events import read
from ..models import DeliveryStatus, Message, WebhookCall
from ..models.calls import CallQuerySet
from ..models.contention import update
from ..models.conversations import abandoned, free
from ..models.fields import DatabaseNow
from ..models.statements import exist
from . import takeover
from .conversations import conversations, lease
from .facts import Claim, facts
from .failures import due_failures, retry_failures

#: What is told in conversations, and the way from there to its conversation.
TOLD = ((Message, "conversation"), (DeliveryStatus, "message__conversation"))

Job: TypeAlias = tuple[datetime, Callable[[], int]]
"""Since when something is due, and what tells it and returns how much that was."""


def sweep(by: str, *, limit: int = 200) -> int:
    """Announce what is due and held by nobody; return how much was told. Five queries when idle.

    The oldest first: any of it may end this process, and the next one begins anew. If one kind
    always came first, more of it might keep the others waiting for ever.
    Nobody else takes over what somebody holds who fell silent.
    """
    jobs = [*_facts(by, limit), *_unlinked(by, limit), *_conversations(by, limit), *_failures()]
    told = 0
    for _, tell in sorted(jobs, key=itemgetter(0)):
        if schedule.is_over():
            break
        told += tell()
    return told


def is_left() -> bool:
    """Whether something is due in a conversation whose holder fell silent. One query."""
    due = (
        model._default_manager.filter(abandoned(f"{path}__"), announce_at__lte=DatabaseNow())
        for model, path in TOLD
    )
    return any(exist(*due))


def _conversations(by: str, limit: int) -> Iterator[Job]:
    since: dict[int, datetime] = {}
    held: dict[int, datetime | None] = {}
    for model, path in TOLD:
        due = model._default_manager.filter(
            free(f"{path}__") | abandoned(f"{path}__"),
            announce_at__lte=DatabaseNow(),
            **{f"{path}__isnull": False},
        )
        columns = path, "announce_at", f"{path}__announcing_until"
        for key, at, until in due.order_by("announce_at").values_list(*columns)[:limit]:
            since[key] = min(at, since.get(key, at))
            held[key] = until
    together = {key for key, until in held.items() if until is None}
    if together:
        yield min(since[key] for key in together), partial(_tell_free, together, by)
    # One at a time: if it ends this process too, the others are nobody's meanwhile.
    for key in held.keys() - together:
        yield since[key], partial(takeover.conversation, key, by)


def _tell_free(keys: set[int], by: str) -> int:
    return conversations(keys, by) if lease(keys, by) else 0


def _unlinked(by: str, limit: int) -> Iterator[Job]:
    """Delivery statuses whose recorder stopped before looking for their message once more."""
    due = DeliveryStatus.objects.filter(announce_at__lte=DatabaseNow(), message=None)
    accounts: dict[str, dict[int, datetime]] = {}
    columns = "account", "pk", "announce_at"
    for account, pk, at in due.order_by("announce_at").values_list(*columns)[:limit]:
        accounts.setdefault(account, {})[pk] = at
    for account, rows in accounts.items():
        yield min(rows.values()), partial(_settle, account, rows, by)


def _settle(account: str, rows: dict[int, datetime], by: str) -> int:
    touched = record.settle(account, list(rows), now=max(rows.values()), leased_by=by)
    conversations(touched, by)
    return len(rows)


def _facts(by: str, limit: int) -> Iterator[Job]:
    columns = "announce_at", "pk", "claimed_by"
    for at, pk, before in _unclaimed().order_by("announce_at").values_list(*columns)[:limit]:
        assert at is not None  # noqa: S101  it is due
        yield at, partial(_tell_facts, pk, before, by)


def _unclaimed() -> CallQuerySet:
    """Calls with facts that are due, which nobody holds."""
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lt=DatabaseNow())
    return WebhookCall.objects.filter(unclaimed, announce_at__lte=DatabaseNow())


def _tell_facts(pk: int, before: str, by: str) -> int:
    # A call keeps its state: only the claim is used, by which others leave it alone.
    until = DatabaseNow() + timedelta(seconds=conf.current().claim_seconds)
    due = _unclaimed().filter(pk=pk, claimed_by=before)
    if not update(due, claimed_by=by, claimed_until=until):
        return 0
    claim = Claim(by, [pk])
    call = WebhookCall.objects.get(pk=pk)
    found = read(bytes(call.body))
    if before:
        takeover.facts(call, found, by)
    else:
        facts(call, found, claim)
    return 1


def _failures() -> Iterator[Job]:
    if due := due_failures():
        yield due[0].at, partial(retry_failures, due)
