"""What a database says when two transactions met, and trying again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connections, transaction

T = TypeVar("T")

#: PostgreSQL: serialization failure, deadlock, lock not available.
SQLSTATES = frozenset({"40001", "40P01", "55P03"})
#: MySQL and MariaDB: record changed since last read, lock wait timeout, deadlock.
MYSQL_CODES = frozenset({1020, 1205, 1213})
TRIES = 6
#: A broken constraint is seldom the neighbour's doing.
INTEGRITY_TRIES = 3


def is_contention(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is tried again at once.

    Integrity errors count: a row that was looked up may have been folded into another meanwhile.
    """
    if isinstance(error, IntegrityError):
        return True
    if not isinstance(error, OperationalError):
        return False
    if getattr(error.__cause__, "sqlstate", None) in SQLSTATES:
        return True
    return (bool(error.args) and error.args[0] in MYSQL_CODES) or "database is locked" in str(error)


def patiently(work: Callable[[], T], *, using: str) -> T:
    """Run ``work`` in a transaction of its own, again when another transaction was in the way.

    Inside a transaction of the caller nothing is repeated: the database gave up that one whole.
    """
    nested = connections[using].in_atomic_block
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic(using=using):
                return work()
        except (OperationalError, IntegrityError) as error:
            tries = INTEGRITY_TRIES if isinstance(error, IntegrityError) else TRIES
            if nested or attempt >= tries or not is_contention(error):
                raise
            # Both sides wait a different while, else they meet again.
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311  no secret
    raise AssertionError("unreachable")
