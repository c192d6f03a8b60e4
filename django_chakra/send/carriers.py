"""Several conversations at once: threads that carry, each with a connection of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from django.db import Error, close_old_connections, connections

from ..exceptions import escaped
from .carry import carry, due, recover

logger = logging.getLogger("django_chakra.send")

#: How often it is looked for what a stopped process was sending.
RECOVER_SECONDS = 30.0
#: Idle seconds between two looks for what is due; while messages leave, and otherwise.
BUSY_POLL_SECONDS = 0.2
BUSY_SECONDS = 10.0
#: Longest wait until a request to stop is seen.
LOOK_UP_SECONDS = 0.5
#: Seconds until the database is asked again after it failed.
AWAY_SECONDS = 2.0


class Carriers:
    """Threads that take what waits to the platform.

    Args:
        threads: how many; each carries one conversation at a time.
        account: alias, to send nothing of the others.
        stop: set by whoever wants it to end; what is in hand is finished first.
        poll: idle seconds between two looks for what is due; :meth:`wake` ends them.
        progress: called with the number of messages that have left by now.
        away: called with the error when the database failed, before it is asked again.
    """

    def __init__(
        self,
        threads: int,
        *,
        account: str | None = None,
        stop: threading.Event | None = None,
        poll: float = 0.8,
        progress: Callable[[int], object] = lambda left: None,
        away: Callable[[Error], object] = lambda error: None,
    ) -> None:
        self.left = 0
        self._threads, self._account, self._poll = threads, account, poll
        self._stop = stop or threading.Event()
        self._progress, self._away = progress, away
        self._handed: SimpleQueue[int | None] = SimpleQueue()
        self._lock = threading.Lock()
        #: Conversations that were handed to a thread and did not come back.
        self._in_hand: set[int] = set()
        self._error: Error | None = None
        self._woken = threading.Event()
        self._recovered_at = self._left_at = float("-inf")

    def wake(self) -> None:
        """Something may be due: look now."""
        self._woken.set()

    def run(self, *, stay: bool) -> int:
        """Send until nothing is due, or with ``stay`` until asked to stop; how many left.

        Raises:
            django.db.Error: the database failed, and it was not to stay.
        """
        threads = [threading.Thread(target=self._work) for _ in range(self._threads)]
        for thread in threads:
            thread.start()
        try:
            self._hand_out(stay)
        finally:
            for _ in threads:
                self._handed.put(None)
            for thread in threads:
                thread.join()
        self._progress(self.left)
        return self.left

    def _hand_out(self, stay: bool) -> None:
        while not self._stop.is_set():
            self._woken.clear()
            try:
                found = self._find()
            except Error as error:
                if not stay:
                    raise
                self._away(error)
                close_old_connections()
                self._stop.wait(AWAY_SECONDS)
                continue
            if not (found or stay or self._in_hand or self._error):
                return
            self._wait(found)
            self._progress(self.left)

    def _find(self) -> bool:
        """Hand out what is due; whether there was any.

        Raises:
            django.db.Error: the database failed, here or in one of the threads.
        """
        with self._lock:
            error, self._error = self._error, None
            busy = frozenset(self._in_hand)
        if error is not None:
            raise error
        if time.monotonic() - self._recovered_at > RECOVER_SECONDS:
            recover()
            self._recovered_at = time.monotonic()
        found = due(account=self._account, without=busy)
        with self._lock:
            self._in_hand.update(found)
        for conversation in found:
            self._handed.put(conversation)
        return bool(found)

    def _wait(self, found: bool) -> None:
        """Until a thread has nothing to do and, where nothing was found, there may be more."""
        while len(self._in_hand) >= self._threads and not self._stop.is_set():
            self._woken.wait(LOOK_UP_SECONDS)
            self._woken.clear()
            self._progress(self.left)
        if found:
            return
        busy = time.monotonic() - self._left_at < BUSY_SECONDS
        until = time.monotonic() + (min(BUSY_POLL_SECONDS, self._poll) if busy else self._poll)
        while not self._stop.is_set() and (rest := until - time.monotonic()) > 0:
            if self._woken.wait(min(rest, LOOK_UP_SECONDS)):
                return

    def _work(self) -> None:
        """One thread: conversations until there is none left."""
        try:
            while (conversation := self._handed.get()) is not None:
                self._carry(conversation)
        finally:
            connections.close_all()

    def _carry(self, conversation: int) -> None:
        left, failed = 0, None
        try:
            if self._error is None:
                left = carry(conversation, stop=self._stop)
        except Error as error:
            failed = error
            close_old_connections()
        except Exception as error:
            sentence = "Sending in conversation %s stopped and will be taken up again"
            logger.error(sentence, conversation, exc_info=escaped(error))
        with self._lock:
            self._in_hand.discard(conversation)
            self.left += left
            self._error = failed or self._error
            if left:
                self._left_at = time.monotonic()
        self._woken.set()
