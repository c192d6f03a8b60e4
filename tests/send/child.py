"""The child of the tests' paths with more commands: it sends, and ends in the middle of it."""

import random
import threading
import time
from contextlib import nullcontext
from typing import Any
from unittest import mock

# The first of these sets Django up; models can be imported only then.
from tests.paths.child import COMMANDS, ended, main

# isort: split
from django.db import connection, connections, transaction

from django_chakra import send
from django_chakra.client.connections import Adapter
from django_chakra.models import Message
from tests.paths.stopping import Stop

from .book import WAITING


def write(messages: list[dict[str, Any]], atomic: bool) -> None:
    """Write these down, each with the ``kind`` of its function, in one transaction or in many."""
    with transaction.atomic() if atomic else nullcontext():
        for one in messages:
            given = dict(one)
            getattr(send, given.pop("kind"))(**given)


def carry_all() -> None:
    """Carry until nothing of anybody's waits: what was told to come again does so."""
    while Message.objects.filter(status__in=WAITING).exists():
        if not send.run():
            time.sleep(0.05)


def stop_sending(messages: list[dict[str, Any]], atomic: bool, at: int) -> dict[str, Any]:
    """Send these in a process that ends before its ``at``-th statement, commit or request."""

    def work() -> int:
        stop, leave = Stop(at, after=False, files=[]), Adapter.send

        def counted(adapter: Adapter, *given: Any, **named: Any) -> Any:
            return stop.step(lambda: leave(adapter, *given, **named))

        stop.watch(connection)
        with mock.patch.object(Adapter, "send", counted):
            write(messages, atomic)
            carry_all()
        return 0

    return ended(work)


def send_all(messages: list[dict[str, Any]], threads: int, seed: int) -> dict[str, Any]:
    """Write these down from several threads, which carry until nothing of anybody's waits."""
    chance, errors = random.Random(seed), list[Exception]()
    parts = [messages[place::threads] for place in range(threads)]
    apart = [chance.random() < 0.5 for _ in parts]

    def work(part: list[dict[str, Any]], atomic: bool) -> None:
        try:
            for one in part:
                write([one], atomic)
            carry_all()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    started = [threading.Thread(target=work, args=pair) for pair in zip(parts, apart, strict=True)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    if errors:
        raise errors[0]
    return {"written": len(messages)}


COMMANDS |= {"stop_sending": stop_sending, "send_all": send_all}


if __name__ == "__main__":
    main()
