"""Tell Celery's workers that something waits: seldom, and never in anybody's way.

A wake-up says which task has something to do, and nothing else: what there is are rows. So few are
enough, and one that is lost costs time alone, since a sweep finds the rows.

They are published by a thread of their own, because a broker may hang: the caller only notes what
it wants. Nothing of Celery is imported before that thread needs it.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from typing import Protocol, cast

from django.utils.module_loading import import_string

logger = logging.getLogger("django_chakra.wakeups")

#: In so many seconds a process publishes one wake-up of a task, and one for those it held back.
GAP_SECONDS = 0.2
#: After a failure nothing is published for so long.
SILENCE_SECONDS = 30.0
#: A thread without work ends, and closes its connection, after so long.
LINGER_SECONDS = 10.0
#: A process that ends waits so long for what was not published yet.
EXIT_SECONDS = 0.5
#: Found by name when it is needed: it stands above this module, and imports Celery.
PUBLISHER = "django_chakra.tasks.publishing.Publisher"


class Publisher(Protocol):
    """A connection to the broker."""

    def publish(self, task: str, *, countdown: float) -> None:
        """Publish one wake-up, to be taken up after so many seconds. Raises whatever goes wrong."""
        ...

    def close(self) -> None:
        """Close the connection. Never raises."""
        ...


class Wakeups:
    """The wake-ups of one process; any of its threads may ask for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        #: By task: when a wake-up was last asked for, and whether one for the rest was too.
        self._asked: dict[str, tuple[float, bool]] = {}
        #: By task: from when on the worker may take it up.
        self._pending: dict[str, float] = {}
        self._silent_until = float("-inf")
        self._is_away = self._is_running = self._is_publishing = False
        self._publisher: Publisher | None = None

    def wake(self, task: str) -> None:
        """Have this task look for what is due. Returns at once, and never raises."""
        with self._changed:
            now = time.monotonic()
            # One that is still to be published comes after whatever was committed by now.
            if now < self._silent_until or task in self._pending:
                return
            at, is_followed = self._asked.get(task, (float("-inf"), False))
            if now - at >= GAP_SECONDS:
                self._asked[task], self._pending[task] = (now, False), now
            elif not is_followed:
                self._asked[task], self._pending[task] = (at, True), at + GAP_SECONDS
            else:
                return
            if self._is_running:
                self._changed.notify_all()
            else:
                self._start()

    def finish(self, seconds: float) -> None:
        """Wait for what is still to be published, but no longer than this."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._pending or self._is_publishing), seconds)

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="chakra-wakeups", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # No more threads, or the interpreter is ending.
            self._fail(error)
        else:
            self._is_running = True

    def _run(self) -> None:
        while (found := self._next()) is not None:
            task, at = found
            try:
                if self._publisher is None:
                    self._publisher = cast(Publisher, import_string(PUBLISHER)())
                self._publisher.publish(task, countdown=max(0.0, at - time.monotonic()))
            except Exception as error:
                with self._changed:
                    self._fail(error)
            else:
                self._succeed()

    def _next(self) -> tuple[str, float] | None:
        """What to publish next; None: nothing for a while, and the thread is to end."""
        with self._changed:
            self._is_publishing = False
            self._changed.notify_all()
            if self._changed.wait_for(lambda: self._pending, LINGER_SECONDS):
                self._is_publishing = True
                task = next(iter(self._pending))
                return task, self._pending.pop(task)
            publisher, self._publisher, self._is_running = self._publisher, None, False
        if publisher is not None:
            publisher.close()
        return None

    def _fail(self, error: Exception) -> None:
        self._pending.clear()
        self._asked.clear()
        self._silent_until = time.monotonic() + SILENCE_SECONDS
        if not self._is_away:
            self._is_away = True
            # By name alone: what a URL is made of, a password too, may stand in the text.
            causes = [type(one).__name__ for one in (error, error.__cause__) if one is not None]
            sentence = "Celery's workers can't be woken (%s); a sweep finds what waits"
            logger.warning(sentence, " by ".join(causes))

    def _succeed(self) -> None:
        if self._is_away:
            self._is_away = False
            logger.info("Celery's workers can be woken again")


_own = Wakeups()
#: Kept, because sockets that are closed here would end the connection of the parent too.
_of_parents: list[Wakeups] = []


def wake(task: str) -> None:
    """Have a task of :mod:`django_chakra.tasks` look for what is due, by its short name."""
    _own.wake(task)


def _begin_anew() -> None:
    """In a forked process: the thread, and perhaps the lock, stayed with the parent."""
    global _own
    _of_parents.append(_own)
    _own = Wakeups()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_begin_anew)
atexit.register(lambda: _own.finish(EXIT_SECONDS))
