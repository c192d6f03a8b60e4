"""The child of the tests' paths with more commands: calls that come while the database is away."""

import os
import resource
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

# The first of these sets Django up; models can be imported only then.
from tests.paths.child import COMMANDS, Answered, ended, main

# isort: split
from django.db import connection

from django_chakra import spool
from django_chakra.spool import files
from tests.paths.stopping import Stop
from tests.spool.away import away

#: What the spool does with the disk, one step each.
STEPS = ("open", "write", "fsync", "close", "rename", "unlink", "utime", "listdir")


class Disk:
    """The module ``os``, in which each of these steps may be the last."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in STEPS:
            return found
        return lambda *given, **named: self.stop.step(lambda: found(*given, **named))


def stop_writing(call: dict[str, Any], at: int, after: bool, answers: str) -> dict[str, Any]:
    """Take a call while the database is away, in a process that ends in its ``at``-th step."""

    def work() -> None:
        with away():
            Answered(answers).post(call)

    return _stopped(work, at, after)


def stop_taking_in(at: int, after: bool) -> dict[str, Any]:
    """Take in what waits, in a process that ends in its ``at``-th step, statement or commit."""

    def work() -> None:
        spool.take_in()

    return _stopped(work, at, after)


def _stopped(work: Callable[[], object], at: int, after: bool) -> dict[str, Any]:
    def watched() -> int:
        stop = Stop(at, after=after, files=[])
        stop.watch(connection)
        with mock.patch.object(files, "os", Disk(stop)):
            work()
        return 0

    return ended(watched)


def take_in(at: float) -> dict[str, Any]:
    """Take everything in, from a moment of the monotonic clock on; how many calls that were."""
    connection.ensure_connection()
    while time.monotonic() < at:
        pass
    total = 0
    while taken := spool.take_in(at_once=True):
        total += taken
    return {"taken": total}


def post_to_a_small_disk(call: dict[str, Any], size: int) -> dict[str, Any]:
    """Take a call while the database is away, where no file may have more bytes than this."""

    server, (_, most) = Answered(), resource.getrlimit(resource.RLIMIT_FSIZE)
    with away():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
        try:
            server.post(call)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    return {"answered": server.statuses}


COMMANDS |= {
    "stop_writing": stop_writing,
    "stop_taking_in": stop_taking_in,
    "take_in": take_in,
    "post_to_a_small_disk": post_to_a_small_disk,
}


if __name__ == "__main__":
    main()
