"""The fake's time: that of the machine, until a test sets it."""

from __future__ import annotations

import time


class Clock:
    """Runs with the machine's clock; once it is set it stands still, and moves when it is told.

    Args:
        at: Unix time in seconds to stand at from the beginning.
    """

    def __init__(self, at: float | None = None) -> None:
        self._at = at

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() if self._at is None else self._at

    def set(self, at: float | None) -> None:
        """Stand at this time; None lets it run with the machine's again."""
        self._at = at

    def move(self, seconds: float) -> None:
        """Stand so many seconds later than now."""
        self._at = self.now() + seconds

    def sleep(self, seconds: float) -> None:
        """Wait: really where it runs, by moving where it stands."""
        if self._at is None:
            time.sleep(seconds)
        else:
            self.move(seconds)
