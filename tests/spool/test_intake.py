"""What waits in the folder becomes rows: once, in order, whoever takes it in."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_chakra import process, spool
from django_chakra.models import Message, WebhookCall
from django_chakra.signals import message_received
from django_chakra.spool import intake
from django_chakra.testing import calls
from tests.posting import post, stored, text

from .away import away, bodies, cut, ends, grow_old, names, spooled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HOUR = 3600.0


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The ids of messages in the order in which a receiver hears of them."""
    found: list[str] = []

    def hear(message: Message, **named: Any) -> None:
        found.append(str(message.external_id))

    message_received.connect(hear, dispatch_uid="tests.spool")
    yield found
    message_received.disconnect(dispatch_uid="tests.spool")


def test_all_of_it_oldest_first(folder: Path) -> None:
    """Rows are made in the order in which the calls came, and the folder is empty."""
    for n in range(5):
        spooled(folder, f"wamid.{n}")
    assert spool.take_in() == 5
    assert names(folder) == []
    expected = [calls.body(text(f"wamid.{n}")) for n in range(5)]
    assert [bytes(call.body) for call in WebhookCall.objects.order_by("pk")] == expected


@pytest.mark.parametrize("runner", ["inline", "worker"])
def test_before_the_next_call_is_processed(
    settings: Any, folder: Path, heard: list[str], runner: str
) -> None:
    """Inline and by a worker: what came while the database was away is told before what came
    after, also within one conversation."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": runner}
    for n in range(3):
        spooled(folder, f"wamid.{n}", at=n)
    assert post(text("wamid.3", at=3)).status_code == 200
    if runner == "worker":
        process.run()
    assert heard == [f"wamid.{n}" for n in range(4)]
    assert names(folder) == []


def test_by_the_command(folder: Path) -> None:
    """chakra_process takes in, says how many, and processes them."""
    for n in range(3):
        spooled(folder, f"wamid.{n}")
    out = StringIO()
    call_command("chakra_process", stdout=out)
    assert "3 calls taken in from the spool.\n" in out.getvalue()
    assert "3 calls processed" in out.getvalue()
    out = StringIO()
    call_command("chakra_process", stdout=out)
    assert "spool" not in out.getvalue()


#: While a test listens: the folders that were listed.
LISTED: list[list[str]] = []


def note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "os.listdir" and LISTED:
        LISTED[-1].append(str(arguments[0]))


sys.addaudithook(note)  # it can't be taken away


@contextmanager
def listening() -> Iterator[list[str]]:
    """The folders that are listed meanwhile."""
    LISTED.append([])
    try:
        yield LISTED[-1]
    finally:
        LISTED.pop()


def test_an_empty_folder_costs_a_look_a_second(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is asked for, it is listed once in a second, and no statement is sent."""
    monkeypatch.setattr(intake, "QUIET_SECONDS", 1.0)
    began = time.monotonic()
    with listening() as listed, CaptureQueriesContext(connection) as sent:
        for _ in range(1000):
            spool.take_in()
        took = time.monotonic() - began
    assert 1 <= listed.count(str(folder)) <= 1 + took
    assert len(sent) == 0


def test_no_folder_costs_nothing(settings: Any) -> None:
    """Without SPOOL_DIR nothing is listed."""
    with listening() as listed:
        assert spool.take_in() == spool.take_in(at_once=True) == 0
    assert listed == []


def test_a_round_that_takes_too_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round ends when its time is up, so that calls are processed; the next one goes on."""
    monkeypatch.setattr(intake, "ROUND_SECONDS", 0.0)
    for n in range(3):
        spooled(folder, f"wamid.{n}")
    assert [spool.take_in() for _ in range(4)] == [1, 1, 1, 0]


def test_a_file_that_was_stored_before(folder: Path) -> None:
    """A file that comes back, as after a power cut, is the same row, which does not change."""
    file = spooled(folder, "wamid.A")
    content = file.read_bytes()
    spool.take_in()
    process.run()
    before = WebhookCall.objects.values().get()

    file.write_bytes(content)
    spool.take_in()

    assert names(folder) == []
    assert WebhookCall.objects.values().get() == before


def test_the_database_is_away_still(folder: Path) -> None:
    """The files stay as they are, however often somebody tries; nothing is counted against them."""
    for n in range(3):
        spooled(folder, f"wamid.{n}")
    before = names(folder)
    with away():
        for _ in range(3):
            assert spool.take_in() == 0
    assert names(folder) == before
    assert spool.take_in() == 3


@pytest.mark.databases("postgresql", "mariadb")
@pytest.mark.parametrize("end", [cut, lambda: connection.connection.close()])
def test_a_connection_that_was_cut_meanwhile(folder: Path, end: Callable[[], None]) -> None:
    """A process that was idle while the database was restarted stores at its first attempt."""
    spooled(folder, "wamid.A")
    connection.ensure_connection()
    end()
    assert spool.take_in() == 1


@pytest.mark.parametrize(("age", "taken"), [(0, 0), (59, 0), (61, 1)])
def test_a_claim_of_a_stopped_process(folder: Path, age: float, taken: int) -> None:
    """A file that somebody claimed is his for CLAIM_SECONDS, and then anybody's."""
    file = spooled(folder, "wamid.A")
    claimed = file.rename(file.with_suffix(".claim-host.1.abc"))
    grow_old(claimed, age)
    assert spool.take_in() == taken
    assert WebhookCall.objects.count() == taken
    assert ends(folder) == ["claim-host.1.abc"] * (1 - taken)


def test_a_temporary_file(folder: Path) -> None:
    """What was not finished is never taken in, even if it is whole, and removed after an hour."""
    file = spooled(folder, "wamid.A")
    whole = file.rename(file.with_suffix(".tmp"))
    for age, left in ((0, 1), (HOUR - 60, 1), (60, 0)):
        grow_old(whole, age)
        assert spool.take_in() == 0
        assert len(names(folder)) == left
    assert WebhookCall.objects.count() == 0


@contextmanager
def refusing() -> Iterator[None]:
    """A database that is there, and takes no call of the account "other"."""
    table, vendor = WebhookCall._meta.db_table, connection.vendor
    add, drop = f"ALTER TABLE {table} ADD", f"ALTER TABLE {table} DROP"
    statements = {
        "postgresql": (f"{add} CONSTRAINT no CHECK (account <> 'other')", f"{drop} CONSTRAINT no"),
        "mysql": (f"{add} CONSTRAINT no CHECK (account <> 'other')", f"{drop} CONSTRAINT no"),
        "sqlite": (
            f"CREATE TRIGGER no BEFORE INSERT ON {table} WHEN NEW.account = 'other' "
            "BEGIN SELECT RAISE(ABORT, 'hello'); END",
            "DROP TRIGGER no",
        ),
    }[vendor]
    with connection.cursor() as cursor:
        cursor.execute(statements[0])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(statements[1])


def test_a_file_that_the_database_refuses(
    settings: Any, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again, later each time, and set aside in the end with the reason; all others are
    stored meanwhile, and the log holds nothing of the call."""
    settings.CHAKRA = {**settings.CHAKRA, "MAX_ATTEMPTS": 3}
    spooled(folder, "wamid.bad", account="other")
    with refusing():
        for attempt, wait in enumerate((0, 30, 60), 1):
            good = spooled(folder, f"wamid.{attempt}")
            if wait:
                # Not before its time.
                grow_old(folder / names(folder)[0], wait - 5)
            assert spool.take_in() == 1, good
            if wait:
                assert ends(folder) == ["call"]
                grow_old(folder / names(folder)[0], 10)
                assert spool.take_in() == 0
            assert f"-{attempt}.call" in names(folder)[0] or attempt == 3
    (name,) = names(folder)
    assert ".aside-" in name
    assert "Error-" in name
    assert len(bodies()) == 3
    assert "hello" not in caplog.text
    assert spool.take_in() == 0


def test_a_file_that_is_put_back_by_hand(folder: Path) -> None:
    """What was set aside is taken in once it has its first name again."""
    with override_settings(CHAKRA={**_with(folder), "MAX_ATTEMPTS": 1}), refusing():
        file = spooled(folder, "wamid.bad", account="other")
        spool.take_in()
        (name,) = names(folder)
        assert ".aside-" in name
    (folder / name).rename(file)
    assert spool.take_in() == 1
    assert WebhookCall.objects.get().account == "other"


def _with(folder: Path) -> dict[str, Any]:
    from django.conf import settings

    return {**settings.CHAKRA, "SPOOL_DIR": str(folder)}


def test_calls_of_an_account_that_is_gone(settings: Any, folder: Path) -> None:
    """A call that was answered is stored, although its account was removed since."""
    spooled(folder, "wamid.A", account="other")
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["x"]}}}
    assert spool.take_in() == 1
    assert stored(text("wamid.B"), secret="x").account == "default"
