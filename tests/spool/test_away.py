"""The view while the database is away: who gets which answer, and what lies in the folder."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from django_chakra import process, spool
from django_chakra.models import WebhookCall
from django_chakra.signature import sign
from django_chakra.testing import calls
from tests.posting import SECRETS, post, stored, text

from .away import away, bodies, cut, ends, names, spooled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

CALL = text("wamid.A")
BODY = calls.body(CALL)


def configure(settings: Any, **rest: Any) -> None:
    """Change these of the package's settings."""
    settings.CHAKRA = {**settings.CHAKRA, **rest}


def test_a_call_waits_in_a_file_of_its_own(folder: Path) -> None:
    """It gets 200, and is a file that only its user may read: a line about it, then its bytes."""
    body = b' {"event" : "x",\r\n "payload":{"\\u00e9": "\xc3\xa9\\u0000"} }\n\n'
    with away():
        assert post(body, account="other").status_code == 200
    (name,) = names(folder)
    line, _, kept = (folder / name).read_bytes().partition(b"\n")
    assert kept == body
    said = json.loads(line)
    assert (said["account"], said["length"]) == ("other", len(body))
    assert said["uid"] in name
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert name.endswith(f"-{len(line) + 1 + len(body)}-0.call")


def test_names_sort_by_arrival(folder: Path) -> None:
    """The file of a later call stands behind that of an earlier one."""
    files = [spooled(folder, f"wamid.{n}").name for n in range(5)]
    assert names(folder) == files


def test_only_the_headers_that_a_row_keeps(folder: Path) -> None:
    """Neither cookies nor what else came with the call is written down, nor any secret of ours."""
    with away():
        post(CALL, HTTP_COOKIE="hidden", HTTP_AUTHORIZATION="Bearer hidden", HTTP_X_HIDDEN="1")
    (name,) = names(folder)
    written = (name + (folder / name).read_text()).lower()
    assert "hidden" not in written
    assert SECRETS["default"] not in written
    assert sign(BODY, SECRETS["default"]) in written


def test_what_comes_back_is_the_call(folder: Path) -> None:
    """The row has bytes, headers, uid, account and time of the arrival, and is due."""
    spooled(folder, "wamid.A", account="other")
    assert WebhookCall.objects.count() == 0
    straight = stored(CALL, account="other")

    assert spool.take_in() == 1

    call = WebhookCall.objects.exclude(pk=straight.pk).get()
    for name in ("account", "body", "digest", "signature", "state", "attempts", "error"):
        assert getattr(call, name) == getattr(straight, name), name
    assert call.received_at < straight.received_at
    assert call.next_attempt_at == call.received_at
    assert names(folder) == []


def test_what_is_refused_is_not_spooled(folder: Path) -> None:
    """A call that is not the platform's, or no JSON, gets the answer that it always gets."""
    with away():
        assert post(CALL, secret="").status_code == 401
        assert post(CALL, secret="wrong").status_code == 401
        assert post(b"no json").status_code == 400
        assert post(CALL, path="/chakra/webhook/nobody/").status_code == 404
    assert names(folder) == []


def test_nothing_before_the_insert_asks_the_database(folder: Path) -> None:
    """Account, signature and URL need no database; there is one INSERT and nothing else."""
    asked: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    connection.ensure_connection()
    with connection.execute_wrapper(note):
        assert post(CALL).status_code == 200
    assert [sql.split()[0] for sql in asked] == ["INSERT"]
    with away():
        assert Client().get("/chakra/webhook/").status_code == 200


def test_without_a_folder(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Without SPOOL_DIR a call gets 503, and the log says whose and why."""
    with away():
        response = post(CALL)
    assert (response.status_code, response.content) == (503, b"can't be stored")
    (line,) = [r.getMessage() for r in caplog.records if r.name == "django_chakra.views"]
    assert line == "A call for account default could not be stored: OperationalError"


@pytest.mark.parametrize("limit", [{"SPOOL_MAX_FILES": 3}, {"SPOOL_MAX_BYTES": 3}])
def test_a_full_spool(
    settings: Any, folder: Path, caplog: pytest.LogCaptureFixture, limit: dict[str, int]
) -> None:
    """At its limit of files or bytes a call gets 503 with the reason, and no file is begun."""
    size = sum(spooled(folder, f"wamid.{n}").stat().st_size for n in range(3))
    (key,) = limit
    configure(settings, **{key: 3 if key == "SPOOL_MAX_FILES" else size + 10})
    before = names(folder)
    with away():
        response = post(CALL)
    assert (response.status_code, response.content) == (
        503, b"can't be stored: the spool is full",
    )  # fmt: skip
    assert names(folder) == before
    assert "OperationalError, and the spool is full" in caplog.text
    assert "hello" not in caplog.text
    configure(settings, **{key: 4 if key == "SPOOL_MAX_FILES" else 2 * size})
    spooled(folder, "wamid.A")


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_folder_that_is_none(settings: Any, tmp_path: Path, kind: str) -> None:
    """A folder that is not there is not made: a volume may not be mounted. The answer is 503."""
    place = tmp_path / "spool"
    if kind == "file":
        place.write_text("")
    configure(settings, SPOOL_DIR=str(place))
    with away():
        response = post(CALL)
    assert (response.status_code, response.content) == (
        503, b"can't be stored: the spool can't be written",
    )  # fmt: skip
    assert place.exists() is (kind == "file")
    assert spool.take_in() == 0


def test_a_database_that_refuses(folder: Path) -> None:
    """Whatever the database says, a call that a disk can take gets 200: here its table is gone."""
    table = WebhookCall._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(WebhookCall, table, f"{table}_gone")
    try:
        assert post(CALL).status_code == 200
        # It is not taken in, and not given up at once either.
        assert spool.take_in() == 0
        assert ends(folder) == ["call"]
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(WebhookCall, f"{table}_gone", table)


def test_inside_a_transaction_of_the_host(folder: Path) -> None:
    """Where a host wraps the view, its connection is not closed, and the call waits in a file."""
    with transaction.atomic():
        before = connection.connection
        with away_inside():
            assert post(CALL).status_code == 200
        assert connection.connection is before
        assert not connection.closed_in_transaction
    assert ends(folder) == ["call"]
    assert spool.take_in() == 1
    assert bodies() == [BODY]


@pytest.mark.databases("postgresql", "mariadb")
def test_inside_a_transaction_that_was_cut(folder: Path) -> None:
    """The host's transaction is gone with its connection, and the call is not."""
    with transaction.atomic():
        cut()
        assert post(CALL).status_code == 200
    assert ends(folder) == ["call"]
    assert spool.take_in() == 1
    assert bodies() == [BODY]


def away_inside() -> Any:
    """The database fails in the middle of a transaction."""

    def fail(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    return connection.execute_wrapper(fail)


def test_nothing_is_taken_in_inside_a_transaction(folder: Path) -> None:
    """It might be rolled back, and the file would be gone."""
    spooled(folder, "wamid.A")
    with transaction.atomic():
        assert spool.take_in() == 0
        process.run()
    assert len(names(folder)) == 1


def test_a_path_may_be_an_object(settings: Any, folder: Path) -> None:
    """SPOOL_DIR may be a Path, as BASE_DIR is one."""
    configure(settings, SPOOL_DIR=folder)
    spooled(folder, "wamid.A")
    assert spool.take_in() == 1


def test_a_body_of_the_greatest_length(settings: Any, folder: Path) -> None:
    """What the view takes the spool takes too, and gives back byte for byte."""
    body = BODY.ljust(4 * 1024 * 1024)
    with away():
        assert post(body).status_code == 200
    assert os.stat(folder / names(folder)[0]).st_size > len(body)
    assert spool.take_in() == 1
    assert bodies() == [body]
