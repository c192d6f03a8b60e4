"""A process of its own that does what the test tells it, line by line.

A command is an object in JSON with the name of a function below in ``do``; so is its answer.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import django
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections

django.setup()

# ruff: noqa: E402  models can be imported only now
from django.test import override_settings
from django.urls import resolve

from django_chakra import process
from django_chakra.testing import calls as bodies

from .stopping import STOPPED, STOPPED_AFTER_WORDS, Stop

SECRET = "test-secret"
PATH = "/chakra/webhook/"


class Answered:
    """Takes calls as a server does, and writes down each answer before it closes the response."""

    def __init__(self, file: str = "") -> None:
        self.file, self.secret = file, SECRET
        self.handler = WSGIHandler()
        self.statuses: list[str] = []

    def post(self, call: dict[str, Any]) -> None:
        """Post one signed call."""
        body = bodies.body(call)
        read, write = os.pipe()
        os.write(write, body)
        os.close(write)
        with os.fdopen(read, "rb") as stream:
            environ: dict[str, Any] = {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": PATH,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": stream,
            }
            for name, value in bodies.headers(body, self.secret).items():
                environ["HTTP_" + name.upper().replace("-", "_")] = value
            setup_testing_defaults(environ)
            response = self.handler(environ, self._start)
            b"".join(response)
            self._write(self.statuses[-1])
            response.close()

    def _start(self, status: str, headers: Any, error: Any = None, /) -> Callable[[bytes], object]:
        self.statuses.append(status)
        return lambda part: None

    def _write(self, status: str) -> None:
        if self.file:
            with open(self.file, "a") as file:
                file.write(status[:3] + "\n")


def _everything() -> int:
    """Process and sweep until nothing is left; how much was done."""
    total = 0
    for _ in range(50):
        done = process.run() + process.sweep()
        if not done:
            return total
        total += done
    raise RuntimeError("there is always something left")


def work(**_: Any) -> dict[str, Any]:
    """Do all that there is."""
    return {"done": _everything()}


def mortal(**_: Any) -> dict[str, Any]:
    """Do all that there is in a process that a receiver may end; whether one did."""
    return {"ended": forked(_everything_well) == -signal.SIGKILL}


def _everything_well() -> int:
    _everything()
    return 0


def one(pk: int, at: float = 0) -> dict[str, Any]:
    """Process one call at a moment of the monotonic clock."""
    connection.ensure_connection()
    while time.monotonic() < at:
        pass
    return {"done": process.run_one(pk)}


def post(calls: list[dict[str, Any]], runner: str, at: float = 0) -> dict[str, Any]:
    """Take these calls one after the other; what was answered."""
    while time.monotonic() < at:
        pass
    server = Answered()
    with override_chakra(RUNNER=runner):
        for call in calls:
            server.post(call)
    return {"answered": server.statuses}


def stop(
    calls: list[dict[str, Any]], runner: str, at: int, after: bool, answers: str, log: str
) -> dict[str, Any]:
    """Do all that calls need, in a process that ends in its ``at``-th step; whether it did."""

    def work() -> int:
        files = [Path(answers), Path(log)]
        return _until_stopped(calls, runner, Stop(at, after=after, files=files), answers)

    return ended(work)


def ended(work: Callable[[], int]) -> dict[str, Any]:
    """Do this in a process forked from this one; whether it was stopped in it."""
    code = forked(work)
    assert code in (0, STOPPED, STOPPED_AFTER_WORDS)
    return {"stopped": code != 0, "wrote": code == STOPPED_AFTER_WORDS}


def forked(work: Callable[[], int]) -> int:
    """Do this in a process forked from this one; its exit code."""
    connections.close_all()  # a connection can't be shared with the process that comes
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code != 1
    return code


def _until_stopped(calls: list[dict[str, Any]], runner: str, stop: Stop, answers: str) -> int:
    stop.watch(connection)
    server = Answered(answers)
    with override_chakra(RUNNER=runner):
        for call in calls:
            server.post(call)
        if runner == "worker":
            process.run()
            process.sweep()
    return 0


def override_chakra(**changes: Any) -> Any:
    """The site's settings with some changed."""
    from django.conf import settings

    return override_settings(CHAKRA={**settings.CHAKRA, **changes})


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "work": work,
    "mortal": mortal,
    "one": one,
    "post": post,
    "stop": stop,
}


def main() -> None:
    """Answer each line of the input with one of the output."""
    # A process that is forked from this one need not import the site again.
    resolve(PATH)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = COMMANDS[command.pop("do")](**command)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
