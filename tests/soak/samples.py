"""What the processes of the site take of the machine, as the kernel says it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, median

from tests.stack.programs import Program

MIB = 1024 * 1024
ESTABLISHED = "01"


@dataclass(frozen=True)
class Sample:
    """One look at one program; memory is proportional (PSS), in bytes."""

    at: float
    memory: int
    files: int
    connections: int


def take(programs: Iterable[Program], ports: Iterable[int]) -> dict[str, Sample]:
    """Look at each program once: its memory, open files, and connections to these ports."""
    wanted, found = set(ports), {}
    for program in programs:
        pids = program.pids()
        sockets = _connected(pids, wanted)
        found[program.name] = Sample(
            time.monotonic(), sum(map(_memory, pids)), sum(map(_files, pids)), sockets
        )
    return found


def _memory(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _files(pid: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0


def _connected(pids: Iterable[int], ports: set[int]) -> int:
    """How many connections these processes have to the ports."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, _, remote, state, *_, inode = line.split()[:10]
        if state == ESTABLISHED and int(remote.rpartition(":")[2], 16) in ports:
            inodes.add(f"socket:[{inode}]")
    found = 0
    for pid in pids:
        with suppress(OSError):
            for path in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    found += str(path.readlink()) in inodes
    return found


@dataclass(frozen=True)
class Course:
    """What became of one program: memory in MiB, its slope in MiB an hour."""

    first: float
    last: float
    peak: float
    slope: float
    connections: tuple[int, int]
    files: tuple[int, int]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Course:
        """The first third is left out of slope and ranges: caches fill, and pools."""
        settled = samples[len(samples) // 3 :]
        memory = [one.memory / MIB for one in settled]
        third = max(len(memory) // 3, 1)
        slope = 0.0
        if len(settled) > 1:
            slope = linear_regression([one.at for one in settled], memory).slope * 3600
        return cls(
            first=median(memory[:third]),
            last=median(memory[-third:]),
            peak=max(one.memory for one in samples) / MIB,
            slope=slope,
            connections=_range(one.connections for one in settled),
            files=_range(one.files for one in settled),
        )


def _range(values: Iterable[int]) -> tuple[int, int]:
    found = list(values)
    return min(found), max(found)


def courses(samples: Sequence[Mapping[str, Sample]]) -> dict[str, Course]:
    """By program."""
    return {name: Course.of([one[name] for one in samples]) for name in samples[0]}
