"""Locks that others hold, and rows that others change: waited for, tried again, never an error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet

from django_chakra import process, send, spool
from django_chakra.models import CallState, Conversation, Message, WebhookCall, contention
from tests.paths.guarantees import assert_nothing_held, assert_nothing_left, let_time_pass
from tests.posting import ANA, post, process_all, status, stored, text

from .others import ISOLATIONS, counted, held, impatient, isolated, meddling

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _met(settings: Any) -> None:
    """Ana has written; we have a number, and a message to her that waits and one that failed."""
    account = {**settings.CHAKRA["ACCOUNTS"]["default"], "PHONE_NUMBER_ID": "300000000000001"}
    accounts = {**settings.CHAKRA["ACCOUNTS"], "default": account}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": accounts, "WINDOW": "allow"}
    stored(text("wamid.first"))
    process_all()
    send.text(to=ANA, body="waits")
    failed = send.text(to=ANA, body="failed")
    Message.objects.filter(pk=failed.pk).update(status="failed")


def again() -> Any:
    """Send the one that failed once more."""
    return send.again(Message.objects.get(text="failed"))


#: What people and their code do, the table whose rows others hold, and how it is seen to be done.
ACTS: dict[str, tuple[Callable[[], Any], Any, Callable[[], bool]]] = {
    "write": (
        lambda: send.text(to=ANA, body="new"),
        Conversation,
        lambda: Message.objects.filter(text="new").count() == 1,
    ),
    "write to a stranger": (
        lambda: send.text(to="5511900000001", body="new"),
        Conversation,
        lambda: Message.objects.filter(text="new").count() == 1,
    ),
    "write with a key": (
        lambda: send.text(to=ANA, body="new", idempotency_key="one"),
        Conversation,
        lambda: Message.objects.filter(text="new").count() == 1,
    ),
    "send again": (again, Message, lambda: Message.objects.filter(text="failed").count() == 2),
    "cancel": (
        lambda: send.cancel(Message.objects.filter(text="waits")),
        Message,
        lambda: Message.objects.get(text="waits").status == "cancelled",
    ),
    "claim": (
        lambda: send.claim(Conversation.objects.get().pk),
        Message,
        lambda: Message.objects.get(text="waits").status == "sending",
    ),
    "process again": (
        lambda: process.replay(WebhookCall.objects.all()),
        WebhookCall,
        lambda: WebhookCall.objects.get().state == CallState.RECEIVED,
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_holds_a_row_is_waited_for(act: str, database_vendor: str) -> None:
    """What people do succeeds, once, though others hold what it needs for longer than we wait."""
    do, model, is_done = ACTS[act]
    with counted() as conflicts, impatient(), held(model.objects.all(), lambda: bool(conflicts)):
        do()
    # The INSERT of a conversation asks for no row that is there.
    assert conflicts or (act == "write to a stranger" and database_vendor != "sqlite")
    assert is_done()


@pytest.mark.parametrize("model", [Conversation, Message])
def test_a_worker_waits_for_who_holds_a_row(model: Any) -> None:
    """What a worker records and tells is not put off, though others hold what it changes."""
    call = stored(status("wamid.first", "read"))
    with counted() as conflicts, impatient(), held(model.objects.all(), lambda: bool(conflicts)):
        assert process.run() == 1
    assert conflicts
    call.refresh_from_db()
    assert (call.state, call.attempts) == (CallState.PROCESSED, 1)
    assert_nothing_held()


# On SQLite the whole database is held, and nothing at all can be written.
@pytest.mark.databases("postgresql", "mariadb")
def test_who_holds_a_row_for_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that others keep from being recorded is put off, and holds up no other account's."""
    monkeypatch.setattr(contention, "TRIES", 2)
    kept, free = stored(status("wamid.first", "read")), stored(text("wamid.free"), account="other")
    ours = Message.objects.filter(external_id="wamid.first")
    with impatient(), held(ours, lambda: False):
        assert process.run() == 2
    kept.refresh_from_db()
    free.refresh_from_db()
    assert (kept.state, kept.claimed_until) == (CallState.RECEIVED, None)
    assert free.state == CallState.PROCESSED
    let_time_pass()
    process_all()
    Message.objects.filter(source="send").delete()
    assert_nothing_left()
    assert_nothing_held()


@pytest.mark.databases("sqlite")
def test_a_call_that_finds_sqlite_locked(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in the spool, is not refused there while the lock lasts, and is a row afterwards."""
    settings.CHAKRA = {**settings.CHAKRA, "SPOOL_DIR": str(tmp_path)}
    monkeypatch.setattr(contention, "TRIES", 2)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
    connection.close()
    with held(WebhookCall.objects.all(), lambda: False):
        assert post(text("wamid.new")).status_code == 200
        assert spool.take_in(at_once=True) == 0
        assert [one.name.rpartition("-")[2] for one in tmp_path.iterdir()] == ["0.call"]
    assert spool.take_in(at_once=True) == 1
    process_all()
    connection.close()
    assert Message.objects.filter(external_id="wamid.new").count() == 1


LEVELS = [
    pytest.param(level, marks=pytest.mark.databases(database), id=f"{database}, {level}")
    for database in ("postgresql", "mariadb")
    for level in ISOLATIONS[database]
]


def table(rows: QuerySet[Any]) -> str:
    """How statements name the table of these rows."""
    return str(connection.ops.quote_name(rows.model._meta.db_table))


@pytest.mark.parametrize("level", LEVELS)
def test_a_row_that_changed_since_it_was_read(level: str) -> None:
    """What others change while a worker records is seen by its next try, whatever the isolation."""
    stored(status("wamid.first", "read"))
    conversations = Conversation.objects.all()
    version = conversations.get().version

    def meddle() -> None:
        conversations.update(version=F("version") + 10)

    with isolated(level), meddling(f"UPDATE {table(conversations)}", meddle) as conflicts:
        assert process.run() == 1
    assert conflicts.count == (connection.vendor == "postgresql")
    assert conversations.get().version > version + 10
    assert Message.objects.get(external_id="wamid.first").status == "read"
    assert WebhookCall.objects.latest("pk").attempts == 1
    assert_nothing_held()


@pytest.mark.parametrize("level", LEVELS)
def test_a_row_that_came_since_we_looked(level: str) -> None:
    """A message that another worker inserts while we record the same one is one row, told once."""
    stored(text("wamid.second", at=5))
    copy = stored(text("wamid.second", at=5, format="chakra"))
    insert = f"INSERT INTO {table(Message.objects.all())}"
    with isolated(level), meddling(insert, lambda: process.run_one(copy.pk)):
        process_all()
    assert Message.objects.filter(external_id="wamid.second").count() == 1
    Message.objects.filter(source="send").delete()
    assert_nothing_left()
    assert_nothing_held()


@pytest.mark.databases("mariadb")
@pytest.mark.parametrize("level", ISOLATIONS["mariadb"])
def test_calls_come_in_while_others_are_claimed(level: str) -> None:
    """A claim locks the calls that it takes and no gaps, which a new call would wait for."""
    stored(text("wamid.second", at=5))
    call = stored(text("wamid.third", at=6))
    call.delete()

    def meddle() -> None:
        with impatient():
            call.save(force_insert=True)

    with isolated(level), meddling(f"UPDATE {table(WebhookCall.objects.all())}", meddle):
        assert process.run() == 1
    assert process.run() == 1
