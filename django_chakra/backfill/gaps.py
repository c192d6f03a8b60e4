"""After a gap: what the worker does by itself where ``BACKFILL_AFTER`` is set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import Error, close_old_connections, connections
from django.utils import timezone

from .. import conf
from ..exceptions import BackfillRunning, ChakraError, escaped
from ..models import Backfill
from . import run
from .hours import Hours, is_open, open_time, parse
from .scope import RECENT, Scope, last_call

logger = logging.getLogger("django_chakra.backfill")

#: Seconds between two looks; each costs two queries per account.
POLL_SECONDS = 30.0

Say = Callable[[str], None]


def reason_of(account: str, *, starts: bool) -> str:
    """Why to ask the platform now: "start", "gap", or "" for not at all.

    At the start of a worker, where the last call is older than ``BACKFILL_AFTER`` minutes; later,
    where so many minutes of the business hours have passed without one, and it is such an hour.
    Either once in so many minutes. Never where no call has ever come: a new site is no gap.
    """
    minutes = _minutes()
    last = last_call(account)
    if not minutes or last is None:
        return ""
    now, zone = timezone.now(), timezone.get_default_timezone()
    silent_since = max(last, _tried(account) or last)
    if starts:
        return "start" if now - silent_since >= minutes else ""
    hours = _hours()
    is_gap = open_time(hours, silent_since, now, zone) >= minutes
    return "gap" if is_gap and is_open(hours, now, zone) else ""


def _minutes() -> timedelta:
    """The setting; what is no number is never, as a check says."""
    given: object = conf.current().backfill_after
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 10**6:
        return timedelta(0)
    return timedelta(minutes=given)


def _hours() -> Sequence[Hours]:
    """The setting; what can't be read is left out, as a check says."""
    found: list[Hours] = []
    given: object = conf.current().business_hours
    for text in given if isinstance(given, list | tuple) else [given]:
        try:
            found.append(parse(text))
        except ValueError:
            continue
    return found


def _tried(account: str) -> datetime | None:
    """When somebody last began or went on with a backfill of all chats."""
    rows = Backfill.objects.filter(account=account, taken_at__isnull=False).order_by("-pk")
    tried = [at for at, of in rows.values_list("taken_at", "scope")[:RECENT] if of == {}]
    return max(filter(None, tried), default=None)


def look(stop: threading.Event, say: Say, *, starts: bool) -> int:
    """Look at every account once, and run what is due; return how many runs there were."""
    count = 0
    for alias in _aliases():
        if stop.is_set():
            break
        if not (reason := reason_of(alias, starts=starts)):
            continue
        count += 1
        say(f"Asking the platform what account {alias!r} missed ({reason}).")
        try:
            row = run(Scope(account=alias), reason=reason, is_stopped=stop.is_set)
        except BackfillRunning:
            say(f"Another worker is asking for account {alias!r}.")
        except ChakraError as error:
            logger.warning("The backfill of account %s stopped", alias, exc_info=escaped(error))
            say(f"The backfill of account {alias!r} stopped: {ascii(str(error))[1:-1]}")
        else:
            words = f"{row.missed} messages and {row.missed_statuses} statuses had been missed"
            say(f"The backfill of account {alias!r} is {row.state}: {words}.")
    return count


def _aliases() -> list[str]:
    """The accounts that have a token; what the settings lack, a check says."""
    found: list[str] = []
    for alias in conf.raw_accounts():
        try:
            account = conf.account(alias)
        except ChakraError:
            continue
        if account.access_token:
            found.append(alias)
    return found


@contextmanager
def watching_for_gaps(
    stop: threading.Event, *, say: Say, away: Callable[[Error], None]
) -> Iterator[None]:
    """Until the block ends, look for gaps in a thread of its own, which holds no call up.

    Nothing at all where ``BACKFILL_AFTER`` is 0.

    Args:
        stop: ends it after the page in hand; set when the block ends.
        say: prints a line.
        away: told where the database failed; it is asked again.
    """
    if not _minutes():
        yield
        return
    thread = threading.Thread(target=_watch, args=(stop, say, away), name="chakra-backfill")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch(stop: threading.Event, say: Say, away: Callable[[Error], None]) -> None:
    starts = True
    try:
        while not stop.is_set():
            try:
                look(stop, say, starts=starts)
                starts = False
            except Error as error:
                away(error)
                close_old_connections()
            except Exception as error:
                # Whatever it is, it must not end the worker's watch.
                logger.error("Looking for gaps failed", exc_info=escaped(error))
            stop.wait(POLL_SECONDS)
    finally:
        connections.close_all()
