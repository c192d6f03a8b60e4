"""The programs of the site, kept running as a supervisor does: what ends is started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30.0
DEAF_SECONDS = 20.0


@dataclass
class Program:
    """One program with all its processes, in a session of its own."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    #: Who has said nothing for so many seconds is taken for deaf, and started again; 0: never.
    silence: float = 0.0
    started_at: float = 0.0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its log goes on."""
        self.started_at = time.time()
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env=self.env,
                cwd=ROOT,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def is_deaf(self) -> bool:
        """Whether it runs, and has said nothing for too long."""
        heard = max(self.log.stat().st_mtime, self.started_at)
        return 0 < self.silence < time.time() - heard

    @property
    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> list[int]:
        """SIGKILL to all of its processes; which they were."""
        if self.process is None:
            return []
        found = self.pids()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        return found

    def stop(self) -> int | None:
        """Ask it to stop, and see that it does; its exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(PATIENCE)
        self.kill()
        return None

    def pids(self) -> list[int]:
        """Its processes, the first one first."""
        if self.process is None:
            return []
        out = subprocess.run(
            ["ps", "-o", "pid=", "-g", str(self.process.pid)], capture_output=True, text=True
        )
        return sorted(int(word) for word in out.stdout.split())


@dataclass
class Supervisor:
    """Starts the programs, and again those that ended, until the block is left."""

    programs: list[Program]
    #: A program that ends by itself all the time is not what is to be shown.
    unasked: list[str] = field(default_factory=list)
    #: Celery's workers sometimes take nothing any more once Redis was away (celery/celery#10302).
    deaf: list[str] = field(default_factory=list)
    _killed: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        for program in self.programs:
            program.start()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for program in self.programs:
            if error[0] is None and program.is_running and program.process is not None:
                program.process.terminate()
        for program in self.programs:
            if error[0] is None:
                program.stop()
            program.kill()

    def kill(self, program: Program) -> list[int]:
        """SIGKILL to all of a program; it is started again. Which processes that were."""
        with self._lock:
            self._killed.add(program.name)
            return program.kill()

    def killed(self, program: Program) -> None:
        """Somebody killed its only process."""
        with self._lock:
            self._killed.add(program.name)

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            for program in self.programs:
                with self._lock:
                    if program.is_deaf:
                        self.deaf.append(program.name)
                        self.kill(program)
                    if not program.is_running:
                        self._again(program)

    def _again(self, program: Program) -> None:
        if program.name not in self._killed:
            code = program.process.returncode if program.process else None
            self.unasked.append(f"{program.name} ended by itself ({code})")
            self._stop.wait(0.5)
        self._killed.discard(program.name)
        # What is left of it must not meet the new one.
        program.kill()
        program.start()


def environment(stack: dict[str, Any]) -> dict[str, str]:
    """What every process of the site is told."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.stack.site",
        "TEST_STACK": json.dumps(stack),
        # gunicorn keeps a control socket there, and two sites would share it.
        "HOME": stack["folder"],
    }


def run(stack: dict[str, Any], *command: str) -> None:
    """Run a management command to its end."""
    subprocess.run(
        [sys.executable, "-m", "django", *command], env=environment(stack), cwd=ROOT, check=True
    )


def programs(stack: dict[str, Any], port: int) -> list[Program]:
    """gunicorn with two processes, and two workers: Celery's with beat, or our own."""
    folder, env = Path(stack["folder"]), environment(stack)
    celery = ["-m", "celery", "-A", "tests.runner.app"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
    commands = {
        "server": [
            "-m", "gunicorn", "--workers=2", "--threads=4", f"--bind=127.0.0.1:{port}",
            "--graceful-timeout=10", "django.core.wsgi:get_wsgi_application()",
        ]
    }  # fmt: skip
    if stack["broker"]:
        for name in ("worker 1", "worker 2"):
            node = f"{name.replace(' ', '')}@{folder.name}"
            commands[name] = [*celery, "worker", *quiet, "-n", node, "-c", "1"]
        commands["beat"] = [*celery, "beat", "-l", "WARNING"]
    else:
        for name in ("worker 1", "worker 2"):
            commands[name] = ["-m", "django", "chakra_process", "--watch"]
    return [
        Program(
            name,
            command,
            env,
            folder / f"{name.replace(' ', '-')}.log",
            # Beat has something for each of them every second.
            silence=DEAF_SECONDS if stack["broker"] and name.startswith("worker") else 0.0,
        )
        for name, command in commands.items()
    ]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until_answers(port: int, *, seconds: float = PATIENCE) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"Nothing answers on port {port}")
