"""What commands have in common that stay until they are stopped, or work for a while."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.core.management.base import BaseCommand
from django.db import Error

#: Seconds after which what is in hand is no longer finished, but left to others.
FINISH_SECONDS = 5.0
#: Longest wait until a request to stop is seen.
LOOK_UP_SECONDS = 0.2


class Stop(threading.Event):
    """Whether somebody asked this process to stop, and since when.

    Without the lock of its parent: a signal may come while the thread that handles it holds that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.since = math.inf

    def set(self) -> None:
        """Ask for it."""
        self.since = min(self.since, time.monotonic())

    def is_set(self) -> bool:
        """Whether somebody asked."""
        return self.since < math.inf

    def wait(self, timeout: float | None = None) -> bool:
        """Until somebody asks, or the seconds are over; whether somebody asked."""
        until = math.inf if timeout is None else time.monotonic() + timeout
        while not self.is_set() and (rest := until - time.monotonic()) > 0:
            time.sleep(min(rest, LOOK_UP_SECONDS))
        return self.is_set()


class Late(threading.Event):
    """Is set by itself some seconds after somebody asked to stop."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self._stop = stop

    def is_set(self) -> bool:
        """Whether what is in hand has had its time."""
        return time.monotonic() - self._stop.since > FINISH_SECONDS


@contextmanager
def asked_to_stop() -> Iterator[Stop]:
    """An event that SIGTERM and Ctrl-C set until the block ends: what is in hand is finished first.

    Nobody sets it where a thread of a host runs the command: signals are for the main thread.
    """
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    names = (signal.SIGTERM, signal.SIGINT)
    before = {name: signal.signal(name, ask) for name in names}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def say(command: BaseCommand, words: str) -> None:
    """A line that whoever reads a log sees at once."""
    command.stdout.write(words)
    command.stdout.flush()


def show(command: BaseCommand, words: str, *, end: str = "") -> None:
    """How far it is, in one line that is written over; only for people at a terminal."""
    if command.stdout.isatty():
        command.stdout.write(f"\r{words}", ending=end)
        command.stdout.flush()


def say_away(command: BaseCommand, error: Error) -> None:
    """The database failed: all that waits are rows, and it is asked again."""
    command.stderr.write(f"The database failed ({type(error).__name__}); trying again.")
