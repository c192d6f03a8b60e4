"""A database that is really away for a while, under load, with a real server and a real worker."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from django_chakra import spool
from django_chakra.models import Message
from django_chakra.testing import calls
from tests.paths.test_workers import all_announced, wait_until, workers
from tests.posting import SECRETS, post, text
from tests.served.gunicorn import request, serving

from .away import bodies, names
from .proxy import Proxy, proxied, through

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases("postgresql", "mariadb"),
    pytest.mark.processes,
]

SENDERS = 3
PEOPLE = 40


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A way to the database that processes of the test take; the test itself has its own."""
    monkeypatch.setenv("PGSSLMODE", "disable")  # so that it can be seen what is said
    with proxied() as found:
        name = settings.TEST_DATABASE
        given = connection.settings_dict
        url = f"{name}://{given['USER']}:{given['PASSWORD']}@127.0.0.1:{found.port}"
        monkeypatch.setenv(f"TEST_{name.upper()}_URL", url)
        yield found


class Load:
    """Senders that post one call after the other, and write down what was answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answered: dict[bytes, int] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(SENDERS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, sender: int) -> None:
        n = 0
        # A pause, so that the server is not all that this machine is busy with.
        while not self._stop.wait(0.02):
            n += 1
            person = f"55118{(sender + n * SENDERS) % PEOPLE:08}"
            body = calls.body(text(f"wamid.{sender}.{n}", sender=person, at=n))
            answer = request(self.port, body, calls.headers(body, SECRETS["default"]))
            self.answered[body] = answer[0]


def play(proxy: Proxy, folder: Path, tmp_path: Path, *, seconds: float, runner: str) -> None:
    """Take calls before, while and after the database is away for so long; what must be true."""
    # What was in hand when the connection was cut is taken up again soon.
    soon = {"CLAIM_SECONDS": 3, "ANNOUNCE_SECONDS": 3}
    chakra = {"SPOOL_DIR": str(folder), "RUNNER": runner, **soon}
    server = {"GUNICORN_CMD_ARGS": "--threads=4"}
    with (
        serving(tmp_path, env=server, chakra=chakra) as port,
        workers(tmp_path / "heard", 2 if runner == "worker" else 0, chakra=chakra) as running,
    ):
        with Load(port) as load:
            wait_until(lambda: len(load.answered) > 50)
            proxy.away()
            before, most = len(load.answered), 0
            for _ in range(int(seconds * 20)):
                time.sleep(0.05)
                most = max(most, len(names(folder)))
            meanwhile = len(load.answered) - before
            proxy.up()
            # By who processes the next calls, whichever that is.
            wait_until(lambda: not names(folder), 40 + seconds)
        wait_until(lambda: everything_done(runner), 40 + 2 * seconds)
        assert meanwhile > 50
        assert most > 50
        for worker in running:
            worker.terminate()
        said = "".join(worker.stdout.read() for worker in running if worker.stdout)
        assert ("taken in from the spool" in said) is (runner == "worker")
    assert Counter(load.answered.values()) == {200: len(load.answered)}
    # Not one is lost, and not one is double.
    assert sorted(bodies()) == sorted(load.answered)
    assert Message.objects.count() == len(load.answered)
    assert names(folder) == []


def everything_done(runner: str) -> bool:
    """Whether every call is processed and told of; inline the cron job is needed for the last."""
    if runner == "inline":
        call_command("chakra_process", stdout=StringIO())
    return all_announced()


@pytest.mark.parametrize(
    "runner", [pytest.param("inline", marks=pytest.mark.databases("postgresql")), "worker"]
)
def test_a_short_outage_under_load(proxy: Proxy, folder: Path, tmp_path: Path, runner: str) -> None:
    """The database is away for two seconds: every call gets 200, and is one row in the end."""
    play(proxy, folder, tmp_path, seconds=2, runner=runner)


@pytest.mark.thorough
@pytest.mark.timeout(300)
@pytest.mark.parametrize("runner", ["inline", "worker"])
def test_half_a_minute_away_under_load(
    proxy: Proxy, folder: Path, tmp_path: Path, runner: str
) -> None:
    """The database is away for thirty seconds: every call gets 200, and is one row in the end."""
    play(proxy, folder, tmp_path, seconds=30, runner=runner)


@pytest.mark.parametrize("away", [False, True], ids=["back at once", "away after it"])
def test_a_commit_whose_answer_was_lost(proxy: Proxy, folder: Path, away: bool) -> None:
    """The row was written, and the connection cut before we heard of it: there is no second row,
    neither by the second attempt nor out of the spool."""
    body = calls.body(text("wamid.A"))
    with through(proxy):
        connection.ensure_connection()
        proxy.cut_after(b"INSERT INTO", away=away)
        assert post(body).status_code == 200
        assert proxy.cut.is_set()
    assert len(names(folder)) == away
    assert bodies() == [body]
    assert spool.take_in() == away
    assert bodies() == [body]
    assert names(folder) == []


def test_a_call_to_a_site_without_a_database(folder: Path, tmp_path: Path) -> None:
    """A real server that never reached its database takes calls, and refuses what is not ours."""
    env = {f"TEST_{settings.TEST_DATABASE.upper()}_URL": "none://nobody:x@127.0.0.1:9"}
    body = calls.body(text("wamid.A"))
    with serving(tmp_path, env=env, chakra={"SPOOL_DIR": str(folder)}) as port:
        signed = calls.headers(body, SECRETS["default"])
        assert request(port, body, signed) == (200, "OK")
        assert request(port, body, {})[0] == 401
        assert oct(os.stat(folder / names(folder)[0]).st_mode)[-3:] == "600"
    assert spool.take_in() == 1
    assert bodies() == [body]
