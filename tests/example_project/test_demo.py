"""The demo as a newcomer starts it: a command, in a process of its own, with a real server."""

import os
import re
import shutil
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
OPTIONS_WITHOUT_SENSE = [
    ["--port", "0"],
    ["--fake-port", "web"],
    ["--every", "-1"],
    ["--every", "0"],
]


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


def two_ports() -> tuple[int, int]:
    """Free ones, for the site and for the fake."""
    first = site.any_free()
    return first, site.next_free(first + 1)


def options(ports: tuple[int, int]) -> list[str]:
    """What makes the command listen there."""
    return ["--port", str(ports[0]), "--fake-port", str(ports[1])]


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
    assert re.search(r"lines of the script that happened .* WRONG\n", run.stdout)
    assert "lines are wrong" in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_the_check_fails_when_nothing_is_processed(tmp_path: Path) -> None:
    """A site that stores calls but has no worker makes ``demo --check`` exit with 1."""
    settings = "tests.example_project.idle_settings"
    run = demo(tmp_path, "--check", DJANGO_SETTINGS_MODULE=settings)
    assert run.returncode == 1
    assert re.search(r"calls answered with 200 .* ok\n", run.stdout)
    assert re.search(r"calls stored and processed .* WRONG\n", run.stdout)
    assert "too many: calls to process" in run.stdout


@pytest.mark.parametrize("word", ["SIGINT", "SIGTERM"])
def test_a_stopped_demo_takes_its_servers_with_it(tmp_path: Path, word: str) -> None:
    """Ctrl-C, or a polite end from outside, stops site and fake too and is no error."""
    ports = two_ports()
    with running_demo(tmp_path, *options(ports)) as process:
        wait_for(lambda: "wrote" in said(tmp_path))  # calls are on their way
        assert not any(map(site.is_free, ports))
        process.send_signal(signal.Signals[word])
        assert process.wait(20) == 0
    assert all(map(site.is_free, ports))
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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database of a demo that was stopped after its opening."""
    folder = tmp_path_factory.mktemp("told")
    with running_demo(folder, *options(two_ports()), "--every", "60"):
        wait_for(lambda: READY in said(folder))
    assert "Good morning" in said(folder)
    return folder


@pytest.fixture
def again(told: Path, tmp_path: Path) -> Path:
    """A folder with a copy of that database."""
    for path in told.glob("demo.sqlite3*"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.thorough
def test_a_second_run_goes_on_where_the_first_one_stopped(told: Path, again: Path) -> None:
    """The opening is told to an empty database only; customers go on, and are answered."""
    before = messages(told)
    assert before >= 20
    with running_demo(again, *options(two_ports()), "--every", "0.1"):
        wait_for(lambda: READY in said(again))
        wait_for(lambda: "We answer 'Ana Souza': 'On Sundays" in said(again))
        wait_for(lambda: messages(again) >= before + 6)
    assert "Good morning" not in said(again)
    assert "Traceback" not in said(again)


def test_staff_can_log_in(again: Path) -> None:
    """The printed login opens the admin at the printed address; the fake's is printed too."""
    port, fake_port = two_ports()
    with running_demo(again, *options((port, fake_port))):
        wait_for(lambda: READY in said(again))
        admin = re.search(r"Admin +(\S+)", said(again))
        assert admin
        assert admin[1] == f"http://127.0.0.1:{port}/admin/"
        assert f"http://127.0.0.1:{fake_port} " in said(again)
        assert "demo, password demo" in said(again)
        assert log_in(admin[1], "demo", "demo") == admin[1]


def log_in(admin: str, username: str, password: str) -> str:
    """Fill in the admin's login form; returns the address of the page one comes to."""
    with requests.Session() as session:
        session.trust_env = False
        session.get(admin, timeout=10)
        form = {"username": username, "password": password, "next": "/admin/"}
        form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        return session.post(f"{admin}login/", data=form, timeout=10).url


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the site's process")
def test_a_site_that_ends_ends_the_demo(again: Path) -> None:
    """When the site's process is gone the command says so and exits with 1."""
    with running_demo(again, *options(two_ports())) as process:
        wait_for(lambda: READY in said(again))
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        os.kill(int(Path(children).read_text()), signal.SIGKILL)
        assert process.wait(20) == 1
    assert "The site has stopped (exit code -9)." in said(again)


def test_the_next_free_port_is_taken() -> None:
    """A port on which somebody listens is passed over."""
    with socket.create_server((site.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert not site.is_free(port)
        following = site.next_free(port)
        assert port < following < port + 100
        assert following < site.next_free(port, besides=following) < port + 100


@pytest.mark.parametrize("option", ["--port", "--fake-port"])
def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path, option: str) -> None:
    """A port that is taken ends the command at once, without a traceback."""
    with socket.create_server((site.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        run = demo(tmp_path, option, str(port))
    assert run.returncode == 1
    assert f"Port {port} is taken; without {option} " in run.stderr
    assert "Traceback" not in run.stderr


def test_one_port_for_both_is_refused(tmp_path: Path) -> None:
    """Site and fake can't listen on the same port."""
    port = site.any_free()
    run = demo(tmp_path, *options((port, port)))
    assert run.returncode == 1
    assert "--port and --fake-port are the same" in run.stderr


@pytest.mark.parametrize("arguments", OPTIONS_WITHOUT_SENSE)
def test_an_option_that_makes_no_sense_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    """The command says what is wrong with an option and does nothing."""
    run = demo(tmp_path, *arguments)
    assert run.returncode == 2
    assert f"{arguments[1]!r} is no " in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_option(tmp_path: Path) -> None:
    """``demo --help`` explains the options, and where the site listens without them."""
    text = " ".join(demo(tmp_path, "--help").stdout.split())
    options = ("--check", "--port", "--fake-port", "--every", "--secret")
    assert all(option in text for option in options)
    assert "8000 or the next free one" in text
    assert "8900 or the next free one" in text
