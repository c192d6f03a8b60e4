"""The fake as a program: by the site's command, and without Django."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from django_chakra.testing.fake import serve
from django_chakra.testing.fake.ledger import read

from . import prepared

ROOT = Path(__file__).resolve().parents[2]
WAYS = {
    "command": ["manage.py", "chakra_fake"],
    "module": ["-m", "django_chakra.testing"],
}


def run(way: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A program that ends by itself."""
    return subprocess.run(
        [sys.executable, *WAYS[way], *options],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.processes
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_serves_until_a_signal(way: str, name: str, tmp_path: Path) -> None:
    """It says where it is and with which token, answers there, and stops in peace."""
    ledger = tmp_path / "ledger.jsonl"
    options = ["--port", "0", "--token", "t-1", "--seed", "5", "--ledger", str(ledger)]
    with subprocess.Popen(
        [sys.executable, *WAYS[way], *options],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, process.stderr.read()
        assert "token t-1" in line
        assert "seed 5" in line
        with prepared.client(found[0], token="t-1") as client:
            client.health.check()
            process.send_signal(getattr(signal, name))
            assert process.wait(10) == 0
        assert process.stdout.read() == "Stopped.\n"
        assert process.stderr.read() == ""
    assert [one["endpoint"] for one in read(ledger, "request")] == ["health.check"]


@pytest.mark.parametrize("way", WAYS)
def test_help(way: str) -> None:
    """Both ways have the same options."""
    shown = run(way, "--help").stdout
    for option in ("host", "port", "token", "secret", "webhook-url", "format", "ledger", "seed"):
        assert f"--{option}" in shown


@pytest.mark.parametrize("way", WAYS)
def test_a_port_that_is_taken_is_told(way: str) -> None:
    """It says so in one line, and ends with 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(way, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "65536"], "'65536' is no port"),
        (["--port", "x"], "'x' is no port"),
        (["--webhook-url", "localhost:8000/"], "'localhost:8000/' does not begin with http://"),
        (["--webhook-url", "https:///x"], "does not begin with"),
        (["--script", "nobody"], "there is no script 'nobody'; there are campaign"),
        (["--misbehave", "fire"], "'fire' is no misbehaviour"),
        (["--ledger", "/nowhere/book"], "/nowhere/book: No such file"),
    ],
)
def test_an_option_that_can_not_be_is_told(way: str, options: list[str], sentence: str) -> None:
    """In a sentence, and not by a traceback."""
    done = run(way, *options)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_fake_needs_no_django() -> None:
    """Nothing of Django is imported with the fake and its program."""
    code = "import sys, django_chakra.testing.fake.command; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_body_without_length_is_refused() -> None:
    """A body in chunks is none that the fake reads: 411, and the connection is closed."""
    with serve(prepared.fake()) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            head = b"POST /v1/ext/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head + b"0\r\n\r\n")
            assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 411")
