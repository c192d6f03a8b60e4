"""Everything through PgBouncer that pools transactions: no session is ours for longer than one."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Habits, serve
from django_chakra.testing.site import settings_for
from tests.clusters import Server, clusters, missing
from tests.paths.hearing import NAMES, heard
from tests.paths.processes import environment
from tests.paths.test_workers import wait_until, workers
from tests.posting import SECRETS
from tests.send.platform import Sender
from tests.served.gunicorn import request, serving
from tests.settings import ROOT

pytestmark = [
    pytest.mark.databases("postgresql"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
]

PEOPLE, EACH = 10, 4


@pytest.fixture
def bouncer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A PgBouncer with a database behind it, to which all children are led."""
    if reason := missing("pgbouncer"):
        pytest.skip(reason)
    with clusters("pgbouncer") as servers:
        with psycopg.connect(
            f"{servers['postgresql'].url}/postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE pooled")
        monkeypatch.setenv("TEST_POSTGRESQL_URL", servers["pgbouncer"].url)
        yield servers["pgbouncer"]


def ask(bouncer: Server, statement: str) -> list[Any]:
    """The first row of an answer."""
    with psycopg.connect(f"{bouncer.url}/pooled", prepare_threshold=None) as connection:
        return list(connection.execute(statement.encode()).fetchone() or [])


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of Django's commands to its end."""
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)


def test_a_site_behind_pgbouncer(bouncer: Server, tmp_path: Path) -> None:
    """A web server, two workers and a sender share few connections, and nothing goes wrong."""
    fake = FakeChakra(habits=Habits(), secret=SECRETS["default"])
    pooled, log = {"DJANGO_SETTINGS_MODULE": "tests.databases.pooled"}, tmp_path / "heard"
    for n in range(PEOPLE):
        fake.hear(_person(n), content="hi")
    bodies = [calls.body(one) for one in _texts(int(time.time()))]
    with serve(fake) as url, ExitStack() as started:
        env: dict[str, Any] = {"chakra": {**settings_for(fake), "BASE_URL": url}}
        child = {**environment(log, **env), **pooled}
        assert run(child, "migrate").returncode == 0
        port = started.enter_context(serving(tmp_path, pooled, workers=2, **env))
        started.enter_context(workers(log, 2, env=pooled, **env))
        for body in bodies:
            answer = request(port, body, calls.headers(body, SECRETS["default"]))
            assert answer == (200, "OK")
        wait_until(lambda: len(heard(log)) == len(NAMES) * len(bodies))
        sender = started.enter_context(Sender(tmp_path / "sent", env=pooled, **env))
        messages = [{"kind": "text", "to": _person(n), "body": "hi"} for n in range(PEOPLE)]
        assert sender.ask("send_all", messages=messages, threads=3, seed=1)
        for command in ("chakra_doctor --offline", "chakra_process --replay --state processed"):
            done = run(child, *command.split())
            assert "Error" not in done.stderr, done.stderr
    assert ask(bouncer, "SELECT COUNT(*), COUNT(announced_at) FROM django_chakra_message "
                        "WHERE direction = 'in'") == [len(bodies)] * 2  # fmt: skip
    ours = "SELECT COUNT(*) FROM django_chakra_message WHERE direction = 'out' AND external_id > ''"
    assert ask(bouncer, ours) == [PEOPLE]
    assert len(fake.sent) == PEOPLE
    # What a session is told holds for whoever comes next: nobody may have left anything there.
    assert ask(bouncer, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'") == [0]
    assert ask(bouncer, "SELECT COUNT(*) FROM pg_prepared_statements") == [0]


def _person(number: int) -> str:
    return f"55118{number:08}"


def _texts(now: int) -> Iterator[dict[str, Any]]:
    for n in range(EACH):
        for person in map(_person, range(PEOPLE)):
            yield calls.text_call(
                "meta", external_id=f"wamid.{person} {n}", sender=person, text="hi", timestamp=now
            )


def test_statement_timeout_of_a_client(bouncer: Server, tmp_path: Path) -> None:
    """PgBouncer refuses what a client says at its start: it belongs to the role, where it works."""
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(f"{bouncer.url}/pooled", options="-c statement_timeout=10s")
    role = f"{bouncer.others['postgresql'].url}/pooled"
    with psycopg.connect(role, autocommit=True) as connection:
        connection.execute("ALTER ROLE chakra SET statement_timeout = '10s'")
    assert ask(bouncer, "SHOW statement_timeout") == ["10s"]
