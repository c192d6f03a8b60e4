"""Two transactions that wait for each other: the database ends one of them, and nothing is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from django_chakra import process
from django_chakra.models import Contact, Conversation, DeliveryStatus, Message
from django_chakra.models.contention import is_contention
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing import calls
from tests.posting import status, stored, text

from .guarantees import assert_nothing_held, assert_nothing_left, let_time_pass
from .hearing import heard
from .processes import Child

pytestmark = [
    # SQLite has one writer at a time, and so no deadlocks.
    pytest.mark.databases("postgresql", "mariadb"),
    pytest.mark.django_db(transaction=True),
]

HOUR = timedelta(hours=1)


class Watch:
    """Counts the deadlocks that this process is the victim of, and says when a row is taken."""

    def __init__(self, at: str) -> None:
        self.at, self.deadlocks = at, 0
        self.reached = threading.Event()

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if self.at in sql:
            self.reached.set()
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            self.deadlocks += is_contention(error)
            raise


class Opponent(threading.Thread):
    """Holds the second row, and asks for the first when the other side waits for the second."""

    def __init__(self, second: int, first: int, when: threading.Event) -> None:
        super().__init__()
        self.second, self.first, self.when = second, first, when
        self.holds = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        """Lock in the order that nobody else uses."""
        try:
            with transaction.atomic():
                # MariaDB ends whoever has changed less: that must not be this side.
                Contact.objects.bulk_create(Contact(account="other") for _ in range(200))
                list(Message.objects.select_for_update().filter(pk=self.second))
                self.holds.set()
                assert self.when.wait(20)
                time.sleep(0.3)
                list(Message.objects.select_for_update().filter(pk=self.first))
        except Exception as error:
            self.error = error
        finally:
            self.holds.set()
            connection.close()


@contextmanager
def opponent(*, first: str, second: str, at: str) -> Iterator[Watch]:
    """Another transaction that locks ``second`` and then ``first``; we do it the other way.

    It goes on when we send a statement that contains ``at``.
    """
    keys = dict(Message.objects.values_list("external_id", "pk"))
    watch = Watch(at)
    other = Opponent(keys[second], keys[first], watch.reached)
    other.start()
    assert other.holds.wait(20)
    with connection.execute_wrapper(watch):
        yield watch
    other.join(20)
    assert other.error is None


def test_a_deadlock_while_recording_is_survived() -> None:
    """Statuses of two messages that another transaction locks the other way round are recorded."""
    stored(text("wamid.0", at=0))
    stored(text("wamid.1", at=1))
    process.run()
    stored(calls.batch_call(status("wamid.0", "read"), status("wamid.1", "read")))
    with opponent(first="wamid.0", second="wamid.1", at="FOR UPDATE") as watch:
        assert process.run() == 1
    assert watch.deadlocks == 1
    assert set(Message.objects.values_list("status", flat=True)) == {"read"}
    assert_nothing_left()
    assert_nothing_held()


def test_a_deadlock_while_messages_are_merged_is_survived() -> None:
    """Repeats of two messages that another transaction locks the other way round are merged."""
    stored(text("wamid.0", at=0))
    stored(text("wamid.1", at=1))
    process.run()
    stored(calls.batch_call(text("wamid.0", at=0), text("wamid.1", at=1)))
    insert = f"INSERT INTO {connection.ops.quote_name(Message._meta.db_table)}"
    with opponent(first="wamid.0", second="wamid.1", at=insert) as watch:
        assert process.run() == 1
    assert watch.deadlocks == 1
    assert Message.objects.count() == 2
    assert_nothing_left()
    assert_nothing_held()


def test_a_deadlock_while_linking_is_survived() -> None:
    """A reply that came before what it quotes is linked, though another transaction has it."""
    stored(text("wamid.reply", at=1, reply_to="wamid.quoted"))
    process.run()
    # Another worker holds the conversation, and stops before it announces what comes now.
    Conversation.objects.update(announcing_by="another", announcing_until=DatabaseNow() + HOUR)
    stored(text("wamid.quoted", at=0))
    process.run()
    let_time_pass()
    word = "UPDATE" if connection.vendor == "mysql" else "SET"
    at = f"{word} {connection.ops.quote_name('reply_to_id')}"
    with opponent(first="wamid.quoted", second="wamid.reply", at=at) as watch:
        process.sweep()
    assert watch.deadlocks == 1
    assert Message.objects.get(external_id="wamid.reply").reply_to is not None
    assert_nothing_left()
    assert_nothing_held()


@pytest.mark.processes
def test_workers_with_the_same_facts_in_opposite_order(tmp_path: Path) -> None:
    """Two workers that take the same messages and statuses, one backwards, record each once."""
    rounds, size, log = 6, 25, tmp_path / "heard"
    with Child(log) as one, Child(log) as other:
        for number in range(rounds):
            _meet_in_opposite_order(one, other, number, size)
    assert Message.objects.count() == DeliveryStatus.objects.count() == rounds * size
    assert_nothing_left()
    assert_nothing_held()
    assert len(heard(log)) == 4 * rounds * size


def _meet_in_opposite_order(one: Child, other: Child, number: int, size: int) -> None:
    ids = [f"wamid.{number} {n}" for n in range(size)]
    texts = [text(i, sender=f"55118{n:08}", at=number) for n, i in enumerate(ids)]
    ticks = [status(i, "read", at=number + 1) for i in ids]
    there = stored(calls.batch_call(*texts, *ticks))
    back = stored(calls.batch_call(*reversed(texts), *reversed(ticks)))
    at = time.monotonic() + 0.01
    one.tell("one", pk=there.pk, at=at)
    other.tell("one", pk=back.pk, at=at)
    assert one.answer() == other.answer() == {"done": 1}
