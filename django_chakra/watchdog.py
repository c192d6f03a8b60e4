"""Receivers that hang: named in the log, and in a worker bounded.

Every receiver is called through :func:`call`. A thread of the process looks once a second at those
that are running, and names one that takes long. It is started by the first call, ends when there is
nothing to look at, and a forked process has its own.

In :func:`limiting` a receiver is interrupted after ``RECEIVER_SECONDS``; one that goes on all the
same ends its process, so that others tell what is left.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.db import Error, connections

from . import conf
from .exceptions import ReceiverTimeout, escaped

logger = logging.getLogger("django_chakra.announce")

#: How often the thread looks.
LOOK_SECONDS = 1.0
#: A thread with nothing to look at ends after so long.
LINGER_SECONDS = 10.0
#: Seconds between the interruption and the end of the process; the same as for Celery's tasks.
GRACE_SECONDS = 20.0
#: Who sends or downloads has so long to finish before the process is ended.
ENDING_SECONDS = 10.0
#: With what it ends (EX_TEMPFAIL: to be started again).
EXIT_CODE = 75


@dataclass(slots=True, eq=False)
class Call:
    """One receiver that is running."""

    signal: str
    receiver: str
    told: dict[str, Any]
    limit: Limit | None
    thread: int = field(default_factory=threading.get_ident)
    began: float = field(default_factory=time.monotonic)
    is_cut: bool = False
    is_named: bool = False

    @property
    def seconds(self) -> float:
        """For how long it has been running."""
        return time.monotonic() - self.began

    @property
    def about(self) -> str:
        """Model and key of what it was told of."""
        named = (self.told.get(name) for name in ("delivery_status", "message", "call"))
        row = next((one for one in named if one is not None), None)
        return f"{row._meta.model_name} {row.pk}" if row is not None else "nothing"

    @property
    def place(self) -> str:
        """Where its thread is just now, if that can be known."""
        frame = sys._current_frames().get(self.thread)
        if frame is None:
            return "an unknown place"
        return f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}"


class Limit:
    """What bounds the receivers that the main thread calls in one block."""

    def __init__(self, seconds: float, ending: Callable[[], object]) -> None:
        self.seconds = seconds
        #: Called before the process is ended, and not waited for beyond ``ENDING_SECONDS``.
        self.ending = ending
        self._one: Call | None = None

    def applies(self) -> bool:
        """Not in another thread, nor where somebody else has set the alarm."""
        return _is_main() and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)

    def call(self, receiver: Callable[..., Any], one: Call) -> None:
        """Call it, and interrupt it after its time."""
        if signal.getsignal(signal.SIGALRM) != self.interrupt:
            # Left behind by a receiver that is done with it.
            signal.signal(signal.SIGALRM, self.interrupt)
        self._one = one
        try:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
            receiver(**one.told)
        finally:
            # First, and without a call: between calls is where the alarm may come.
            self._one = None
            signal.setitimer(signal.ITIMER_REAL, 0)
            if one.is_cut:
                _drop_connections()

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle the alarm."""
        if (one := self._one) is not None:
            one.is_cut = True
            raise ReceiverTimeout(one.seconds)


#: None: receivers may take as long as they take.
_limit: ContextVar[Limit | None] = ContextVar("django_chakra_receiver_limit", default=None)


@contextmanager
def limiting(ending: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Receivers that are called in the block may take ``RECEIVER_SECONDS``.

    For processes of ours: only their main thread can be interrupted, and only they may be ended.
    """
    seconds = conf.current().receiver_seconds
    # Where a handler was not set from Python (None) it could not be put back.
    if not (seconds and _is_main() and signal.getsignal(signal.SIGALRM) is not None):
        yield
        return
    limit = Limit(seconds, ending)
    before = signal.signal(signal.SIGALRM, limit.interrupt)
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)
        signal.signal(signal.SIGALRM, before)


def _is_main() -> bool:
    """Whether this thread can be interrupted."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and hasattr(signal, "setitimer")  # not on Windows


def call(receiver: Callable[..., Any], told: dict[str, Any], *, signal: str, name: str) -> None:
    """Call this receiver, async ones too. Raises whatever it raises.

    Raises:
        ReceiverTimeout: it took too long, where that is limited.
    """
    limit = _limit.get()
    one = Call(signal, name, told, limit if limit is not None and limit.applies() else None)
    _own.begin(one)
    try:
        if iscoroutinefunction(receiver):
            async_to_sync(_awaited)(receiver, one)
        elif one.limit is not None:
            one.limit.call(receiver, one)
        else:
            receiver(**told)
    finally:
        _own.end(one)


async def _awaited(receiver: Callable[..., Any], one: Call) -> None:
    """In a loop that runs in another thread: it is cancelled, and not interrupted."""
    cancelling = asyncio.timeout(one.limit.seconds if one.limit else None)
    try:
        async with cancelling:
            await receiver(**one.told)
    except TimeoutError as error:
        if cancelling.expired():
            raise ReceiverTimeout(one.seconds) from error
        raise


def _drop_connections() -> None:
    """Nothing goes on over a connection that was interrupted: an answer may still come over it."""
    for connection in connections.all(initialized_only=True):
        with suppress(Error):
            connection.close()
        if connection.in_atomic_block:
            # Interrupted just where a block begins or ends: nobody would leave it any more.
            del connections[connection.alias]


class Watch:
    """The receivers that are running in one process, in any of its threads.

    Its thread only looks: whatever may block, a log above all, is done in another one, or a
    receiver that hangs with the log's lock would hold up its own end.
    """

    def __init__(self) -> None:
        #: Adding and discarding take no lock of ours; copying it is one step too.
        self._running: set[Call] = set()
        self._is_watched = False
        self._starting = threading.Lock()
        self._naming: threading.Thread | None = None

    def begin(self, one: Call) -> None:
        """Look at this one from now on."""
        self._running.add(one)
        if not self._is_watched:
            self._start()

    def end(self, one: Call) -> None:
        """It has ended. It counts as running while the log is told so, which may hang."""
        try:
            if one.is_named:
                sentence = "Receiver %s of %s has ended with %s after %.0f seconds"
                logger.info(sentence, one.receiver, one.signal, one.about, one.seconds)
        finally:
            self._running.discard(one)

    def _start(self) -> None:
        with self._starting:
            if self._is_watched:
                return
            self._is_watched = True
            if _apart(self._run, "chakra-watchdog") is None:
                self._is_watched = False

    def _run(self) -> None:
        busy_at = time.monotonic()
        try:
            while self._running or time.monotonic() - busy_at < LINGER_SECONDS:
                time.sleep(LOOK_SECONDS)
                if running := tuple(self._running):
                    busy_at = time.monotonic()
                    self._look(running)
        finally:
            self._is_watched = False
        # One that began just now may still have seen this thread.
        if self._running:
            self._start()

    def _look(self, running: tuple[Call, ...]) -> None:
        for one in running:
            if one.limit is not None and one.seconds > one.limit.seconds + GRACE_SECONDS:
                _end_process(one, one.limit)
        if self._naming is None or not self._naming.is_alive():
            self._naming = _apart(self._name, "chakra-naming")

    def _name(self) -> None:
        try:
            seconds = conf.current().receiver_warn_seconds
            for one in tuple(self._running):
                if seconds and one.seconds > seconds and not one.is_named and one in self._running:
                    one.is_named = True
                    sentence = "Receiver %s of %s is still at %s after %.0f seconds, in %s"
                    named = (one.receiver, one.signal, one.about)
                    logger.warning(sentence, *named, one.seconds, one.place)
        except Exception as error:
            logger.error("Receivers can't be named", exc_info=escaped(error))


def _apart(work: Callable[[], object], name: str) -> threading.Thread | None:
    """Begin this in a thread that nobody has to wait for; None: there are no more threads."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    with suppress(RuntimeError):
        thread.start()
        return thread
    return None


def _end_process(one: Call, limit: Limit) -> None:
    """End this process, whatever becomes of the log and of those that are to finish before."""

    def speak() -> None:
        sentence = (
            "Receiver %s of %s does not end with %s after %.0f seconds, in %s; so this process "
            f"ends ({EXIT_CODE}), and what is left is told by others"
        )
        logger.critical(sentence, one.receiver, one.signal, one.about, one.seconds, one.place)

    until = time.monotonic() + ENDING_SECONDS
    try:
        last = _apart(speak, "chakra-last-words"), _apart(limit.ending, "chakra-ending")
        for thread in filter(None, last):
            thread.join(until - time.monotonic())
    finally:
        os._exit(EXIT_CODE)


_own = Watch()


def _begin_anew() -> None:
    """In a forked process: the thread, and perhaps the lock, stayed with the parent."""
    global _own
    _own = Watch()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_begin_anew)
