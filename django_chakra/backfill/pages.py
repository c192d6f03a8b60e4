"""One page of messages: which of them are missing here, recording them, and having them told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, router
from django.db.models import Q

from .. import announce, conf, record, schedule
from ..events import Event, ListedMessage, Unreadable, read_listed
from ..events.listed import STATUSES
from ..exceptions import escaped
from ..models import BusinessNumber, DeliveryStatus, Message, MessageSource, MessageStatus
from ..models.contention import patiently
from ..record import Fact, Written
from .runs import Run

logger = logging.getLogger("django_chakra.backfill")

#: Of these the platform could not say at first what they are; its list may.
PARTIAL = frozenset({"media_placeholder", "unsupported", "unknown", "errors"})


@dataclass(frozen=True, slots=True)
class Known:
    """What there is here of a message that is listed."""

    external_id: str | None
    chakra_id: str
    status: str
    kind: str
    source: str

    def is_clearer(self, one: ListedMessage) -> bool:
        """Whether the entry says what it is, or what Chakra calls it, and we don't know that."""
        if self.source == MessageSource.SEND:
            return False  # we know best what we sent
        if self.kind in PARTIAL and one.kind not in PARTIAL:
            return True
        return bool(one.chakra_id) and not self.chakra_id


@dataclass(slots=True)
class Missing:
    """What a page has and we do not."""

    messages: list[ListedMessage] = field(default_factory=list)
    #: Those that are here, and of which the list knows more.
    clearer: list[ListedMessage] = field(default_factory=list)
    #: Those whose status is news, as it is of messages that are missing themselves.
    statuses: list[ListedMessage] = field(default_factory=list)
    #: Keys of delivery statuses that are here, and whose message is not.
    heard: set[str] = field(default_factory=set)


class Told(NamedTuple):
    """A fact, and the column of the run that counts it; "" for none: it was here already."""

    fact: Fact
    column: str


def read(entries: Sequence[Any], run: Run, *, contact: str) -> list[ListedMessage]:
    """The entries of a page that can be read; the others are counted.

    Args:
        contact: whom the list is with; "" is whom the other entries name, where that is one.
    """
    found, refused = _read(entries, contact)
    named = {one.contact for one in found if one.contact}
    if len(named) == 1 and any(not one.contact for one in found):
        found, refused = _read(entries, named.pop())
    for reason in refused:
        run.refuse(reason)
    return found


def _read(entries: Iterable[Any], contact: str) -> tuple[list[ListedMessage], list[str]]:
    found: list[ListedMessage] = []
    refused: list[str] = []
    for entry in entries:
        try:
            one = read_listed(entry, contact=contact)
        except Unreadable as error:
            refused.append(str(error))
        else:
            if one.external_id:
                found.append(one)
            else:
                refused.append("WhatsApp has not named it")
    return found, refused


def missing(account: str, listed: Sequence[ListedMessage], since: datetime) -> Missing:
    """What of these is not here: two queries at most."""
    named = {one.external_id: one for one in listed}
    known = _known(account, named.values())
    found = Missing()
    for one in named.values():
        row = known.get(one.external_id) or (known.get(one.chakra_id) if one.is_ours else None)
        if row is None and one.at < since:
            continue
        if row is None:
            found.messages.append(one)
        elif row.is_clearer(one):
            found.clearer.append(one)
        if one.is_ours and _is_news(one, row):
            found.statuses.append(one)
    found.heard = _heard(account, found.statuses)
    return found


def _known(account: str, named: Iterable[ListedMessage]) -> dict[str, Known]:
    """Rows by WhatsApp's id, and by Chakra's those that we know only by that."""
    listed = list(named)
    if not listed:
        return {}
    own = sorted({one.chakra_id for one in listed if one.is_ours and one.chakra_id})
    wanted = Q(external_id__in=sorted({one.external_id for one in listed}))
    wanted |= Q(chakra_id__in=own, external_id=None)
    rows = Message.objects.filter(wanted, account=account)
    columns = rows.values_list("external_id", "chakra_id", "status", "kind", "source")
    return {str(row[0] or row[1]): Known(*row) for row in columns}


def _is_news(one: ListedMessage, row: Known | None) -> bool:
    """Whether the word of an entry says more than we know."""
    if row is not None and row.external_id is None:
        return bool(one.status)  # any word teaches us what WhatsApp calls it
    if one.status not in STATUSES:
        return False
    rank = MessageStatus.rank(row.status) if row is not None else 0
    return MessageStatus.rank(one.status) > rank


def _heard(account: str, listed: Sequence[ListedMessage]) -> set[str]:
    """Which of their words are here already, and wait for their message."""
    said = (one.delivery_status(waba_id="") for one in listed)
    keys = {event.key for event in said if event is not None}
    if not keys:
        return set()
    rows = DeliveryStatus.objects.filter(account=account, key__in=sorted(keys))
    return set(rows.values_list("key", flat=True))


def facts_of(run: Run, found: Missing, *, now: datetime) -> list[Told]:
    """What webhooks would have told of these, counted; what can't be told is counted apart."""
    waba_id, number = _place(run.row.account)
    events: list[tuple[Event, str]] = []
    for some, column in ((found.messages, "missed"), (found.clearer, "")):
        for one in some:
            try:
                event = one.message(waba_id=waba_id, phone_number_id=number)
            except Unreadable as error:
                run.refuse(str(error))
            else:
                events.append((event, column))
    for one in found.statuses:
        if (status := one.delivery_status(waba_id=waba_id)) is not None:
            events.append((status, "" if status.key in found.heard else "missed_statuses"))
    for _, column in events:
        _count(run, column, 1)
    return [Told(Fact(one, None, at, now), column) for at, (one, column) in enumerate(events)]


def _count(run: Run, column: str, number: int) -> None:
    """Count where there is something to count."""
    if column:
        run.count(**{column: number})


def _place(account: str) -> tuple[str, str]:
    """WABA and number of what is listed without them, by what webhooks have named so far.

    The number only where it can be no other: events name the account's only one. Where they have
    named none (Chakra's do not), or there are several, the message goes where Chakra's events of
    its WABA would go, and moves once its number is named.
    """
    own = conf.account(account)
    waba_id, number = str(own.waba_id or ""), str(own.phone_number_id or "")
    rows = BusinessNumber.objects.filter(account=account)
    known = list(rows.values_list("phone_number_id", "waba_id", "seen_at"))
    wabas = {waba for _, waba, _ in known if waba}
    if not waba_id and len(wabas) == 1:
        [waba_id] = wabas
    named = [(id, seen_at) for id, _, seen_at in known if id]
    if len(named) == 1:
        [(id, seen_at)] = named
        if seen_at is not None and number in ("", id):
            return waba_id, id
    # Without a WABA there is nowhere else to put it.
    return waba_id, "" if waba_id else number


def keep(run: Run, told: Sequence[Told], *, now: datetime) -> None:
    """Record these in one transaction with how far the run is, and tell receivers."""
    using = router.db_for_write(Message)

    def work(some: Sequence[Fact]) -> Written:
        written = Written()
        if some:
            written = record.write(run.row.account, some, now=now, leased_by=run.by)
        run.save()
        return written

    try:
        written = [patiently(lambda: work([one.fact for one in told]), using=using)]
    except (InterfaceError, OperationalError):
        raise
    except DatabaseError as error:
        logger.warning(
            "A page of %s facts could not be recorded; trying each alone",
            len(told),
            exc_info=escaped(error),
        )
        written = _apart(run, told, work, using)
    for one in written:
        _tell(run, one, now)


def _apart(
    run: Run, told: Sequence[Told], work: Callable[[Sequence[Fact]], Written], using: str
) -> list[Written]:
    """Record one by one; what the database refuses is counted, and costs no neighbour."""
    written: list[Written] = []
    for fact, column in told:
        try:
            written.append(patiently(partial(work, [fact]), using=using))
        except (InterfaceError, OperationalError):
            raise
        except DatabaseError:
            _count(run, column, -1)
            run.refuse("the database refuses it")
    return written


def _tell(run: Run, written: Written, now: datetime) -> None:
    """As after a call was recorded."""
    account, touched = run.row.account, set(written.conversations)
    with schedule.held():
        if written.unlinked:
            touched |= record.settle(account, written.unlinked, now=now, leased_by=run.by)
        if written.echoed:
            touched |= record.resolve(account, now=now, leased_by=run.by)
        announce.conversations(touched, run.by)
