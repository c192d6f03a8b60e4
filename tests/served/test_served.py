"""Through a real server: chunked bodies, wrong lengths, a database that is away."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections

from django_chakra.models import WebhookCall
from django_chakra.testing import calls
from tests.paths.hearing import heard
from tests.posting import SECRETS, post, text
from tests.served.gunicorn import raw, request, serving

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.processes,
]

BODY = calls.body(text("wamid.A"))
HEADERS = calls.headers(BODY, SECRETS["default"])
LIMIT = 100_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[int]:
    """The port of a site that takes bodies of some length."""
    with serving(tmp_path, chakra={"MAX_BODY_BYTES": LIMIT}) as port:
        yield port


def head(headers: dict[str, str]) -> bytes:
    """The head of a request with these headers."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /chakra/webhook/ HTTP/1.1", "Host: x", *lines, "", ""]).encode()


def kept() -> list[bytes]:
    """The bodies of all calls that are not refused."""
    return [bytes(call.body) for call in WebhookCall.objects.exclude(state="refused")]


def test_chunked_bodies(site: int) -> None:
    """A body that comes in pieces, of whatever size, is stored as one, without a length."""
    for size in (1, 7, 10_000):
        pieces = (BODY[at : at + size] for at in range(0, len(BODY), size))
        answer = request(site, pieces, HEADERS, encode_chunked=True)
        assert answer == (200, "OK")
    assert kept() == [BODY] * 3


def test_chunked_body_over_the_limit(site: int) -> None:
    """A body without a length is read up to the limit and refused beyond it."""
    long = BODY.ljust(LIMIT)
    signed = calls.headers(long, SECRETS["default"])
    assert request(site, iter([long]), signed, encode_chunked=True)[0] == 200
    assert request(site, iter([long, b" "]), signed, encode_chunked=True)[0] == 413
    assert kept() == [long]


def test_chunks_over_a_bare_socket(site: int) -> None:
    """Chunks with extensions and a trailer, cut anywhere on their way, are the same body."""
    wire = b"".join(b"%x;name=value\r\n%s\r\n" % (len(part), part) for part in (BODY[:5], BODY[5:]))
    wire = head({**HEADERS, "Transfer-Encoding": "chunked"}) + wire + b"0\r\n\r\n"
    assert raw(site, *(wire[at : at + 50] for at in range(0, len(wire), 50))).endswith("200 OK")
    assert kept() == [BODY]


@pytest.mark.parametrize("wire", [b'5\r\n{"a"', b"zz\r\n{}\r\n0\r\n\r\n", b""])
def test_broken_chunks(site: int, wire: bytes) -> None:
    """Chunks that end in the middle, or are none, are refused and never taken for a whole call."""
    answer = raw(site, head({**HEADERS, "Transfer-Encoding": "chunked"}) + wire)
    assert " 4" in answer[:14]
    assert kept() == []


def test_body_shorter_than_announced(site: int) -> None:
    """A body that breaks off is refused."""
    answer = raw(site, head({**HEADERS, "Content-Length": str(len(BODY) + 10)}) + BODY[:-3])
    assert " 4" in answer[:14]
    assert kept() == []


def test_body_longer_than_announced(site: int) -> None:
    """What follows after the announced length is not part of the call."""
    answer = raw(site, head({**HEADERS, "Content-Length": str(len(BODY))}) + BODY + b"more")
    assert answer.endswith("200 OK")
    assert kept() == [BODY]


def test_no_transaction_on_any_database(site: int) -> None:
    """ATOMIC_REQUESTS of another database than ours neither opens nor needs that one."""
    assert request(site, BODY, HEADERS) == (200, "OK")
    assert kept() == [BODY]


def test_answer_before_the_work(tmp_path: Path) -> None:
    """With the inline runner the answer leaves first; the row is committed by then."""
    with serving(tmp_path, chakra={"RUNNER": "inline"}, seconds=1.5) as port:
        request(port, b"{}", {})  # The first one waits for the site to be imported.
        began = time.monotonic()
        assert request(port, BODY, HEADERS) == (200, "OK")
        assert time.monotonic() - began < 1
        assert kept() == [BODY]
        assert heard(tmp_path / "heard") == []
        until = time.monotonic() + 10
        while len(heard(tmp_path / "heard")) < 2 and time.monotonic() < until:
            time.sleep(0.05)
    assert {one.about for one in heard(tmp_path / "heard")} == {"wamid.A"}
    assert WebhookCall.objects.get(state="processed")


def test_database_that_is_away(tmp_path: Path) -> None:
    """Without a database a good call gets 503, so that a proxy may try again; a bad one 401."""
    away = {
        "TEST_POSTGRESQL_URL": "postgresql://nobody:x@127.0.0.1:9",
        "TEST_MARIADB_URL": "mariadb://nobody:x@127.0.0.1:9",
        "TEST_DATABASE_NAME": "no-such-directory/database",
    }
    with serving(tmp_path, env=away) as port:
        assert request(port, BODY, HEADERS) == (503, "can't be stored")
        assert request(port, BODY, {})[0] == 401
    log = (tmp_path / "gunicorn.log").read_text()
    assert "A call for account default could not be stored: OperationalError" in log
    assert HEADERS["X-Chakra-Signature-256"] not in log


@pytest.mark.databases("postgresql", "mariadb")
def test_connection_that_was_cut(database_vendor: str) -> None:
    """A call that finds its connection cut is stored through a fresh one."""
    connection.ensure_connection()
    kill = "SELECT pg_terminate_backend(%s)" if database_vendor == "postgresql" else "KILL %s"
    ask = "pg_backend_pid()" if database_vendor == "postgresql" else "CONNECTION_ID()"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ask}")
        (number,) = cursor.fetchone()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(kill, [number])
    finally:
        other.close()
    assert post(BODY).status_code == 200
    assert kept() == [BODY]
