"""The child of the tests' paths as a web process with Celery: it says how long it took."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# The first of these sets Django up; a host's package does the second.
from tests.paths.child import COMMANDS, SECRET, Answered, main, override_chakra

# isort: split
from django.db import connections, transaction

from django_chakra import send, wakeups
from tests.runner.app import app


def take(
    calls: list[dict[str, Any]], runner: str = "celery", rest: float = 0, secret: str = SECRET
) -> dict[str, Any]:
    """Post these calls; for each the seconds until the server was done with it."""
    server, seconds = Answered(), []
    server.secret = secret
    with override_chakra(RUNNER=runner):
        for call in calls:
            began = time.perf_counter()
            server.post(call)
            seconds.append(time.perf_counter() - began)
            time.sleep(rest)
    return {"answered": server.statuses, "seconds": seconds}


def take_at_once(calls: list[dict[str, Any]], threads: int) -> dict[str, Any]:
    """Post these calls in several threads; the seconds that it took."""
    began = time.perf_counter()

    def part(place: int) -> None:
        try:
            take(calls[place::threads])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))
    return {"seconds": time.perf_counter() - began}


def write(
    to: str, bodies: list[str], runner: str = "celery", rolls_back: bool = False
) -> dict[str, Any]:
    """Send these texts, each in a transaction; the seconds that each took."""
    seconds = []
    with override_chakra(RUNNER=runner):
        for body in bodies:
            began = time.perf_counter()
            with transaction.atomic():
                send.text(to=to, body=body)
                transaction.set_rollback(rolls_back)
            seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


def published(seconds: float = 5) -> dict[str, Any]:
    """Wait until nothing is to be published any more."""
    wakeups._own.finish(seconds)
    return {"pending": len(wakeups._own._pending), "is_away": wakeups._own._is_away}


def tune(**seconds: float) -> dict[str, Any]:
    """Other times than a host has, by name: ``gap``, ``silence``, ``linger``."""
    for name, value in seconds.items():
        setattr(wakeups, f"{name.upper()}_SECONDS", value)
    return {}


def fork(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """Take these in a process that is forked from this one, as servers do; its exit code."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            take(calls)
            wakeups._own.finish(5)
            code = 0
        finally:
            os._exit(code)
    return {"code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}


COMMANDS |= {
    "take": take,
    "take_at_once": take_at_once,
    "write": write,
    "published": published,
    "tune": tune,
    "fork": fork,
}


if __name__ == "__main__":
    assert app.conf.broker_url
    main()
