"""Commands as people run them: in this process, and as processes of their own."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from tests.paths.processes import environment, start


def run(command: str, *arguments: str, **options: Any) -> str:
    """What the command says."""
    out = StringIO()
    call_command(command, *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


@contextmanager
def working(log: Path, *arguments: str, **chakra: Any) -> Iterator["subprocess.Popen[str]"]:
    """The command as a process; in the end it is asked to stop, and must do so well.

    ``chakra`` takes the place of settings.
    """
    env = environment(log, chakra={**settings.CHAKRA, **chakra})
    with start("django", *arguments, env=env, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Waiting for")
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def until(true: Callable[[], bool], seconds: float = 20) -> float:
    """Look again and again until it is true; how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, "it never became true"
        time.sleep(0.02)
    return time.monotonic() - began
