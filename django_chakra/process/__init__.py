"""Take stored calls from received to processed: claim, read, record, announce.

A call is claimed with a lease and its attempt counted in the claiming statement. Whatever stops the
worker, the lease runs out and another one takes the call, alone, since it may be the reason.
"""

from __future__ import annotations

import logging
import time

from .. import announce, conf, schedule, spool
from ..exceptions import escaped
from ..models import CallState, WebhookCall
from ..models.calls import CallQuerySet
from ..models.claims import worker_name
from ..models.contention import patiently, update
from ..models.fields import DatabaseNow
from .batch import Batch

logger = logging.getLogger("django_chakra.process")

#: Calls that one claim takes; with fewer, much of the time goes into making the statements.
BATCH = 200
#: So many bytes at most, unless one call alone has more: a batch takes many times its bodies, and
#: should take no more than the largest of all calls.
BATCH_BYTES = 4 * 1024 * 1024
#: Other calls that are processed after an answer.
NEIGHBOURS = 5
#: How often a process looks for what stopped ones left undone.
SWEEP_SECONDS = 10.0
#: A stopped worker may have held many calls, and each is taken alone: so long in one sweep.
EXPIRED_SECONDS = 1.0

_swept_at = float("-inf")


def run(*, limit: int = BATCH) -> int:
    """Process up to ``limit`` calls that are due; return how many were taken."""
    return _work(WebhookCall.objects.due(CallState.RECEIVED)[:limit])


def run_expired() -> int:
    """Process one call whose worker fell silent; return how many were taken."""
    return _work(WebhookCall.objects.due(CallState.PROCESSING)[:1])


def run_one(pk: int) -> int:
    """Process this call if it still waits; return how many were taken."""
    waiting = WebhookCall.objects.filter(pk=pk, state=CallState.RECEIVED)
    return _work(waiting[:1])


def sweep() -> int:
    """Do what stopped workers left undone; return how much that was. Six queries when idle.

    There may be more of it: whoever can sweeps again until nothing is found.
    """
    until = time.monotonic() + EXPIRED_SECONDS
    with schedule.held():
        done = 0
        while taken := run_expired():
            done += taken
            if time.monotonic() > until or schedule.is_over():
                break
        return done + announce.sweep(worker_name())


def _work(waiting: CallQuerySet) -> int:
    spool.take_in()  # they came before what is claimed now
    by = worker_name()
    seconds = conf.current().claim_seconds
    calls = patiently(
        lambda: waiting.claim(by, seconds=seconds, most=BATCH_BYTES), using=waiting.db
    )
    accounts: dict[str, list[WebhookCall]] = {}
    for call in calls:
        accounts.setdefault(call.account, []).append(call)
    batches = [Batch(account, by, rows) for account, rows in accounts.items()]
    # Everything is recorded before the first receiver is told: receivers may be slow.
    for batch in batches:
        batch.record()
    with schedule.held():
        for batch in batches:
            batch.announce()
    return len(calls)


def replay(calls: CallQuerySet) -> int:
    """Let these calls be processed again; refused ones stay refused. Returns how many will be."""
    return update(
        calls.exclude(state__in=[CallState.REFUSED, CallState.PROCESSING]),
        state=CallState.RECEIVED,
        next_attempt_at=DatabaseNow(),
        # Not zero: their rows may be there, and are to be compared.
        attempts=1,
        error="",
    )


def inline(pk: int) -> None:
    """Process one call after its answer was sent, and a few others that are due.

    Never raises: the call is stored, and whoever comes next takes up what is left.
    """
    try:
        if spool.take_in():
            run()
        run_one(pk)
        run(limit=NEIGHBOURS)
        # What was recorded where a holder fell silent is told by a sweep: the next answer may be
        # hours away.
        if _is_time_to_sweep() or announce.is_left():
            sweep()
    except Exception as error:
        sentence = "Call %s is stored; processing it stopped and will be taken up again"
        logger.error(sentence, pk, exc_info=escaped(error))


def _is_time_to_sweep() -> bool:
    """At most every few seconds in one process: most answers have nothing to pick up."""
    global _swept_at
    if time.monotonic() - _swept_at < SWEEP_SECONDS:
        return False
    _swept_at = time.monotonic()
    return True
