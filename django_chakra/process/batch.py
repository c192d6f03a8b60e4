"""The claimed calls of one account, on their way from bytes to announced."""

from __future__ import annotations

import logging
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connections, router
from django.db.models import Case, OuterRef, Subquery, Value, When

from .. import announce, conf, record, schedule
from ..events import Event, UnknownEvent, read, storable_text
from ..models import CallState, WebhookCall
from ..models.calls import CallQuerySet
from ..models.contention import is_contention, patiently, update
from ..models.fields import DatabaseNow
from ..record import Fact, Written

logger = logging.getLogger("django_chakra.process")

#: Seconds until the second attempt; each further one waits twice as long.
FIRST_DELAY = 30


@dataclass(slots=True)
class Batch:
    """The claimed calls of one account, on their way through."""

    account: str
    by: str
    calls: list[WebhookCall]
    events: dict[int, list[Event]] = field(default_factory=dict)
    written: Written = field(default_factory=Written)
    errors: dict[int, Exception] = field(default_factory=dict)
    claim: announce.Claim = field(init=False)
    leased_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.claim = announce.Claim(self.by, [call.pk for call in self.calls])

    @property
    def using(self) -> str:
        return router.db_for_write(WebhookCall)

    def record(self) -> None:
        """Read and record everything that can be."""
        # One that is played again begins with its first attempt counted.
        limit = max(conf.current().max_attempts, 2)
        for call in [call for call in self.calls if call.attempts > limit]:
            self.calls.remove(call)
            self._fail([call], f"Given up: {limit} workers stopped while processing it.")
        if self.calls:
            self.events = {call.pk: read(bytes(call.body)) for call in self.calls}
            self.leased_at = time.monotonic()
            self._record()

    def announce(self) -> None:
        """Tell receivers of what was recorded."""
        awaited = [
            call
            for call in self.calls
            if call.pk not in self.errors and announce.has_receivers(self.events[call.pk])
        ]
        first = self._first_of_their_bodies(awaited)
        for place, call in enumerate(awaited):
            if schedule.is_over():
                self._leave(awaited[place:])
                break
            if not self.claim.holds(call):
                continue
            call.repeat_of_id = first.get(call.pk)
            announce.facts(call, self.events[call.pk], self.claim)
        if self.written.unlinked:
            self.written.conversations |= record.settle(
                self.account, self.written.unlinked, now=self._now, leased_by=self.by
            )
        if self.written.echoed:
            self.written.conversations |= record.resolve(
                self.account, now=self._now, leased_by=self.by
            )
        announce.conversations(self.written.conversations, self.by, leased_at=self.leased_at)

    def _first_of_their_bodies(self, calls: Sequence[WebhookCall]) -> dict[int, int | None]:
        """What marking them as processed found out: which of them are repeats."""
        if not calls:
            return {}
        rows = WebhookCall.objects.filter(pk__in=[call.pk for call in calls])
        return dict(rows.values_list("pk", "repeat_of_id"))

    def _leave(self, calls: Iterable[WebhookCall]) -> None:
        """Leave the facts of these calls to whoever sweeps next."""
        waiting = self._mine(calls).filter(announce_at__isnull=False)
        update(waiting, claimed_until=None, claimed_by="")

    @property
    def _now(self) -> Any:
        """The database's time of the claim: hosts' clocks may differ."""
        until = self.calls[0].claimed_until
        assert until is not None  # noqa: S101  just claimed
        return until - timedelta(seconds=conf.current().claim_seconds)

    def _record(self) -> None:
        facts = [
            Fact(event, call, place)
            for call in self.calls
            for place, event in enumerate(self.events[call.pk])
        ]

        def everything() -> Written:
            written = record.write(self.account, facts, now=self._now, leased_by=self.by)
            self._mark_processed(self.calls)
            return written

        try:
            self.written = patiently(everything, using=self.using)
        except Exception as error:
            if _is_away(error, self.using):
                raise
            logger.warning("A batch of %s calls could not be recorded whole", len(self.calls))
            self._record_halves(facts, error)
            self._close_apart()

    def _record_halves(self, facts: Sequence[Fact], error: Exception) -> None:
        """Record what can be, down to the single fact that can't; all, where it is not theirs."""
        if len(facts) <= 1 or (isinstance(error, OperationalError) and is_contention(error)):
            for fact in facts:
                self.errors[fact.call.pk] = error
            return
        middle = len(facts) // 2
        for half in (facts[:middle], facts[middle:]):
            try:
                written = patiently(lambda half=half: self._write(half), using=self.using)  # type: ignore[misc]
            except Exception as worse:
                if _is_away(worse, self.using):
                    raise
                self._record_halves(half, worse)
            else:
                self.written.conversations |= written.conversations
                self.written.unlinked += written.unlinked
                self.written.echoed |= written.echoed

    def _write(self, facts: Sequence[Fact]) -> Written:
        return record.write(self.account, facts, now=self._now, leased_by=self.by)

    def _close_apart(self) -> None:
        """After halving: each call is marked by what became of its own facts."""
        good = [call for call in self.calls if call.pk not in self.errors]
        patiently(lambda: self._mark_processed(good), using=self.using)
        for call in self.calls:
            if error := self.errors.get(call.pk):
                self._put_off(call, error)

    def _put_off(self, call: WebhookCall, error: Exception) -> None:
        settings = conf.current()
        report = storable_text("".join(traceback.format_exception(error)), 20_000)
        logger.error(
            "Call %s of account %s could not be recorded (attempt %s): %s",
            call.pk,
            call.account,
            call.attempts,
            type(error).__name__,
        )
        if call.attempts >= settings.max_attempts:
            self._fail([call], report)
            return
        seconds = min(FIRST_DELAY * 2 ** (call.attempts - 1), settings.max_delay_seconds)
        update(
            self._mine([call]),
            state=CallState.RECEIVED,
            next_attempt_at=DatabaseNow() + timedelta(seconds=seconds),
            claimed_until=None,
            claimed_by="",
            error=report,
        )

    def _fail(self, calls: list[WebhookCall], report: str) -> None:
        update(
            self._mine(calls),
            state=CallState.FAILED,
            next_attempt_at=None,
            claimed_until=None,
            claimed_by="",
            error=report,
        )

    def _mine(self, calls: Iterable[WebhookCall]) -> CallQuerySet:
        """These calls, where the claim has not passed to another worker."""
        return WebhookCall.objects.filter(pk__in=[call.pk for call in calls], claimed_by=self.by)

    def _mark_processed(self, calls: Iterable[WebhookCall]) -> None:
        """One statement, two when only some of the calls have receivers that wait for them."""
        described = {call: _describe(self.events[call.pk]) for call in calls}
        groups: dict[bool, list[WebhookCall]] = {}
        for call in described:
            is_awaited = announce.has_receivers(self.events[call.pk])
            groups.setdefault(is_awaited, []).append(call)
        for is_awaited, rows in groups.items():
            format_, kind, kinds, unreadable = (
                _by_key({call.pk: described[call][place] for call in rows}) for place in range(4)
            )
            # While receivers of event_received are told, the claim keeps other workers away.
            claim = {} if is_awaited else {"claimed_until": None, "claimed_by": ""}
            self._mine(rows).update(
                repeat_of=_first_of_its_body(),
                state=CallState.PROCESSED,
                processed_at=DatabaseNow(),
                next_attempt_at=None,
                format=format_,
                kind=kind,
                kinds=kinds,
                unreadable=unreadable,
                announce_at=DatabaseNow() if is_awaited else None,
                announced_at=None if is_awaited else DatabaseNow(),
                error="",
                **claim,
            )


def _by_key(values: dict[int, str | int]) -> Any:
    """The value that an update gives to each of these rows."""
    keys: dict[str | int, list[int]] = {}
    for key, value in values.items():
        keys.setdefault(value, []).append(key)
    *others, last = sorted(keys, key=lambda value: len(keys[value]))
    if not others:
        return last
    return Case(*(When(pk__in=keys[one], then=Value(one)) for one in others), default=Value(last))


def _first_of_its_body() -> Subquery:
    """The first call with the same bytes, unless that one was refused or given up."""
    earlier = WebhookCall.objects.exclude(state__in=(CallState.REFUSED, CallState.FAILED)).filter(
        account=OuterRef("account"), digest=OuterRef("digest"), pk__lt=OuterRef("pk")
    )
    return Subquery(earlier.order_by("pk").values("pk")[:1])


def _describe(events: Sequence[Event]) -> tuple[str, str, str, int]:
    """Format, kind, all kinds in words, and how many facts could not be read."""
    kinds = Counter(
        f"{event.kind}: {event.name}"
        if isinstance(event, UnknownEvent) and event.name
        else event.kind
        for event in events
    )
    words = ", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items())
    single = {event.kind for event in events}
    formats = {event.format for event in events if event.format}
    return (
        formats.pop() if formats else "",
        single.pop() if len(single) == 1 else "mixed",
        words[:2000],
        sum(event.kind == "unreadable" for event in events),
    )


def _is_away(error: Exception, using: str) -> bool:
    """Whether the database failed and not the content: then the claims run out by themselves."""
    if not isinstance(error, InterfaceError | OperationalError):
        return False
    if is_contention(error):
        return False  # others were in the way for very long: the calls are put off at once
    connection = connections[using]
    # On MySQL and MariaDB one that was closed can't be asked.
    return connection.connection is None or not connection.is_usable()
