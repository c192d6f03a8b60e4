"""Bring together what came apart: statuses, replies and changes that were here first.

Two rows that belong together may be recorded at the same moment in two transactions that can't see
each other. So each side looks again after its own commit, and either one finds the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import Exists, OuterRef, Q

from ..models import Contact, DeliveryStatus, Message
from ..models.contention import patiently
from ..models.statements import upsert
from . import sent, statuses
from .changes import show
from .conversations import refresh
from .fates import fold_into
from .joining import Announcer, join

#: Columns that point at another message, with the id by which the platform names that one.
POINTERS = {"reply_to": "reply_to_external_id", "target": "target_external_id"}


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
        touched = _tell(linked, rows, now) | _rejoin(messages, Announcer(now, leased_by))
        for pointer in POINTERS:
            pointed = _point(account, pointer, rows)
            if pointer == "target" and pointed:
                touched |= show(pointed)
        if touched:
            refresh(touched, leased_by=leased_by)
        return touched

    return patiently(work, using=router.db_for_write(Message))


def awaited() -> Any:
    """The condition that something waits for a message: statuses, replies, changes, a contact."""
    early = DeliveryStatus.objects.filter(account=OuterRef("account"), message=None)
    return (
        Q(Exists(early.filter(external_id=OuterRef("external_id"))))
        | _unlinked("reply_to", "reply_to_external_id")
        | _unlinked("target", "target_external_id")
        | _astray("contact")
        | _astray("conversation__contact")
        # Asked only where there is such an id: most statuses that wait have none either.
        | (~Q(chakra_id="") & Exists(early.filter(chakra_id=OuterRef("chakra_id"))))
    )


def _unlinked(pointer: str, by_id: str) -> Q:
    """Somebody points at this message's id and not yet at its row, or it at somebody's."""
    others = Message.objects.filter(account=OuterRef("account"))
    pointing = others.filter(**{by_id: OuterRef("external_id"), pointer: None})
    pointed = others.filter(external_id=OuterRef(by_id))
    own = Q(**{pointer: None}) & ~Q(**{by_id: ""}) & Q(Exists(pointed))
    return Q(Exists(pointing)) | own


def _astray(path: str) -> Q:
    """Its contact was joined with another one while it was being recorded."""
    return Q(**{f"{path}__merged_into__isnull": False})


def _rejoin(messages: Collection[int], by: Announcer) -> set[int]:
    """Bring messages home that were recorded while their contact was joined with another one."""
    touched: set[int] = set()
    for path in ("messages", "conversations__messages"):
        astray = Contact.objects.filter(**{f"{path}__in": messages}, merged_into__isnull=False)
        for pk, into in astray.values_list("pk", "merged_into").distinct():
            touched |= join({pk, into or pk}, by)[1]
    return touched


def _point(account: str, pointer: str, rows: list[Message]) -> set[int]:
    """Point others at these messages, and these at others; return what is pointed at by now."""
    by_id = POINTERS[pointer]
    own = [i for row in rows if (i := row.external_id)]
    unlinked = Q(**{f"{by_id}__in": own})
    unlinked |= Q(pk__in=[row.pk for row in rows if getattr(row, by_id)])
    pointing = list(Message.objects.filter(unlinked, account=account, **{pointer: None}))
    wanted = sorted({getattr(row, by_id) for row in pointing})
    if not wanted:
        return set()
    found = Message.objects.filter(account=account, external_id__in=wanted)
    known = dict(found.values_list("external_id", "pk"))
    pointed = [row for row in pointing if getattr(row, by_id) in known]
    for row in pointed:
        setattr(row, f"{pointer}_id", known[getattr(row, by_id)])
    if pointed:
        upsert(sorted(pointed, key=lambda row: row.pk), by=["id"], update=[pointer])
    return {known[getattr(row, by_id)] for row in pointed}


def resolve(
    account: str, *, now: datetime, leased_by: str, find: Callable[[], set[int]] | None = None
) -> set[int]:
    """Find out what became of messages of ours whose end is unknown; the conversations changed.

    ``find`` names them and returns those that it found: by default by what webhooks brought.
    """

    def work() -> set[int]:
        return sent.match(account) if find is None else find()

    found = patiently(work, using=router.db_for_write(Message))
    if not found:
        return set()
    conversations = Message.objects.filter(pk__in=found).values_list("conversation_id", flat=True)
    touched = link(account, found, now=now, leased_by=leased_by) | set(conversations)

    def again() -> None:
        refresh(touched, leased_by=leased_by)

    patiently(again, using=router.db_for_write(Message))
    return touched


def settle(account: str, keys: Collection[int], *, now: datetime, leased_by: str) -> set[int]:
    """Look once more for the messages of delivery statuses that were recorded without one.

    Those whose message is still unknown rest until it comes. Returns the changed conversations.
    """

    def work() -> set[int]:
        waiting = DeliveryStatus.objects.filter(pk__in=keys, account=account, message=None)
        found = sent.match(account)
        messages = statuses.find_messages(account, waiting)
        # Messages before statuses, as everywhere: two that lock both can't meet head-on.
        rows = list(waiting.select_for_update().order_by("key"))
        linked = statuses.point(rows, messages)
        touched = _tell(linked, messages, now)
        touched |= {row.conversation_id for row in messages if row.pk in found}
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
    statuses.wake([row.pk for row in linked], now=now)
    return fold_into(messages, linked)
