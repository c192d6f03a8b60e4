"""Record delivery statuses: the whole history, and the highest word on the message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import connections
from django.db.models import Q

from ..events import DeliveryStatusReported, canonical, completeness
from ..events.base import mapping
from ..events.content import is_listed
from ..models import (
    DeliveryStatus,
    Message,
    MessageSource,
    Resolution,
)
from ..models.callback_data import row_named
from ..models.statements import upsert
from .facts import Fact
from .fates import fold_into, take_cause
from .sent import name

#: What another copy of a status, or its message, may change.
SAVED = (
    "message_id",
    "chakra_id",
    "recipient",
    "error_code",
    "error_title",
    "error_details",
    "pricing_category",
    "billable",
    "payload",
    "occurred_at",
    "received_at",
)


def write(account: str, facts: Sequence[Fact], *, now: datetime) -> tuple[set[int], list[int]]:
    """Record these delivery statuses.

    Returns:
        The conversations that changed, and the rows whose message is not known.
    """
    rows: dict[str, DeliveryStatus] = {}
    for fact in facts:
        row = _row(account, fact, now)
        known = rows.setdefault(row.key, row)
        if known is not row:
            _merge_content(known, row)
    named = _named(account, facts)
    # Locked first: whoever speaks of the same message waits here, before reading what it says.
    messages = find_messages(account, rows.values(), named.values())
    if named:
        messages = _teach(messages, rows, named)
    point(rows.values(), messages)
    current = _upsert(account, rows, {f.call_id for f in facts if f.may_repeat}, now=now)
    touched = fold_into(messages, current)
    return touched, [row.pk for row in current if row.message_id is None]


def _named(account: str, facts: Sequence[Fact]) -> dict[str, int]:
    """Rows by key -> the message of ours that their callback data names."""
    events = [event for fact in facts if isinstance(event := fact.event, DeliveryStatusReported)]
    found = {event.key: row_named(account, event.callback_data) for event in events}
    return {key: pk for key, pk in found.items() if pk is not None}


def _teach(
    messages: list[Message], rows: dict[str, DeliveryStatus], named: dict[str, int]
) -> list[Message]:
    """Let messages that our callback data names be called what these statuses call them."""
    known = {message.pk: message for message in messages}
    for key, pk in named.items():
        message, external_id = known.get(pk), rows[key].external_id
        if message is None or message.external_id not in (None, external_id) or not external_id:
            continue
        if message.external_id is not None:
            # Surer than what merely fitted, whichever came first.
            Message.objects.filter(pk=pk).exclude(resolution=Resolution.ANSWER).update(
                resolution=Resolution.CALLBACK
            )
            continue
        copy = next((one for one in known.values() if one.external_id == external_id), None)
        if copy is not None and copy.source != MessageSource.SEND:
            del known[copy.pk]  # once it is deleted it has no key
        name(message, external_id, str(Resolution.CALLBACK), copy)
    return list(known.values())


def find_messages(
    account: str, rows: Iterable[DeliveryStatus], named: Iterable[int] = ()
) -> list[Message]:
    """The messages that these rows speak of, locked in the order of their keys.

    ``named``: keys of messages of ours that are looked up as well.
    """
    rows, keys = list(rows), sorted(set(named))
    external = sorted({row.external_id for row in rows if row.external_id})
    chakra = sorted({row.chakra_id for row in rows if row.chakra_id})
    wanted = Q(external_id__in=external)
    if chakra:
        wanted |= Q(chakra_id__in=chakra)
    if keys:
        wanted |= Q(pk__in=keys, source=MessageSource.SEND)
    return list(Message.objects.select_for_update().filter(wanted, account=account).order_by("pk"))


def point(rows: Iterable[DeliveryStatus], messages: Iterable[Message]) -> list[DeliveryStatus]:
    """Set ``message`` where one of these is meant, by external id first; return those rows."""
    external = {message.external_id: message.pk for message in messages}
    chakra = {message.chakra_id: message.pk for message in messages if message.chakra_id}
    pointed = []
    for row in rows:
        key = external.get(row.external_id) if row.external_id else None
        if key is None and row.chakra_id:
            key = chakra.get(row.chakra_id)
        if key is not None and row.message_id is None:
            row.message_id = key
            pointed.append(row)
    return pointed


def _row(account: str, fact: Fact, now: datetime) -> DeliveryStatus:
    event = fact.event
    assert isinstance(event, DeliveryStatusReported)  # noqa: S101  the caller sorted them
    return DeliveryStatus(
        account=account,
        key=event.key,
        external_id=event.external_id,
        chakra_id=event.chakra_id,
        type=event.type,
        status=event.status,
        recipient=event.recipient,
        participant=event.participant,
        error_code=event.error_code,
        error_title=event.error_title,
        error_details=event.error_details,
        pricing_category=event.pricing_category,
        billable=event.billable,
        payload=event.item,
        occurred_at=event.occurred_at,
        received_at=fact.received_at,
        call_id=fact.call_id,
        announce_at=now,
    )


def _upsert(
    account: str, rows: dict[str, DeliveryStatus], repeated: set[int | None], *, now: datetime
) -> list[DeliveryStatus]:
    """Insert what is new, merge into what was there; return the rows as they are now."""
    ordered = [rows[key] for key in sorted(rows)]
    sent_for = {row.key: row.call_id for row in ordered}
    upsert(
        ordered,
        by=["account", "key"],
    )
    returning = connections[DeliveryStatus.objects.db].features.can_return_rows_from_bulk_insert
    known = [
        row
        for row in ordered
        if not returning or row.call_id != sent_for[row.key] or sent_for[row.key] in repeated
    ]
    if not known:
        return ordered
    merged, changed, found = [], [], []
    for row in DeliveryStatus.objects.filter(account=account, key__in=[r.key for r in known]):
        offered = rows[row.key]
        before = [getattr(row, name) for name in SAVED]
        if row.message_id is None and offered.message_id is not None:
            row.message_id = offered.message_id
            found.append(row.pk)
        _merge_content(row, offered)
        merged.append(row)
        if before != [getattr(row, name) for name in SAVED]:
            changed.append(row)
    save(changed)
    wake(found, now=now)
    keys = {row.key for row in known}
    return [row for row in ordered if row.key not in keys] + merged


def _content_rank(row: DeliveryStatus) -> tuple[bool, bool, int, str]:
    posted = not is_listed(mapping(row.payload))
    return (posted, row.error_code is not None, completeness(row.payload), canonical(row.payload))


def _merge_content(row: DeliveryStatus, offered: DeliveryStatus) -> None:
    """The greatest content, the earliest time, and every id that any copy names."""
    if _content_rank(offered) > _content_rank(row):
        for name in ("recipient", "pricing_category", "billable", "payload"):
            setattr(row, name, getattr(offered, name))
    # Apart from the payload, as on the message, which hears of every copy.
    take_cause(row, offered)
    row.chakra_id = max(row.chakra_id, offered.chakra_id)
    times = [at for at in (row.occurred_at, offered.occurred_at) if at]
    row.occurred_at = min(times, default=None)
    row.received_at = min(row.received_at, offered.received_at)


def wake(keys: Collection[int], *, now: datetime) -> None:
    """Make due what may have rested until its message was known, and was never told."""
    if keys:
        DeliveryStatus.objects.filter(pk__in=keys, announced_at=None).update(announce_at=now)


def save(rows: Iterable[DeliveryStatus]) -> None:
    """Write back rows that exist."""
    if ordered := sorted(rows, key=lambda row: row.key):
        upsert(
            ordered,
            by=["id"],
            update=SAVED,
        )
