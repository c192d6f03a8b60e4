"""How long the client waits: between tries, and so as not to ask too often."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and waiting; tests move it."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    #: A number from 0 to 1, so that many clients do not come back at one moment.
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and for how long one call is tried. Times are seconds."""

    #: Tries in all.
    tries: int = 4
    #: No wait goes beyond this time after the first try began.
    budget: float = 30.0
    #: The wait after the first try; each further one is twice as long, up to ``longest``.
    first: float = 0.5
    longest: float = 8.0

    def delay(self, tried: int, asked: float | None, clock: Clock) -> float:
        """Seconds to wait after so many tries: what the platform asked for, else ours.

        Ours is between half and the whole of the doubled time; of what was asked nothing is taken
        off, and up to a tenth is added.
        """
        if asked is not None:
            return asked * (1 + 0.1 * clock.jitter())
        # A double has no more exponents; nobody tries so often.
        whole = min(self.first * 2.0 ** min(tried - 1, 60), self.longest)
        return whole * (0.5 + 0.5 * clock.jitter())


@dataclass(slots=True)
class Limiter:
    """At most so many calls per second from this client, all its threads together.

    ``per_second`` 0 is no limit. A short burst of up to one second's calls goes at once.
    """

    per_second: float
    clock: Clock
    _free_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Wait for this call's turn."""
        if self.per_second <= 0:
            return
        with self._lock:
            now = self.clock.monotonic()
            # Each call takes its share of a second; a second that was not used is not lost, and
            # where a share is longer than a second the first call need not wait for it.
            share = 1.0 / self.per_second
            self._free_at = max(self._free_at, now - max(1.0, share)) + share
            wait = self._free_at - now
        if wait > 0:
            self.clock.sleep(wait)
