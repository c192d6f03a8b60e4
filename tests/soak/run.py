"""A run: the platform posts at a steady rate, or ten times that for a minute, and is watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from tests.stack.load import Load
from tests.stack.running import Say, Site, running

from .samples import Sample, take

PREPARE = {"tests.stack.hearing.connect": {"log": "{folder}/heard"}}
#: How much more a burst is, and how long it and what comes before it take.
TIMES = 10
BURST_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is run."""

    database: str = "postgresql"
    broker: str = "redis"
    minutes: float = 30.0
    #: Calls a second.
    rate: float = 12.0
    seed: int = 1
    burst: bool = False


@dataclass
class Watched:
    """What was seen."""

    samples: list[dict[str, Sample]] = field(default_factory=list)
    #: Most that waited, and when it was empty again after the posting ended.
    backlog: int = 0
    seconds_to_rest: float = 0.0
    came_to_rest: bool = False
    #: Seconds until the answer, slowest one in a hundred, and how many there were in a second.
    p99: float = 0.0
    slowest: float = 0.0
    rate: float = 0.0
    unasked: list[str] = field(default_factory=list)


def watched(run: Run, say: Say, look: Callable[[Site, Watched], dict[str, Any]]) -> dict[str, Any]:
    """Run it; what ``look`` says of it once everything is at rest."""
    found = Watched()
    site_of = running(run.database, run.broker, seed=run.seed, say=say, chakra={}, prepare=PREPARE)
    with site_of as site:
        load = Load(site.fake, run.seed, rate=run.rate, calls=10**9)
        with load.going_on():
            if run.burst:
                _watch(site, load, found, BURST_SECONDS, say)
                load.answers.clear()
                load.rate *= TIMES
                _watch(site, load, found, BURST_SECONDS, say)
            else:
                _watch(site, load, found, run.minutes * 60, say)
            answers = [seconds for _, seconds in load.answers]
        load.calls = 0
        began = time.monotonic()
        found.came_to_rest = site.rest(load, say)
        found.seconds_to_rest = time.monotonic() - began
        found.p99, found.slowest = quantiles(answers, n=100)[98], max(answers)
        found.rate = len(answers) / (BURST_SECONDS if run.burst else run.minutes * 60)
        found.unasked = site.supervisor.unasked + site.supervisor.deaf
        return look(site, found)


def _watch(site: Site, load: Load, found: Watched, seconds: float, say: Say) -> None:
    """Take samples for so long."""
    ports = [server.port for server in site.servers.values()]
    began = time.monotonic()
    every = min(5.0, max(1.0, seconds / 200))
    while (gone := time.monotonic() - began) < seconds:
        found.samples.append(take(site.supervisor.programs, ports))
        waiting = site.left().get("calls", 0)
        found.backlog = max(found.backlog, waiting)
        memory = sum(one.memory for one in found.samples[-1].values()) >> 20
        say(
            f"{gone:5.0f} of {seconds:.0f} s: {load.posted} calls, {waiting} waiting, "
            f"{memory} MiB in all"
        )
        time.sleep(every)
