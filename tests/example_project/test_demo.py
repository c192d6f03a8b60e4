"""The demo as a newcomer starts it: a command, in a process of its own, with a real server."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from example_project.demo import site
from tests.settings import ROOT

pytestmark = pytest.mark.processes

READY = "Stop with Ctrl-C"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The example project's settings, with its database and all temporary files in this folder."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "example_project.settings",
        "DEMO_DATABASE": str(folder / "demo.sqlite3"),
        "TMPDIR": str(folder),
        **more,
    }


def demo(folder: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=100,
    )


@contextmanager
def running_demo(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the command; whatever the test does, it is stopped in the end."""
    with open(folder / "output", "w") as output:
        command = [sys.executable, "manage.py", "demo", *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder), stdout=output, stderr=output, text=True
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait_for(holds: Callable[[], object], seconds: float = 60) -> None:
    """Until it holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def said(folder: Path) -> str:
    """What the running command has printed so far."""
    return (folder / "output").read_text()


def messages(folder: Path) -> int:
    """How many messages the demo's database holds."""
    with closing(sqlite3.connect(folder / "demo.sqlite3")) as database:
        [[count]] = database.execute("SELECT COUNT(*) FROM django_chakra_message")
    return int(count)


def test_the_check_finds_all_that_was_posted(tmp_path: Path) -> None:
    """``demo --check`` says of each line that it holds, exits with 0 and leaves nothing behind."""
    run = demo(tmp_path, "--check")
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert all(line.endswith("ok") for line in lines[1:-1])
    assert re.fullmatch(rf"All {len(lines) - 2} lines hold \(\d+\.\d s\)\.", lines[-1])
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_check_fails_when_the_secret_is_wrong(tmp_path: Path) -> None:
    """Calls that the site refuses make ``demo --check`` exit with 1 and say what is missing."""
    run = demo(tmp_path, "--check", "--secret", "not the site's")
    assert run.returncode == 1
    assert re.search(
        r"calls answered with 200 .* WRONG\n +missing: 200\n +too many: 401", run.stdout
    )
    assert "lines are wrong" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_check_fails_when_nothing_is_processed(tmp_path: Path) -> None:
    """A site that stores calls but has no worker makes ``demo --check`` exit with 1."""
    settings = "tests.example_project.idle_settings"
    run = demo(tmp_path, "--check", DJANGO_SETTINGS_MODULE=settings)
    assert run.returncode == 1
    assert re.search(r"calls answered with 200 .* ok\n", run.stdout)
    assert re.search(r"calls stored and processed .* WRONG\n", run.stdout)
    assert "too many: calls to process" in run.stdout


@pytest.mark.parametrize("word", ["SIGINT", "SIGTERM"])
def test_a_stopped_demo_takes_its_server_with_it(tmp_path: Path, word: str) -> None:
    """Ctrl-C, or a polite end from outside, stops the site too and is no error."""
    port = site.any_free()
    with running_demo(tmp_path, "--port", str(port)) as process:
        wait_for(lambda: "wrote" in said(tmp_path))  # calls are on their way
        assert not site.is_free(port)
        process.send_signal(signal.Signals[word])
        assert process.wait(20) == 0
    assert site.is_free(port)
    assert "Stopped." in said(tmp_path).splitlines()[-1]
    assert "Traceback" not in said(tmp_path)


def test_a_stopped_check_cleans_up(tmp_path: Path) -> None:
    """Ctrl-C in the middle of ``demo --check`` stops the site, removes its folder, and is told."""
    port = site.any_free()
    with running_demo(tmp_path, "--check", "--port", str(port)) as process:
        wait_for(lambda: not site.is_free(port))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert site.is_free(port)
    assert list(tmp_path.glob("demo-*")) == []
    assert "Stopped before the end." in said(tmp_path)


def test_customers_keep_writing_and_staff_can_log_in(tmp_path: Path) -> None:
    """After the opening more messages come in, and the printed login opens the admin."""
    port = site.any_free()
    with running_demo(tmp_path, "--port", str(port), "--every", "0.1"):
        wait_for(lambda: READY in said(tmp_path))
        before = messages(tmp_path)
        admin = re.search(r"Admin +(\S+)", said(tmp_path))
        assert admin
        assert admin[1] == f"http://127.0.0.1:{port}/admin/"
        assert "demo, password demo" in said(tmp_path)
        assert log_in(admin[1], "demo", "demo") == admin[1]
        wait_for(lambda: messages(tmp_path) >= before + 4)


def log_in(admin: str, username: str, password: str) -> str:
    """Fill in the admin's login form; returns the address of the page one comes to."""
    with requests.Session() as session:
        session.trust_env = False
        session.get(admin, timeout=10)
        form = {"username": username, "password": password, "next": "/admin/"}
        form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        return session.post(f"{admin}login/", data=form, timeout=10).url


def test_a_second_run_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    """The opening is told to an empty database only; what was there stays."""
    for opens in (True, False):
        with running_demo(tmp_path, "--port", str(site.any_free()), "--every", "60"):
            wait_for(lambda: READY in said(tmp_path))
            assert ("Good morning" in said(tmp_path)) is opens
            assert messages(tmp_path) >= 14


def test_the_next_free_port_is_taken() -> None:
    """A port on which somebody listens is passed over."""
    with socket.create_server((site.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert not site.is_free(port)
        assert port < site.next_free(port) < port + 100


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    """``--port`` with a port that is taken ends at once, without a traceback."""
    with socket.create_server((site.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        run = demo(tmp_path, "--port", str(port))
    assert run.returncode == 1
    assert f"Port {port} is taken" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "web"], ["--every", "-1"]])
def test_an_option_that_makes_no_sense_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    """The command says what is wrong with an option and does nothing."""
    run = demo(tmp_path, *arguments)
    assert run.returncode == 2
    assert f"{arguments[1]!r} is no " in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_option(tmp_path: Path) -> None:
    """``demo --help`` explains the options, and where the site listens without them."""
    text = " ".join(demo(tmp_path, "--help").stdout.split())
    assert all(option in text for option in ("--check", "--port", "--every", "--secret"))
    assert "8000 or the next free one" in text
