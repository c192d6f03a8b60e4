"""Accounts that the platform does not serve at the moment, as far as this process knows.

A token that was revoked then costs one request a minute, and not one for each file.
"""

from __future__ import annotations

import threading
import time

_until: dict[str, float] = {}
_lock = threading.Lock()


def rest(account: str, seconds: float) -> None:
    """Ask nothing for this account for so long."""
    with _lock:
        _until[account] = time.monotonic() + seconds


def resting() -> frozenset[str]:
    """The accounts for which nothing is asked now."""
    with _lock:
        now = time.monotonic()
        return frozenset(account for account, until in _until.items() if until > now)


def wake() -> None:
    """Let no account rest any longer: somebody wants to know whether it is served by now."""
    with _lock:
        _until.clear()
