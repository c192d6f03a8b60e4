"""Receivers that raised: written down, told again with growing delay, given up in the end."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import router
from django.db.models import F

from .. import conf, schedule
from ..events import read, storable_text
from ..exceptions import escaped
from ..models import DeliveryStatus, FailureState, Message, ReceiverFailure, WebhookCall
from ..models.contention import repeated, update
from ..models.fields import DatabaseNow
from ..models.statements import upsert
from ..signals import SIGNALS
from .due import arguments_for

logger = logging.getLogger("django_chakra.announce")

#: Seconds until the second attempt; each further one waits four times as long.
FIRST_DELAY = 10
#: How long one attempt may take before another worker may try the same.
ATTEMPT_SECONDS = 300


class Failed(NamedTuple):
    """One receiver that raised on one subject."""

    signal: str
    receiver: str
    error: Exception
    subject: Message | DeliveryStatus | WebhookCall
    #: Which fact of the call.
    fact: int | None = None


def write_down(failed: Sequence[Failed]) -> None:
    """Keep these failures, so that the receivers hear again."""
    for failure in failed:
        logger.warning(
            "Receiver %s of %s raised %s on %s %s; it will hear again",
            failure.receiver,
            failure.signal,
            type(failure.error).__name__,
            failure.subject._meta.model_name,
            failure.subject.pk,
            exc_info=escaped(failure.error),
        )
    rows = {row.key: row for row in map(_row, failed)}
    upsert(
        [rows[key] for key in sorted(rows)],
        by=["key"],
        update=["error", "next_attempt_at", "state"],
    )


def _row(failure: Failed) -> ReceiverFailure:
    subject = failure.subject
    named = f"{failure.signal}|{failure.receiver}|{subject._meta.model_name}|{subject.pk}"
    row = ReceiverFailure(
        account=subject.account,
        key=hashlib.sha256(f"{named}|{failure.fact}".encode()).hexdigest(),
        signal=failure.signal,
        receiver=failure.receiver,
        fact=failure.fact,
        attempts=1,
        next_attempt_at=DatabaseNow() + timedelta(seconds=FIRST_DELAY),
        error=_report(failure.error),
    )
    if isinstance(subject, Message):
        row.message = subject
    elif isinstance(subject, DeliveryStatus):
        row.delivery_status = subject
    else:
        row.call = subject
    return row


def _report(error: Exception) -> str:
    return storable_text("".join(traceback.format_exception(error)), 20_000)


def retry_failures(limit: int = 20) -> int:
    """Tell receivers whose time has come again; return how many were told."""
    due = ReceiverFailure.objects.filter(
        state=FailureState.WAITING, next_attempt_at__lte=DatabaseNow()
    ).order_by("next_attempt_at")
    told = 0
    for pk, at in list(due.values_list("pk", "next_attempt_at")[:limit]):
        if schedule.is_over():
            break
        taken = update(
            ReceiverFailure.objects.filter(pk=pk, next_attempt_at=at),
            attempts=F("attempts") + 1,
            next_attempt_at=DatabaseNow() + timedelta(seconds=ATTEMPT_SECONDS),
        )
        if taken:
            _tell_again(
                ReceiverFailure.objects.select_related(
                    "call", "message__conversation", "delivery_status__message__conversation"
                ).get(pk=pk)
            )
            told += 1
    return told


def _tell_again(failure: ReceiverFailure) -> None:
    if failure.attempts > conf.current().receiver_max_attempts:
        # Attempts are counted when they begin: nobody came back from the last ones.
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
    failure.state, failure.next_attempt_at = FailureState.ORPHANED, None
    _save(failure, "state", "next_attempt_at")


def _put_off(failure: ReceiverFailure, error: Exception) -> None:
    settings = conf.current()
    failure.error = _report(error)
    if failure.attempts >= settings.receiver_max_attempts:
        _give_up(failure)
        return
    seconds = min(FIRST_DELAY * 4 ** (failure.attempts - 1), settings.max_delay_seconds)
    failure.next_attempt_at = DatabaseNow() + timedelta(seconds=seconds)
    _save(failure, "error", "next_attempt_at")


def _give_up(failure: ReceiverFailure) -> None:
    logger.error("Receiver %s of %s is given up", failure.receiver, failure.signal)
    failure.state, failure.next_attempt_at = FailureState.GIVEN_UP, None
    # What went beyond the limit was never told.
    failure.attempts = min(failure.attempts, conf.current().receiver_max_attempts)
    _save(failure, "attempts", "error", "state", "next_attempt_at")


def _save(failure: ReceiverFailure, *columns: str) -> None:
    def save() -> None:
        failure.save(update_fields=columns)

    repeated(save, using=router.db_for_write(ReceiverFailure))


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
