"""Kills processes in chosen steps, and whole programs, broker and database, by a seed."""

from __future__ import annotations

import mmap
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.clusters import Server
from tests.stack.programs import Program, Supervisor

from .steps import NAMES, opened

#: A run in which a step was hit less often shows nothing.
ENOUGH = 5
#: How long it is looked for a process in the step that is wanted.
LURK_SECONDS = 3.0


@dataclass(frozen=True)
class Kill:
    """What was killed, and in which steps it was; times are of the monotonic clock."""

    what: str
    at: float
    #: When it was surely gone.
    until: float
    pids: tuple[int, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass
class Killer:
    """Kills from a thread until the block ends.

    Args:
        folder: of the files that :mod:`.steps` makes.
        rest: seconds between two kills.
        every: after so many kills in steps a whole program or server is killed.
    """

    supervisor: Supervisor
    servers: list[Server]
    folder: Path
    seed: int
    rest: float = 0.3
    every: int = 6
    kills: list[Kill] = field(default_factory=list)
    error: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _restart: threading.Thread | None = None
    _maps: dict[int, mmap.mmap] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed} kills")

    def __enter__(self) -> Killer:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in (self._thread, self._restart):
            if thread is not None:
                thread.join()

    @property
    def by_step(self) -> Counter[str]:
        """How often a process was killed in each step."""
        return Counter(step for kill in list(self.kills) for step in kill.steps)

    @property
    def by_kind(self) -> Counter[str]:
        """How often each program or server was killed."""
        return Counter(kill.what for kill in list(self.kills))

    @property
    def is_enough(self) -> bool:
        """Whether every step was hit often enough."""
        found = self.by_step
        return all(found[step] >= ENOUGH for step in NAMES)

    def _run(self) -> None:
        try:
            number = 0
            while not self._stop.wait(self._chance.uniform(0.5, 1.5) * self.rest):
                number += 1
                if number % self.every:
                    self._kill_in_a_step()
                else:
                    self._kill_something()
        except BaseException as error:
            self.error = error
            raise

    def _kill_something(self) -> None:
        """A whole program, or a server; that one is started again at once."""
        both: list[Program | Server] = [*self.supervisor.programs, *self.servers]
        chosen = self._chance.choice(both)
        began = time.monotonic()
        if isinstance(chosen, Program):
            steps = self._steps_of(chosen.pids())
            pids = self.supervisor.kill(chosen)
            self._note(chosen.name, began, pids, steps)
            return
        if self._restart is not None and self._restart.is_alive():
            return  # One server at a time; some take long to start.
        away = self._chance.uniform(0, 1.5)
        self._restart = threading.Thread(target=self._away, args=(chosen, away))
        self._restart.start()

    def _away(self, server: Server, seconds: float) -> None:
        """Kill a server, and start it again after so long."""
        began = time.monotonic()
        try:
            server.kill()
            self._stop.wait(seconds)
            server.start()
        except BaseException as error:
            self.error = error
            raise
        self._note(server.name, began)

    def _kill_in_a_step(self) -> None:
        """One process, in a step that was hit seldom until now, if one is met in it."""
        found = self.by_step
        least = min(found[step] for step in NAMES)
        # Not the least alone: some wait for what others do first.
        wanted = {step for step in NAMES if found[step] <= least + 3}
        until = time.monotonic() + LURK_SECONDS
        while time.monotonic() < until and not self._stop.is_set():
            self._look_for_new_ones()
            for _ in range(100):
                if any(
                    wanted & set(self._now(pid)) and self._kill_if_in(pid, wanted)
                    for pid in list(self._maps)
                ):
                    return
                time.sleep(0.0005)

    def _kill_if_in(self, pid: int, wanted: set[str]) -> bool:
        """Kill it if it is in one of these steps once it stands still."""
        began = time.monotonic()
        program = self._program_of(pid)
        if program is None or not _stands_still(pid):
            return False
        steps = self._now(pid)
        if not wanted & set(steps):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if program.process is not None and program.process.pid == pid:
            self.supervisor.killed(program)
        self._note(program.name, began, [pid], steps)
        return True

    def _note(
        self, what: str, began: float, pids: Sequence[int] = (), steps: tuple[str, ...] = ()
    ) -> None:
        for pid in pids:
            self._maps.pop(pid, None)
            (self.folder / str(pid)).unlink(missing_ok=True)
        self.kills.append(Kill(what, began, time.monotonic(), tuple(pids), steps))

    def _program_of(self, pid: int) -> Program | None:
        """Whose process it is; None of one that is gone, or was never ours."""
        with suppress(ProcessLookupError):
            group = os.getpgid(pid)
            for program in self.supervisor.programs:
                if program.process is not None and program.process.pid == group:
                    return program
        return None

    def _look_for_new_ones(self) -> None:
        for path in self.folder.iterdir():
            pid = int(path.name)
            if pid not in self._maps and path.stat().st_size == len(NAMES):
                self._maps[pid] = opened(path)
        for pid in [pid for pid in self._maps if self._program_of(pid) is None]:
            del self._maps[pid]
            (self.folder / str(pid)).unlink(missing_ok=True)

    def _steps_of(self, pids: list[int]) -> tuple[str, ...]:
        self._look_for_new_ones()
        return tuple(step for pid in pids if pid in self._maps for step in self._now(pid))

    def _now(self, pid: int) -> tuple[str, ...]:
        counts = self._maps[pid]
        return tuple(step for place, step in enumerate(NAMES) if counts[place])


def _stands_still(pid: int) -> bool:
    """Stop a process; whether it did."""
    try:
        os.kill(pid, signal.SIGSTOP)
        for _ in range(200):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state in "Tt":
                return True
            time.sleep(0.0005)
    except (ProcessLookupError, FileNotFoundError):
        pass
    return False
