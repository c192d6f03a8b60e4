"""Announce conversations under their lease: one worker at a time, in order."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import router
from django.db.models import F, QuerySet

from .. import conf, record, schedule
from ..models import Conversation, DeliveryStatus, Message
from ..models.contention import patiently
from ..models.fields import DatabaseNow
from ..models.statements import update_together
from .due import Due, Found, find_due
from .failures import Failed, write_down

#: After so many seconds a round stamps what was told and lets others have the rest.
ROUND_SECONDS = 1.0
#: What says of a row that its receivers have heard.
STAMPED: dict[str, Any] = {"announced_at": DatabaseNow(), "announce_at": None}


@dataclass(slots=True)
class Round:
    """What one round told, and whether the leases held until its end."""

    told: list[Due] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)


def conversations(keys: Collection[int], by: str, *, leased_at: float | None = None) -> int:
    """Tell all that is due in those of these conversations that ``by`` holds; give them back.

    Returns how many messages and delivery statuses were told. Conversations that somebody else
    holds are passed over: the holder looks once more before giving them back. Where the time is
    over they are given back as they are, for a sweep.
    """
    remaining, total = set(keys), 0
    seconds = conf.current().announce_seconds
    if leased_at is not None and time.monotonic() - leased_at > seconds / 3:
        _renew(keys, by, seconds)
    linked: set[int] = set()
    while remaining:
        if schedule.is_over():
            _stamp(Round(), Conversation.objects.held(by, sorted(remaining)))
            break
        found = look(remaining, by, linked)
        done = _tell(found, remaining, by)
        total += len(done.told)
        whole = found.whole and len(done.told) == len(found.items)
        remaining = _give_back(done, remaining, by, whole=whole)
    return total


def look(keys: set[int], by: str, linked: set[int]) -> Found:
    """What is due in these conversations, once all that came before it is brought in.

    ``keys`` grows by those that this changed; ``linked`` are messages that were looked after.
    """
    while True:
        found = find_due(keys, by)
        awaited = [row for row in found.awaited if row.pk not in linked]
        if not awaited:
            return found
        linked |= {row.pk for row in awaited}
        keys |= _link(awaited, by)


def _link(messages: list[Message], by: str) -> set[int]:
    """Bring in what came before these messages; it becomes due in the next look.

    Returns the conversations that this changed, into which messages may have moved.
    """
    accounts: dict[str, list[Message]] = {}
    for message in messages:
        accounts.setdefault(message.account, []).append(message)
    touched: set[int] = set()
    for account, rows in accounts.items():
        now = max(row.announce_at for row in rows if row.announce_at)
        touched |= record.link(account, [row.pk for row in rows], now=now, leased_by=by)
    return touched


def _tell(found: Found, keys: Collection[int], by: str) -> Round:
    done = Round()
    seconds = conf.current().announce_seconds
    started = renewed = time.monotonic()
    held = set(keys)
    for item in found.items:
        if item.message.conversation_id not in held:
            continue  # Taken over by somebody else, who tells the rest of it.
        signal = item.signal
        if signal is not None:
            for receiver, error in signal.tell(Message, **item.arguments):
                if error is not None:
                    done.failed.append(Failed(signal.name, receiver, error, item.subject))
                if time.monotonic() - renewed > seconds / 3:
                    renewed = time.monotonic()
                    held = _renew(keys, by, seconds)
        done.told.append(item)
        if time.monotonic() - started > ROUND_SECONDS:
            break
    return done


def _renew(keys: Collection[int], by: str, seconds: int) -> set[int]:
    """Hold on for longer to those that nobody has taken over; return them."""
    held = Conversation.objects.held(by, keys)
    patiently(lambda: held.renew(by, seconds=seconds), using=router.db_for_write(Conversation))
    return set(held.values_list("pk", flat=True))


def _give_back(done: Round, keys: set[int], by: str, *, whole: bool) -> set[int]:
    """Stamp and release; return the conversations to look at once more.

    A conversation whose version moved since it was taken has got something new: its recorder found
    it held and relies on us. One that we could not finish is offered to others first.
    """
    held = Conversation.objects.held(by, sorted(keys))
    if whole:
        released = _stamp(done, held.filter(version=F("announcing_version")))
        if released == len(keys):
            return set()
        again = set(Conversation.objects.held(by, sorted(keys)).values_list("pk", flat=True))
    else:
        _stamp(done, held)
        again = set(keys)
    if again:
        lease(again, by)
    return (
        again if whole else set(Conversation.objects.held(by, again).values_list("pk", flat=True))
    )


def lease(keys: Collection[int], by: str) -> int:
    """Take those of these conversations that are free; return how many are held now."""
    rows = Conversation.objects.filter(pk__in=sorted(keys))
    seconds = conf.current().announce_seconds
    return patiently(
        lambda: rows.lease(by, seconds=seconds), using=router.db_for_write(Conversation)
    )


def _stamp(done: Round, release: QuerySet[Conversation]) -> int:
    """Write down who was told, and give these conversations back; return how many were."""
    updates: list[tuple[QuerySet[Any], dict[str, Any]]] = []
    for model in (Message, DeliveryStatus):
        keys = sorted(item.subject.pk for item in done.told if isinstance(item.subject, model))
        if keys:
            updates.append((model._default_manager.filter(pk__in=keys), STAMPED))
    updates.append((release, {"announcing_until": None, "announcing_by": ""}))

    def write() -> int:
        if done.failed:
            write_down(done.failed)
        return update_together(updates)

    return patiently(write, using=router.db_for_write(Message))
