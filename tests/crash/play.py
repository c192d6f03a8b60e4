"""One play: the platform posts to a site, and somebody kills what the site is made of."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.stack.load import Load
from tests.stack.running import Say, Site, running

from .killer import Kill, Killer

#: Short, so that what a killed process had in hand is taken up within the run.
SOON: dict[str, Any] = {
    "CLAIM_SECONDS": 6,
    "ANNOUNCE_SECONDS": 6,
    "SENDING_SECONDS": 20,
    "MAX_DELAY_SECONDS": 4,
    "READ_TIMEOUT": 5,
    "TASK_SECONDS": {"process": 4, "sweep": 4},
}
PREPARE = {
    "tests.stack.hearing.connect": {"log": "{folder}/heard"},
    "tests.crash.steps.show": {"folder": "{folder}/steps"},
    "tests.crash.hurry.hurry": {"attempt": "12"},
}
#: What is queued when the killing ends is posted within this.
LAST_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Play:
    """What is played."""

    database: str
    broker: str = ""
    calls: int = 5000
    #: Of posting and killing.
    seconds: float = 150.0
    seed: int = 1
    #: Seconds between two kills, about.
    rest: float = 2.0
    #: Until every step was hit often enough it is killed for longer, but no longer than this.
    at_most: float = 240.0

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.database} and {self.broker or 'no broker'}"


@dataclass
class Played:
    """What there is to look at afterwards."""

    kills: list[Kill] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    unasked: list[str] = field(default_factory=list)
    deaf: list[str] = field(default_factory=list)
    came_to_rest: bool = False


def played(play: Play, say: Say, look: Callable[[Site, Played], dict[str, Any]]) -> dict[str, Any]:
    """Play it; what ``look`` says of it, once everything is at rest."""
    done, began = Played(), time.monotonic()

    def lap(name: str) -> None:
        nonlocal began
        done.seconds[name] = time.monotonic() - began
        began = time.monotonic()

    site_of = running(
        play.database, play.broker, seed=play.seed, say=say, chakra=SOON, prepare=PREPARE
    )
    with site_of as site:
        lap("to start")
        load = Load(site.fake, play.seed, rate=play.calls / play.seconds, calls=play.calls)
        killer = Killer(
            site.supervisor,
            list(site.servers.values()),
            site.folder / "steps",
            play.seed,
            rest=play.rest,
        )
        _kill(play, load, killer, say)
        done.kills = killer.kills
        lap("of killing")
        done.came_to_rest = site.rest(load, say)
        lap("to come to rest")
        done.unasked, done.deaf = site.supervisor.unasked, site.supervisor.deaf
        return look(site, done)


def _kill(play: Play, load: Load, killer: Killer, say: Say) -> None:
    """Post all calls, and kill meanwhile."""
    began = time.monotonic()
    with load.going_on():
        with killer:
            while (gone := time.monotonic() - began) < play.at_most:
                found = killer.by_step
                hits = " ".join(f"{step} {found[step]}" for step in sorted(found))
                say(f"{gone:4.0f} s: {load.posted} calls, {len(killer.kills)} kills ({hits})")
                if killer.error is not None:
                    raise killer.error
                if load.is_made and killer.is_enough:
                    break
                if load.is_made:
                    load.calls += 50  # there has to be work to be killed at
                time.sleep(0.5)
        until = time.monotonic() + LAST_SECONDS
        while load.fake.events.waiting and time.monotonic() < until:
            say(f"posting what is left: {load.fake.events.waiting}")
            time.sleep(0.2)
