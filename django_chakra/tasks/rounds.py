"""What each task does: as much as there is, for a few seconds; the rest is the next one's."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connections

from .. import conf, download, process, schedule, send, wakeups
from ..backfill.gaps import look
from ..exceptions import escaped
from ..models.statements import exist
from ..send.carry import waiting

logger = logging.getLogger("django_chakra.tasks")

#: After so many seconds, or a quarter of its time limit, a task begins nothing more. So a worker
#: stops soon, tasks in a queue take turns, and what the limit cuts was at it for most of the time.
SECONDS = 10.0
#: Files that are looked up at once.
FILES = 20


class Limit(threading.Event):
    """Is set by itself once the seconds are over."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._until = time.monotonic() + seconds

    def is_set(self) -> bool:
        """Whether the time is over."""
        return super().is_set() or time.monotonic() >= self._until


@contextmanager
def _round(task: str, seconds: float | None = None) -> Iterator[Limit]:
    """One task. Never raises: what was in hand are rows, and Celery would log the text as it is."""
    limit = Limit(seconds or min(SECONDS, conf.task_seconds(task) / 4))
    try:
        with ExitStack() as stack:
            stack.enter_context(schedule.limited(limit))
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(_closing_what_is_cut))
            yield limit
    except Exception as error:
        logger.error("A task stopped; what it had in hand is taken up", exc_info=escaped(error))


def _closing_what_is_cut(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Close a connection whose statement the time limit cut: the answer to it would come next.

    Else nothing of what the task had done could be written down.
    """
    try:
        return execute(sql, params, many, context)
    except SoftTimeLimitExceeded:
        context["connection"].close()
        raise


def process_calls(*, sweeps: bool = False) -> None:
    """Process what is due, then wake those whom that gave something to do."""
    with _round("sweep" if sweeps else "process") as limit:
        while sweeps and not limit.is_set() and process.sweep():
            process.run()
        while not limit.is_set() and process.run():
            pass
        messages, files = exist(waiting(), download.waiting())
        if messages:
            wakeups.wake("send")
        if files:
            wakeups.wake("download")
        if limit.is_set():
            wakeups.wake("sweep")


def send_messages() -> None:
    """Send what waits, until in a whole pass nothing has left."""
    with _round("send") as limit:
        send.recover()
        left = 1
        while left and not limit.is_set():
            left = sum(send.carry(conversation, stop=limit) for conversation in send.due())
        if limit.is_set():
            wakeups.wake("send")


def download_files() -> None:
    """Download what waits, until of some files none came to its end."""
    with _round("download") as limit:
        while not limit.is_set() and download.run(limit=FILES, stop=limit):
            pass
        if limit.is_set():
            wakeups.wake("download")


def fill_gaps() -> None:
    """Ask the platform, for each account whose calls stayed away, what was missed.

    As a whole, for most of the time limit: what is stopped and gone on with looks at all chats once
    more, so a backfill in small parts would never end.
    """
    with _round("backfill", conf.task_seconds("backfill") * 3 / 4) as limit:
        look(limit, lambda words: logger.info("%s", words), starts=False)
