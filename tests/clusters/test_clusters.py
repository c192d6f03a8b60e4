"""Private servers: durable, each as a Unix user of its own, in a folder of its own, and gone."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from tests.settings import ROOT

from . import Server, clusters, missing
from .kinds import KINDS
from .processes import running
from .server import unix_user
from .writing import read, sql, write

pytestmark = pytest.mark.processes

Block = AbstractContextManager[dict[str, Server]]


def having(*names: str) -> Block:
    """These, if this machine has what they need."""
    if reason := missing(*names):
        pytest.skip(reason)
    return clusters(*names)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    """Those that start quickly."""
    with having("postgresql", "pgbouncer", "mariadb", "redis") as servers:
        yield servers


def alive(pids: set[int]) -> set[int]:
    """Which of these processes run."""
    return pids & {one.pid for one in running()}


def owners(server: Server) -> set[int]:
    """Whose its folder and all its processes are."""
    paths = [server.folder, *(Path(f"/proc/{pid}") for pid in alive(server.pids))]
    return {path.stat().st_uid for path in paths}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_server_of_ones_own(kind: str, servers: dict[str, Server]) -> None:
    """It is an unprivileged user's, keeps over its death what it took, and leaves nothing.

    Others of its kind notice none of it.
    """
    with having(kind) as own:
        server = own[kind]
        assert owners(server) == {(unix_user(server.user) or pwd.getpwuid(os.getuid())).pw_uid}
        assert owners(server) != {0}
        write(server)
        url, pids = server.url, server.pids
        server.kill()
        assert not server.is_up
        assert alive(pids) == set()
        server.start()
        assert server.url == url
        assert read(server) == ["kept"]
        pids = server.pids
    assert pids
    assert alive(pids) == set()
    assert [one.folder for one in own.values() if one.folder.exists()] == []
    assert [one.name for one in servers.values() if not one.answers()] == []


def test_keeps_what_it_took_when_it_is_stopped(servers: dict[str, Server]) -> None:
    """After stop() nothing of it runs, and start() brings it back with its data."""
    for kind in ("postgresql", "mariadb", "redis"):
        server = servers[kind]
        write(server)
        pids = server.pids
        server.stop()
        assert alive(pids) == set()
        server.start()
        assert read(server) == ["kept"]


@pytest.mark.parametrize("kind", ["postgresql", "pgbouncer"])
@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_postgresql_is_durable(kind: str, setting: str, servers: dict[str, Server]) -> None:
    """It says itself that a commit is on disk before it is answered, also through PgBouncer."""
    assert sql(servers[kind], f"SHOW {setting}") == ["on"]


def test_pgbouncer_pools_transactions(servers: dict[str, Server]) -> None:
    """Two sessions that are open at once share the one connection to PostgreSQL."""
    url = f"{servers['pgbouncer'].url}/postgres"
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url) as other:
        backends = {each.execute("SELECT pg_backend_pid()").fetchone() for each in (one, other)}

    assert len(backends) == 1


def test_mariadb_is_durable(servers: dict[str, Server]) -> None:
    """It says itself that a commit is on disk before it is answered."""
    said = sql(servers["mariadb"], "SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite")

    assert said == ["1", "1"]


def test_redis_is_durable(servers: dict[str, Server]) -> None:
    """It says itself that a write is on disk before it is answered."""
    with Redis.from_url(servers["redis"].url, decode_responses=True) as client:
        said = client.config_get("append*")

    assert (said["appendonly"], said["appendfsync"]) == ("yes", "always")


ENDINGS = {
    "interrupted": "with clusters('redis') as servers: tell(servers); time.sleep(60)",
    "raised": "with clusters('redis') as servers: tell(servers); raise SystemError",
    "never left": "block = clusters('redis'); tell(block.__enter__())",
}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_nothing_is_left_by_a_process_that_ends(ending: str) -> None:
    """Whatever ends the process that started them: Ctrl-C, an exception, or its last line."""
    if reason := missing("redis"):
        pytest.skip(reason)
    tell = "def tell(servers): one = servers['redis']; print(one.folder, *one.pids, flush=True)"
    source = f"import time\nfrom tests.clusters import clusters\n{tell}\n{ENDINGS[ending]}"
    with subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        folder, *pids = process.stdout.readline().split()
        if ending == "interrupted":
            process.send_signal(signal.SIGINT)

    assert pids
    assert alive(set(map(int, pids))) == set()
    assert not Path(folder).exists()


def test_says_why_it_does_not_start(servers: dict[str, Server]) -> None:
    """A server that can't start raises with the end of its log, and nothing of it runs."""
    server = servers["redis"]
    server.kill()
    with socket.create_server(("127.0.0.1", server.port)):
        with pytest.raises(RuntimeError, match="Address already in use"):
            server.start()
        assert server.pids == set()
    server.start()


def test_no_connection_takes_its_port(servers: dict[str, Server]) -> None:
    """A server's port lies below those that are given to whoever connects while it is away."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()

    assert max(server.port for server in servers.values()) < int(given[0])


def test_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a kind's programs, or without those of what it needs, is told so."""
    monkeypatch.setattr("tests.clusters.server.PATH", "/nowhere")

    assert missing("redis") == "redis: no redis-server"
    assert "postgresql: no initdb" in missing("pgbouncer")
