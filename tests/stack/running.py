"""The whole of it, started: servers, tables, the platform, and the programs of the site."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

from django_chakra.testing.fake import FakeChakra, serve
from tests.clusters import Server, clusters

from . import databases, programs
from .load import Load, a_platform
from .programs import Supervisor

#: How long it may take to come to rest.
REST_SECONDS = 300.0

Say = Callable[[str], None]


@dataclass
class Site:
    """What runs, and where it writes."""

    folder: Path
    servers: dict[str, Server]
    fake: FakeChakra
    supervisor: Supervisor

    def left(self) -> dict[str, int]:
        """What is still to be done, by its name."""
        found = databases.left(self.folder) | {"events": self.fake.events.waiting}
        return {name: n for name, n in found.items() if n}

    def rest(self, load: Load, say: Say) -> bool:
        """Until nothing is left; what is sent meanwhile brings statuses, and these are posted.

        Whether it came to that.
        """
        until = time.monotonic() + REST_SECONDS
        quiet = 0
        with load.going_on():
            while quiet < 3 and time.monotonic() < until:
                left = self.left()
                quiet = 0 if left else quiet + 1
                words = ", ".join(f"{n} {name}" for name, n in left.items())
                say(f"coming to rest: {words or 'nothing left'}")
                time.sleep(0.4)
        return quiet >= 3


@contextmanager
def running(
    database: str,
    broker: str,
    *,
    seed: int,
    say: Say,
    chakra: Mapping[str, Any],
    prepare: Mapping[str, Mapping[str, str]],
) -> Iterator[Site]:
    """A site until the block ends; once in a process, since settings are read once.

    Args:
        database: "postgresql", "mariadb" or "sqlite".
        broker: "redis", "rabbitmq", or "" for workers without one.
        chakra: settings of the package.
        prepare: functions that each process of the site calls, by their paths, with arguments in
            which ``{folder}`` stands for the site's folder.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chakra-site-")))
        for part in ("steps", "spool", "media"):
            (folder / part).mkdir(mode=0o700)
        say("starting the servers")
        kinds = [kind for kind in (database, broker) if kind not in ("", "sqlite")]
        servers = stack.enter_context(clusters(*kinds))
        port = programs.free_port()
        fake = a_platform(seed, port)
        given = {
            "folder": str(folder),
            "database": databases.settings(database, folder, servers.get(database)),
            "broker": servers[broker].url if broker else "",
            "fake": stack.enter_context(serve(fake)),
            "chakra": dict(chakra),
            "prepare": {
                path: {name: value.format(folder=folder) for name, value in arguments.items()}
                for path, arguments in prepare.items()
            },
        }
        os.environ |= programs.environment(given)
        databases.make(database, servers.get(database))
        say("making the tables")
        programs.run(given, "migrate", "--verbosity=0", "--skip-checks")
        django.setup()
        supervisor = stack.enter_context(Supervisor(programs.programs(given, port)))
        programs.wait_until_answers(port)
        yield Site(folder, servers, fake, supervisor)


def keep_logs(folder: Path) -> Path:
    """Copies of the logs, for whoever has to find out."""
    kept = Path(tempfile.mkdtemp(prefix="chakra-logs-"))
    for path in [*folder.glob("*.log"), *folder.glob("heard")]:
        (kept / path.name).write_bytes(path.read_bytes())
    return kept
