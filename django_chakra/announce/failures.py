"""Receivers that failed: written down, told again with growing delay, given up in the end.

One that raised is written down after that. Where a process ended while it told, each receiver is
written down before it is told: one that ends its process leaves a row, and attempts are counted.
"""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from django.db import router
from django.db.models import Case, F, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from .. import conf, schedule
from ..events import read, storable_text
from ..exceptions import escaped
from ..models import DeliveryStatus, FailureState, Message, ReceiverFailure, WebhookCall
from ..models.contention import patiently, repeated, update
from ..models.fields import DatabaseNow
from ..models.statements import upsert
from ..signals import SIGNALS
from .due import arguments_for

logger = logging.getLogger("django_chakra.announce")

#: Seconds until the second attempt; each further one waits four times as long.
FIRST_DELAY = 10
#: How long one attempt may take before another worker may try the same.
ATTEMPT_SECONDS = 300
#: Receivers that fail are often slow ones too, and new calls wait meanwhile: so long in one sweep.
RETRY_SECONDS = 1.0


Subject: TypeAlias = "Message | DeliveryStatus | WebhookCall"
"""What receivers are told of; a call: of one of its facts."""

#: Which column of a failure names its subject.
COLUMNS = {Message: "message", DeliveryStatus: "delivery_status", WebhookCall: "call"}
ENDED = "The process ended, or hung, while this receiver was told"
BEFORE = f"{ENDED}. Before that:\n\n"


class Failed(NamedTuple):
    """One receiver that has to hear again of one subject, and why."""

    signal: str
    receiver: str
    error: Exception
    subject: Subject
    #: Which fact of the call.
    fact: int | None = None
    #: 0: nobody has begun to tell it.
    attempts: int = 1

    @property
    def key(self) -> str:
        """What makes it one row, however often it fails."""
        subject = self.subject
        named = f"{self.signal}|{self.receiver}|{subject._meta.model_name}|{subject.pk}"
        return hashlib.sha256(f"{named}|{self.fact}".encode()).hexdigest()


def written_down(subject: Subject) -> set[str]:
    """The keys of all failures on this subject."""
    rows = ReceiverFailure.objects.filter(**{COLUMNS[type(subject)]: subject})
    return set(rows.values_list("key", flat=True))


def tell_carefully(
    mark: Failed, sender: type[Any], arguments: dict[str, Any], *, hold: Callable[[], int]
) -> bool:
    """Tell one receiver that may end this process: ``mark`` is a row while it is told.

    Returns False when ``hold`` finds that somebody else took over, and nothing was told.
    """
    using = router.db_for_write(ReceiverFailure)

    def begin() -> bool:
        if not hold():
            return False
        _keep([mark], seconds=ATTEMPT_SECONDS)
        return True

    if not patiently(begin, using=using):
        return False
    told = SIGNALS[mark.signal].tell(sender, only=[mark.receiver], **arguments)
    if errors := [error for _, error in told if error is not None]:
        raised = mark._replace(error=errors[0])
        _log(raised)
        # A retry may have had the row meanwhile: what it counted stays.
        patiently(lambda: _keep([raised], seconds=FIRST_DELAY), using=using)
    else:
        row = ReceiverFailure.objects.filter(key=mark.key)
        patiently(row.delete, using=using)
    return True


def write_down(failed: Sequence[Failed]) -> None:
    """Keep these failures, so that the receivers hear again.

    One that is there, of a call that is replayed, begins anew: it may have been given up.
    """
    for failure in failed:
        _log(failure)
    _keep(failed, seconds=FIRST_DELAY, also=["attempts"])


def _log(failure: Failed) -> None:
    subject = failure.subject
    named = failure.receiver, failure.signal, subject._meta.model_name, subject.pk
    if failure.attempts:
        sentence = "Receiver %s of %s raised %s on %s %s; it will hear again"
        kind = type(failure.error).__name__
        logger.warning(sentence, *named[:2], kind, *named[2:], exc_info=escaped(failure.error))
    else:
        logger.warning("Receiver %s of %s will hear later of %s %s", *named)


def _keep(failed: Sequence[Failed], *, seconds: int, also: Sequence[str] = ()) -> None:
    at = DatabaseNow() + timedelta(seconds=seconds)
    rows = {
        failure.key: ReceiverFailure(
            account=failure.subject.account,
            key=failure.key,
            signal=failure.signal,
            receiver=failure.receiver,
            fact=failure.fact,
            attempts=failure.attempts,
            next_attempt_at=at,
            error=_report(failure.error),
            **{COLUMNS[type(failure.subject)]: failure.subject},
        )
        for failure in failed
    }
    upsert(
        [rows[key] for key in sorted(rows)],
        by=["key"],
        update=["error", "next_attempt_at", "state", *also],
    )


def _report(error: Exception) -> str:
    return storable_text("".join(traceback.format_exception(error)), 20_000)


class Retry(NamedTuple):
    """A failure whose time has come again."""

    at: datetime
    pk: int
    attempts: int


def due_failures(limit: int = 20) -> list[Retry]:
    """Receivers whose time has come again, the oldest first."""
    due = ReceiverFailure.objects.filter(
        state=FailureState.WAITING, next_attempt_at__lte=DatabaseNow()
    ).order_by("next_attempt_at", "fact", "pk")
    found = due.values_list("next_attempt_at", "pk", "attempts")[:limit]
    return [Retry(at, pk, attempts) for at, pk, attempts in found if at]


def retry_failures(due: Sequence[Retry]) -> int:
    """Tell these receivers again, as many as there is time for; return how many were told."""
    told, until = 0, time.monotonic() + RETRY_SECONDS
    for at, pk, attempts in due:
        if time.monotonic() > until or schedule.is_over():
            break
        # Counted before it is told: it may not come back from there.
        seconds = max(ATTEMPT_SECONDS, _delay(attempts + 1))
        taken = update(
            ReceiverFailure.objects.filter(pk=pk, next_attempt_at=at),
            attempts=attempts + 1,
            next_attempt_at=DatabaseNow() + timedelta(seconds=seconds),
            error=_error_of(attempts + 1),
        )
        rows = ReceiverFailure.objects.select_related(
            "call", "message__conversation", "delivery_status__message__conversation"
        )
        if taken and (failure := rows.filter(pk=pk).first()):
            _tell_again(failure)
            told += 1
    return told


def _error_of(attempt: int) -> Combinable:
    """What the row says while this attempt runs: true as well if nobody comes back from it."""
    error = F("error")
    if attempt > conf.current().receiver_max_attempts:
        return error  # It is not begun.
    said = Concat(Value(BEFORE), error, output_field=TextField())
    return Case(When(error__contains=ENDED, then=error), default=said)


def _delay(attempts: int) -> int:
    """How many seconds the next attempt is away after so many."""
    return int(min(FIRST_DELAY * 4 ** (attempts - 1), conf.current().max_delay_seconds))


def _tell_again(failure: ReceiverFailure) -> None:
    if failure.attempts > conf.current().receiver_max_attempts:
        # Nobody came back from the last attempt, or fewer are allowed by now.
        _give_up(failure)
        return
    signal = SIGNALS.get(failure.signal)
    sender, arguments = _subject(failure)
    told = False
    if signal is not None and sender is not None:
        for _, error in signal.tell(sender, only=[failure.receiver], **arguments):
            told = True
            if error is not None:
                _put_off(failure, error)
                return
    if told:
        repeated(failure.delete, using=router.db_for_write(ReceiverFailure))
        return
    # The receiver was renamed or removed: nobody is there to be told.
    said = failure.error.removeprefix(BEFORE)
    _change(failure, state=FailureState.ORPHANED, next_attempt_at=None, error=said)


def _put_off(failure: ReceiverFailure, error: Exception) -> None:
    failure.error = _report(error)
    if failure.attempts >= conf.current().receiver_max_attempts:
        _give_up(failure)
        return
    seconds = timedelta(seconds=_delay(failure.attempts))
    _change(failure, error=failure.error, next_attempt_at=DatabaseNow() + seconds)


def _give_up(failure: ReceiverFailure) -> None:
    is_given_up = _change(
        failure,
        state=FailureState.GIVEN_UP,
        next_attempt_at=None,
        error=failure.error,
        # What went beyond the limit was never told.
        attempts=min(failure.attempts, conf.current().receiver_max_attempts),
    )
    if is_given_up:
        logger.error("Receiver %s of %s is given up", failure.receiver, failure.signal)


def _change(failure: ReceiverFailure, **values: Any) -> bool:
    """Unless it is another's by now: told and taken away, or to be told again since."""
    row = ReceiverFailure.objects.filter(pk=failure.pk, next_attempt_at=failure.next_attempt_at)
    return bool(update(row, **values))


def _subject(failure: ReceiverFailure) -> tuple[type[Any] | None, dict[str, Any]]:
    """Sender and arguments as they were the first time."""
    subject = failure.delivery_status or failure.message
    if subject is not None:
        return Message, arguments_for(subject)
    if failure.call is not None:
        events = read(bytes(failure.call.body))
        if failure.fact is not None and failure.fact < len(events):
            event = events[failure.fact]
            arguments = {"event": event, "call": failure.call, "account": failure.account}
            return type(event), arguments
    return None, {}
