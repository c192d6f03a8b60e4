"""What a database says when two transactions met, and trying again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, connections, router, transaction
from django.db.models import QuerySet

T = TypeVar("T")

#: PostgreSQL: serialization failure, deadlock, lock not available.
SQLSTATES = frozenset({"40001", "40P01", "55P03"})
#: MySQL and MariaDB: record changed since last read, lock wait timeout, deadlock.
MYSQL_CODES = frozenset({1020, 1205, 1213})
TRIES = 8
#: Nothing is tried again after so long: each try may have waited for a lock.
SECONDS = 20.0
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
    tries = 0

    def whole() -> T:
        nonlocal tries
        tries += 1
        with transaction.atomic(using=using):
            if not nested:
                _read_what_is_committed(using, is_repeated=tries > 1)
            return work()

    return repeated(whole, using=using)


def repeated(work: Callable[[], T], *, using: str) -> T:
    """The same for one statement, or several that do no harm twice: without a transaction."""
    nested, began = connections[using].in_atomic_block, time.monotonic()
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except (OperationalError, IntegrityError) as error:
            tries = INTEGRITY_TRIES if isinstance(error, IntegrityError) else TRIES
            is_late = time.monotonic() - began > SECONDS
            if nested or is_late or attempt >= tries or not is_contention(error):
                raise
            # Both sides wait a different while, else they meet again.
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311  no secret
    raise AssertionError("unreachable")


def update(rows: QuerySet[Any], **values: Any) -> int:
    """``rows.update(**values)``, again when another transaction was in the way."""
    return repeated(lambda: rows.update(**values), using=router.db_for_write(rows.model))


def _read_what_is_committed(using: str, *, is_repeated: bool) -> None:
    """Have this transaction see the rows that others commit meanwhile, whatever the host chose.

    In MySQL's and MariaDB's REPEATABLE READ a row that an upsert has met stays out of sight.
    PostgreSQL's is sound, but a large batch would lose to smaller ones again and again.
    """
    connection: Any = connections[using]
    if connection.vendor == "mysql":
        is_needed = connection.isolation_level != "read committed"
    else:
        is_needed = connection.vendor == "postgresql" and is_repeated
    if is_needed:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
