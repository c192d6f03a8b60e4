"""Starting child processes on the database of the test, and talking with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import connection


def environment(
    log: Path,
    *,
    chakra: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    **hearing: Any,
) -> dict[str, str]:
    """What a child needs to know: whose database, which settings, where to write; and ``env``."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.paths.site",
        "TEST_DATABASE": settings.TEST_DATABASE,
        "TEST_DATABASE_NAME": Path(str(connection.settings_dict["NAME"])).name,
        "TEST_CHAKRA": json.dumps(chakra or {}),
        "TEST_HEARING": json.dumps({"log": str(log), **hearing}),
        **(env or {}),
    }


def start(*module: str, env: dict[str, str], **pipes: Any) -> subprocess.Popen[str]:
    """Start ``python -m`` with these arguments."""
    return subprocess.Popen(
        [sys.executable, "-m", *module], env=env, cwd=settings.ROOT, text=True, **pipes
    )


class Child:
    """A process of its own that takes commands; ended with the ``with`` block."""

    #: Run by ``python -m``; its commands are those of :mod:`.child`, or more.
    module = "tests.paths.child"

    def __init__(self, log: Path, **options: Any) -> None:
        env = environment(log, **options)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = start(self.module, env=env, **pipes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.process.kill()
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()

    def tell(self, do: str, **arguments: Any) -> None:
        """Send a command without waiting for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The answer to the oldest command; what it raised fails the test."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the child ended with {self.process.poll()}"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a command and wait."""
        self.tell(do, **arguments)
        return self.answer()
