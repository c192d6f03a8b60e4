"""Receivers that hang with one message, and with it only as long as their file is there."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from django_chakra.models import Contact, Message

#: With this one they hang.
BAD = "wamid.bad"
#: The database does not hear that nobody waits for its answer any more.
SERVER_SECONDS = 15
#: What one wrote that was interrupted, and must be gone.
HALF_DONE = "half done"


def hung() -> Path:
    """Is there while they hang; holds a line for each time that they did."""
    return Path(os.environ["TEST_LOG"] + ".hung")


@contextmanager
def _hanging(message: Message) -> Iterator[bool]:
    is_bad = message.external_id == BAD and hung().exists()
    if is_bad:
        with hung().open("a") as file:
            file.write(f"{time.monotonic()}\n")
    yield is_bad


def sleeps(message: Message, **told: Any) -> None:
    """In Python."""
    with _hanging(message) as hangs:
        time.sleep(3600 if hangs else 0)


async def waits(message: Message, **told: Any) -> None:
    """In a coroutine."""
    with _hanging(message) as hangs:
        await asyncio.sleep(3600 if hangs else 0)


def swallows(message: Message, **told: Any) -> None:
    """In Python, whatever is raised there."""
    with _hanging(message) as hangs:
        while hangs:
            try:
                time.sleep(3600)
            except Exception:  # noqa: S112  on purpose
                continue


def holds_the_log(message: Message, **told: Any) -> None:
    """In Python, whatever is raised there, with the lock of the log, as in a pipe nobody reads."""
    handler = logging.getLogger("django_chakra").handlers[0]
    with _hanging(message) as hangs:
        if hangs:
            handler.acquire()
        while hangs:
            try:
                time.sleep(3600)
            except Exception:  # noqa: S112  on purpose
                continue


def writes(message: Message, **told: Any) -> None:
    """In a transaction."""
    with _hanging(message) as hangs, transaction.atomic():
        if hangs:
            Contact.objects.update(name=HALF_DONE)
            with transaction.atomic():
                time.sleep(3600)


def asks(message: Message, **told: Any) -> None:
    """In a statement, within a transaction; it goes on with the database afterwards."""
    with _hanging(message) as hangs:
        if hangs:
            sleep = "pg_sleep" if connection.vendor == "postgresql" else "SLEEP"
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT {sleep}({SERVER_SECONDS})")


WAYS: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (sleeps, waits, swallows, holds_the_log, writes, asks)
}
