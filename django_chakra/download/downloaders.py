"""Several files at once: threads that download, each with a connection of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import Error, close_old_connections, connections
from django.db.models import QuerySet

from ..exceptions import escaped
from ..models import MediaFile, MediaState
from .attempt import attempt
from .claims import claim, due
from .landing import clear
from .resting import resting

logger = logging.getLogger("django_chakra.download")

#: Files that a thread looks up at once.
BATCH = 20
#: Seconds until the database is asked again after it failed.
AWAY_SECONDS = 2.0


class Downloaders:
    """Threads that download what is due.

    Args:
        threads: how many; each is at one file at a time.
        rows: these files only.
        stop: set by whoever wants it to end; what is in hand is finished first.
        poll: idle seconds between two looks; :meth:`wake` ends them.
        progress: called, in one thread or the other, with the number of files that are kept by now.
        away: called with the error when the database failed, before it is asked again.
    """

    def __init__(
        self,
        threads: int,
        *,
        rows: QuerySet[MediaFile] | None = None,
        stop: threading.Event | None = None,
        poll: float = 10.0,
        progress: Callable[[int], object] = lambda kept: None,
        away: Callable[[Error], object] = lambda error: None,
    ) -> None:
        #: How many were kept, and how many ended otherwise or are to be tried again.
        self.kept = self.missed = 0
        self._rows, self._stop, self._poll = rows, stop or threading.Event(), poll
        self._progress, self._away = progress, away
        self._threads = [threading.Thread(target=self._work) for _ in range(threads)]
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._stays = False
        self._error: Error | None = None

    def wake(self) -> None:
        """Something may be due: look now."""
        self._woken.set()

    def start(self, *, stay: bool) -> None:
        """Begin; with ``stay`` go on when nothing is due."""
        self._stays = stay
        clear()
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until nothing is due, or with ``stay`` until it was asked to stop.

        Raises:
            django.db.Error: the database failed, and it was not to stay.
        """
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._woken.clear()
                try:
                    found = due(BATCH, rows=self._rows, without=resting())
                    self._download(found)
                except Error as error:
                    if not self._stays:
                        self._error = error
                        return
                    self._away(error)
                    close_old_connections()
                    self._stop.wait(AWAY_SECONDS)
                    continue
                if not found and not self._stays:
                    return
                if not found:
                    self._wait()
        finally:
            connections.close_all()

    def _download(self, keys: list[int]) -> None:
        for pk in keys:
            if self._stop.is_set():
                return
            try:
                media = claim(pk, without=resting())
                if media is None:
                    continue
                attempt(media)
            except Error:
                raise
            except Exception as error:
                # The claim runs out, and the file is taken up again.
                logger.error("Downloading file %s stopped", pk, exc_info=escaped(error))
                continue
            with self._lock:
                if media.state == MediaState.KEPT:
                    self.kept += 1
                else:
                    self.missed += 1
            self._progress(self.kept)

    def _wait(self) -> None:
        """Until there may be more; a request to stop is seen within a moment."""
        waited = 0.0
        while waited < self._poll and not self._stop.is_set() and not self._woken.wait(0.5):
            waited += 0.5
