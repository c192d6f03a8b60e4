"""The example project as a real server: ``manage.py runserver`` in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from django.conf import settings
from django.urls import reverse

HOST = "127.0.0.1"
FIRST_PORT, FIRST_FAKE_PORT = 8000, 8900
START_SECONDS = 30
STOP_SECONDS = 5


class SiteError(Exception):
    """The server could not be started, or has stopped; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Site:
    """A server that was started."""

    url: str
    _child: "subprocess.Popen[bytes]"

    def check(self) -> None:
        """See whether it still runs.

        Raises:
            SiteError: it does not.
        """
        if (code := self._child.poll()) is not None:
            raise SiteError(f"The site has stopped (exit code {code}).")


def is_free(port: int) -> bool:
    """Whether nobody listens there, and we may."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            return False  # asked as well, since some systems let two listen on one port
    with socket.socket() as probe:
        # As the server will: what a stopped one has left behind does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def next_free(port: int, *, besides: int | None = None) -> int:
    """This port, or the first free one after it; not ``besides``, which is to be taken."""
    for candidate in range(port, min(port + 100, 65536)):
        if candidate != besides and is_free(candidate):
            return candidate
    raise SiteError(f"No port from {port} on is free; name one with --port and --fake-port.")


def any_free() -> int:
    """Some free port, far from those that people use."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    port: int, environment: Mapping[str, str], *, log: Path | None = None
) -> Iterator[Site]:
    """Run the site while the block runs, with these variables besides our own.

    What it prints goes to ``log``, else what it logs to the terminal and the rest nowhere. In a
    session of its own, so that Ctrl-C reaches us alone, and we stop it when our work is done.
    """
    command = [sys.executable, str(settings.ROOT / "manage.py"), "runserver", "--noreload"]
    with open(log or os.devnull, "wb") as output:
        child = subprocess.Popen(
            [*command, f"{HOST}:{port}"],
            env={**os.environ, **environment, "DEMO_REQUESTS": "ERROR"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output if log else None,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(child, port)
            yield Site(address(port), child)
        finally:
            _stop(child)


def address(port: int) -> str:
    """Where the site is."""
    return f"http://{HOST}:{port}"


def webhook(url: str) -> str:
    """To which of the site's URLs the platform posts."""
    return url + reverse("django_chakra:webhook")


def _wait_until_it_answers(child: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < end:
            if child.poll() is not None:
                raise SiteError(f"The server stopped at once (exit code {child.returncode}).")
            try:
                if session.get(webhook(address(port)), timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
    raise SiteError(f"The server did not answer within {START_SECONDS} seconds.")


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
