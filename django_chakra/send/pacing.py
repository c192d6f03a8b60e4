"""Not faster than an account may: ``MESSAGES_PER_SECOND``, for all threads of this process."""

from __future__ import annotations

import threading

from .. import conf
from ..client.waiting import Clock, Limiter

_limiters: dict[tuple[str, float], Limiter] = {}
_lock = threading.Lock()


def wait(account: str) -> None:
    """Wait for the turn of the account's next message."""
    rate = float(conf.account(account).messages_per_second)
    if rate <= 0:
        return
    with _lock:
        limiter = _limiters.setdefault((account, rate), Limiter(rate, Clock()))
    limiter.wait()
