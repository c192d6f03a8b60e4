"""Other sessions of the test's database, that hold what we want, or change it under our feet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import QuerySet

from django_chakra.models import contention
from django_chakra.models.contention import is_contention
from tests import settings as of_the_tests

#: What another isolation than Django's default is called, by database.
ISOLATIONS = {
    "sqlite": ["deferred"],
    "postgresql": ["repeatable read"],
    "mariadb": ["repeatable read", "snapshot"],
}


@contextmanager
def isolated(level: str) -> Iterator[None]:
    """This thread's connection, with another isolation."""
    before = connection.settings_dict["OPTIONS"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_the_tests, "ISOLATION", level)
        options = of_the_tests.database()["OPTIONS"]
    try:
        _connect_with(options)
        yield
    finally:
        _connect_with(before)


def _connect_with(options: dict[str, Any]) -> None:
    connection.close()
    connection.settings_dict["OPTIONS"] = options


@contextmanager
def impatient() -> Iterator[None]:
    """This thread's connection waits for a lock no longer than the shortest time that there is."""
    say = {
        "postgresql": ["SET lock_timeout = '100ms'"],
        "mysql": ["SET innodb_lock_wait_timeout = 1"],
        "sqlite": ["PRAGMA busy_timeout = 100"],
    }
    with connection.cursor() as cursor:
        for statement in say[connection.vendor]:
            cursor.execute(statement)
    try:
        yield
    finally:
        connection.close()


@contextmanager
def held(rows: QuerySet[Any], until: Callable[[], bool]) -> Iterator[None]:
    """Another session holds these rows (on SQLite, the database) until this is true."""
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                found = list(rows.select_for_update())  # also against who only refers to them
                assert rows.update(account=found[0].account)  # on SQLite too
                holds.set()
                while not until() and not done.wait(0.02):
                    pass
        finally:
            holds.set()
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(20)
    try:
        yield
    finally:
        done.set()
        holder.join(20)


class Conflicts:
    """Counts how often others were in the way of this process, and it tried again or gave up."""

    def __init__(self) -> None:
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def is_contention(self, error: BaseException) -> bool:
        """In place of the package's own."""
        found = is_contention(error)
        self.count += found
        return found


@contextmanager
def counted() -> Iterator[Conflicts]:
    """What others are in the way of meanwhile: at a statement, or at a commit."""
    conflicts = Conflicts()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contention, "is_contention", conflicts.is_contention)
        yield conflicts


@contextmanager
def meddling(at: str, meddle: Callable[[], object]) -> Iterator[Conflicts]:
    """Before our first statement with ``at``, another session does this and commits."""
    once = threading.Event()

    def other() -> None:
        try:
            meddle()
        finally:
            connections.close_all()

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if at in sql and not once.is_set():
            once.set()
            thread = threading.Thread(target=other)
            thread.start()
            thread.join(20)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch), counted() as conflicts:
        yield conflicts
    assert once.is_set(), f"there was no {at}"
