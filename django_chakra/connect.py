"""A client made from the settings: ``chakra().session_messages.send(…)``.

This is the one place that tests replace: whoever calls Chakra's API asks here for a client, each
time, and keeps none.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Any

from . import conf
from .client import Chakra
from .exceptions import ConfigurationError


@dataclass(frozen=True, slots=True)
class _Kept:
    """A client, what it was made from (a token too), and the process that it belongs to."""

    client: Chakra
    made_from: dict[str, Any] = field(repr=False)
    process: int


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


def chakra(account: str = "default") -> Chakra:
    """The client of this account, made from ``settings.CHAKRA`` as it is now.

    One client, and so one pool of connections, per account and process. A new one is made when the
    account's settings have changed, and after a fork: connections can't be shared.

    This is the one place that tests replace.

    Args:
        account: an alias in ``CHAKRA["ACCOUNTS"]``.

    Raises:
        UnknownAccount: there is no account of this alias.
        ConfigurationError: the account has no usable ``ACCESS_TOKEN``; the message names the key.
    """
    made_from = _arguments(conf.account(account))
    process = os.getpid()
    with _lock:
        kept = _kept.get(account)
        if kept is None or kept.made_from != made_from or kept.process != process:
            # The one before is not closed: another thread may be in the middle of a call.
            kept = _kept[account] = _Kept(Chakra(**made_from), made_from, process)
        return kept.client


def _arguments(account: conf.Account) -> dict[str, Any]:
    """What the account's client is made with."""
    where = f"CHAKRA['ACCOUNTS'][{account.alias!r}]['ACCESS_TOKEN']"
    if not account.access_token:
        raise ConfigurationError(f"{where} is not set")
    if not conf.is_token(account.access_token):
        raise ConfigurationError(f"{where} holds blanks, line ends, or what is no ASCII")
    settings = conf.current()
    return {
        "token": account.access_token,
        # What is missing in the environment comes as None, and ids may be written as numbers.
        "plugin_id": str(account.plugin_id or ""),
        "phone_number_id": str(account.phone_number_id or ""),
        "waba_id": str(account.waba_id or ""),
        "base_url": settings.base_url,
        "api_version": settings.api_version,
        "timeout": (settings.connect_timeout, settings.read_timeout),
        "requests_per_second": account.requests_per_second,
        "paths": dict(account.paths or {}),
    }


def _after_fork() -> None:
    """In the child: a lock that another thread of the parent held would never be given back."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_after_fork)
