"""Private servers: durable, each as a Unix user of its own, in a folder of its own, and gone."""

from __future__ import annotations

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


@pytest.fixture(scope="module", params=sorted(KINDS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One of each kind."""
    with having(request.param) as servers:
        yield servers[request.param]


def alive(pids: set[int]) -> set[int]:
    """Which of these processes run."""
    return pids & {one.pid for one in running()}


def test_runs_as_its_own_user(server: Server) -> None:
    """When we are root, each process and the folder are an unprivileged user's."""
    account = unix_user(server.user) or pwd.getpwuid(server.folder.stat().st_uid)
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in alive(server.pids)}

    assert owners == {account.pw_uid} == {server.folder.stat().st_uid} != {0}


@pytest.mark.parametrize("server", ["postgresql", "pgbouncer"], indirect=True, scope="module")
@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_postgresql_is_durable(server: Server, setting: str) -> None:
    """It says itself that a commit is on disk before it is answered, also through PgBouncer."""
    assert sql(server, f"SHOW {setting}") == ["on"]


@pytest.mark.parametrize("server", ["pgbouncer"], indirect=True, scope="module")
def test_pgbouncer_pools_transactions(server: Server) -> None:
    """Two sessions that are open at once share the one connection to PostgreSQL."""
    url = f"{server.url}/postgres"
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url) as other:
        backends = {each.execute("SELECT pg_backend_pid()").fetchone() for each in (one, other)}

    assert len(backends) == 1


@pytest.mark.parametrize("server", ["mariadb"], indirect=True, scope="module")
def test_mariadb_is_durable(server: Server) -> None:
    """It says itself that a commit is on disk before it is answered."""
    assert sql(server, "SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite") == ["1"] * 2


@pytest.mark.parametrize("server", ["redis"], indirect=True, scope="module")
def test_redis_is_durable(server: Server) -> None:
    """It says itself that a write is on disk before it is answered."""
    with Redis.from_url(server.url, decode_responses=True) as client:
        said = client.config_get("append*")

    assert (said["appendonly"], said["appendfsync"]) == ("yes", "always")


def test_keeps_what_it_took(server: Server) -> None:
    """What was committed or published survives the kill of all processes, on the same port."""
    write(server)
    url, pids = server.url, server.pids

    server.kill()

    assert not server.is_up
    assert alive(pids) == set()
    server.start()
    assert server.url == url
    assert read(server) == ["kept"]


def test_keeps_it_when_it_is_stopped() -> None:
    """After stop() nothing of it runs, and start() brings it back with what it took."""
    with having("postgresql", "mariadb", "redis") as servers:
        for server in servers.values():
            write(server)
            pids = server.pids
            server.stop()
            assert alive(pids) == set()
            server.start()
            assert read(server) == ["kept"]


def test_nothing_is_left() -> None:
    """After a block its processes and folders are gone; others of the same kinds still run."""
    with having("postgresql", "mariadb", "redis") as others:
        with having(*KINDS) as servers:
            folders = [server.folder for server in servers.values()]
            pids = {pid for server in servers.values() for pid in alive(server.pids)}
        assert len(pids) >= len(KINDS)
        assert alive(pids) == set()
        assert [folder for folder in folders if folder.exists()] == []
        assert [other.name for other in others.values() if not other.answers()] == []


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


def test_says_why_it_does_not_start() -> None:
    """A server that can't start raises with the end of its log, and nothing of it runs."""
    with having("redis") as servers:
        server = servers["redis"]
        server.kill()
        with socket.create_server(("127.0.0.1", server.port)):
            with pytest.raises(RuntimeError, match="Address already in use"):
                server.start()
            assert server.pids == set()
        server.start()


@pytest.mark.parametrize("server", ["redis"], indirect=True, scope="module")
def test_no_connection_takes_its_port(server: Server) -> None:
    """A server's port lies below those that are given to whoever connects while it is away."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()

    assert server.port < int(given[0])


def test_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a kind's programs, or without those of what it needs, is told so."""
    monkeypatch.setattr("tests.clusters.server.PATH", "/nowhere")

    assert missing("redis") == "redis: no redis-server"
    assert "postgresql: no initdb" in missing("pgbouncer")
