"""SQLite with a web server and workers at once: who finds it locked waits."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from django_chakra.models import CallState, Message, WebhookCall
from django_chakra.testing import calls
from tests.paths.guarantees import assert_nothing_held, assert_nothing_left
from tests.paths.hearing import NAMES, heard
from tests.paths.test_workers import all_announced, wait_until, workers
from tests.posting import SECRETS, text
from tests.served.gunicorn import request, serving

pytestmark = [
    pytest.mark.databases("sqlite"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
]


@pytest.mark.parametrize(
    ("isolation", "count"),
    [
        pytest.param("deferred", 60, id="default, quick"),
        pytest.param("", 400, id="recommended", marks=pytest.mark.thorough),
        pytest.param("deferred", 400, id="default", marks=pytest.mark.thorough),
    ],
)
def test_a_server_and_workers(
    isolation: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many calls at once each is answered with 200, is one row, and is told once."""
    monkeypatch.setenv("TEST_ISOLATION", isolation)
    bodies = [
        calls.body(text(f"wamid.{n}", sender=f"55118{n % 20:08}", at=n)) for n in range(count)
    ]
    _set_journal("DELETE" if isolation else "WAL")
    try:
        with serving(tmp_path, workers=2) as port, workers(tmp_path / "heard", 2):

            def take(body: bytes) -> tuple[int, str]:
                return request(port, body, calls.headers(body, SECRETS["default"]))

            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(take, bodies)) == [(200, "OK")] * count
            wait_until(all_announced, 90)
    finally:
        _set_journal("WAL")
    assert WebhookCall.objects.filter(state=CallState.PROCESSED).count() == count
    assert Message.objects.count() == count
    assert len(heard(tmp_path / "heard")) == len(NAMES) * count
    assert_nothing_left()
    assert_nothing_held()


def _set_journal(mode: str) -> None:
    """It is kept in the file, whoever sets it; for as long as nobody else has it open."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA journal_mode={mode}")
        assert cursor.fetchone()[0] == mode.lower()
