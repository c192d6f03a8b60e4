"""A program is more than the process that was started: backends, helpers, what outlives it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

PATIENCE = 30


class Process(NamedTuple):
    """One process; the time it began tells it from a later one with its number."""

    pid: int
    parent: int
    session: int
    began: int


def running() -> set[Process]:
    """All of this machine but those that have ended and that nobody has asked for yet."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name stands in parentheses, and may hold anything.
            state, *rest = path.read_text().rpartition(")")[2].split()
            if state not in "ZX":
                parent, session, began = int(rest[0]), int(rest[2]), int(rest[18])
                found.add(Process(int(path.parent.name), parent, session, began))
    return found


def family(root: int) -> set[Process]:
    """A session's leader, all of its session, and all that descend from these.

    Some make sessions of their own (PostgreSQL's backends), some outlive the leader (epmd).
    """
    everyone = running()
    found: set[Process] = set()
    more = {one for one in everyone if root in (one.pid, one.session)}
    while more:
        found |= more
        pids = {one.pid for one in found}
        more = {one for one in everyone - found if one.parent in pids}
    return found


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has; its number stays taken until somebody waits for it."""
    if process.returncode is not None:
        return True
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, options) is not None


def end(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    """Send the signal to it alone, then SIGKILL to what is left of its family; until all are gone.

    Who doesn't heed a gentler signal for long is killed as well.
    """
    known = family(process.pid)
    if not has_ended(process):
        process.send_signal(by)
        until = time.monotonic() + PATIENCE
        while not has_ended(process) and time.monotonic() < until:
            time.sleep(0.01)
    while left := (known & running()) | family(process.pid):
        known |= left
        for one in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)
        time.sleep(0.01)
    process.wait()
