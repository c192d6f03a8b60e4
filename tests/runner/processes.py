"""Web processes and Celery's workers, each on the test's database and a broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.commands import until
from tests.paths.processes import Child, environment, start

from .brokers import Broker


def env_of(
    broker: Broker,
    log: Path,
    *,
    env: dict[str, str] | None = None,
    **options: Any,
) -> dict[str, str]:
    """What a process needs to know: its broker, and what ``environment`` takes."""
    given = {"url": broker.url, "options": broker.options, "name": broker.name}
    return {
        **environment(log, **options),
        **(env or {}),
        "DJANGO_SETTINGS_MODULE": "tests.runner.site",
        "TEST_BROKER": json.dumps(given),
    }


class Web(Child):
    """A web process."""

    def __init__(self, broker: Broker, log: Path, **options: Any) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        env = env_of(broker, log, **options)
        self.process = start("tests.runner.child", env=env, **pipes)

    def said(self) -> str:
        """All that it logged; ends it."""
        return self.process.communicate()[1]


class Worker:
    """``celery worker``."""

    def __init__(
        self,
        broker: Broker,
        directory: Path,
        *arguments: str,
        name: str = "worker",
        concurrency: int = 2,
        **options: Any,
    ) -> None:
        self.log = directory / f"{name}.log"
        command = [sys.executable, "-m", "celery", "-A", "tests.runner.app", "worker"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
        command += ["-n", f"{name}@{broker.name}", "-c", str(concurrency), *arguments]
        env = env_of(broker, directory / "heard", **options)
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                command, env=env, cwd=settings.ROOT, stdout=out, stderr=out, start_new_session=True
            )

    def said(self) -> str:
        """All that it logged."""
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        """Until it takes tasks."""
        until(lambda: " ready." in self.said() or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.said()

    def stop(self) -> None:
        """Ask it to stop after what is in hand."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.said()

    def kill(self) -> None:
        """End it and its children where they are."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def working(*workers: Worker) -> Iterator[tuple[Worker, ...]]:
    """Until the block ends these work. Then they are ended as they are: that is quicker."""
    try:
        for worker in workers:
            worker.wait_until_ready()
        yield workers
    finally:
        for worker in workers:
            worker.kill()
