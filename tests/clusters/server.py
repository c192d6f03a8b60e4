"""What all private servers have in common."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from glob import glob
from pathlib import Path
from typing import Any, ClassVar

from .processes import end, family, has_ended

PATIENCE = 60


def version(path: str) -> float:
    """Of the PostgreSQL whose programs are there."""
    return float(Path(path).parent.name)


#: Debian keeps servers where no user's PATH leads; of PostgreSQL the newest comes first. Its
#: RabbitMQ has a wrapper in PATH that insists on the machine's own folders.
PATH = os.pathsep.join(
    [
        *sorted(glob("/usr/lib/postgresql/*/bin"), key=version, reverse=True),
        "/usr/lib/rabbitmq/bin",
        *os.environ.get("PATH", "").split(os.pathsep),
        *("/usr/sbin", "/usr/bin", "/sbin", "/bin"),
    ]
)


class Server(ABC):
    """One program with its data in a folder of its own, on a port of its own."""

    name: ClassVar[str]
    #: The Unix user that it runs as when we are root; ``nobody`` where there is none of the name.
    user: ClassVar[str]
    #: What a machine has to have for it.
    programs: ClassVar[tuple[str, ...]]
    #: Other kinds that it can't do without.
    needs: ClassVar[tuple[str, ...]] = ()
    #: How :meth:`kill` and :meth:`stop` tell it.
    at_once: ClassVar[signal.Signals] = signal.SIGKILL
    in_order: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path, others: Mapping[str, Server]) -> None:
        self.folder, self.others = folder, others
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_prepared = False

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, and as whom; the same over kill and start."""

    @abstractmethod
    def prepare(self) -> None:
        """Write down what it starts from."""

    @abstractmethod
    def command(self) -> list[str]:
        """What is run, in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it is ready for clients."""

    def environment(self) -> dict[str, str]:
        """All variables that it sees: none of ours, which may name other servers."""
        return {"PATH": PATH, "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def start(self) -> None:
        """Until it answers; with the data that it had, if it ran before."""
        assert self._process is None, f"{self.name} was started and not ended"
        if not self._is_prepared:
            self.prepare()
            self._is_prepared = True
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, start_new_session=True, **self._given()
            )
        until = time.monotonic() + PATIENCE
        while not self.answers():
            if not self.is_up or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"{self.name} doesn't start:\n{self.log()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it where it is, with all its processes."""
        self._end(self.at_once)

    def stop(self) -> None:
        """Let it end what is in hand."""
        self._end(self.in_order)

    def remove(self) -> None:
        """End it, and leave nothing."""
        self.kill()
        shutil.rmtree(self.folder)

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and not has_ended(self._process)

    @property
    def pids(self) -> set[int]:
        """All its processes."""
        return {one.pid for one in family(self._process.pid)} if self._process else set()

    def log(self) -> str:
        """The end of what it said in all its lives."""
        return self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""

    def run(self, *command: str) -> None:
        """Run a program to its end as the server's user."""
        with self._log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, **self._given())
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{self.log()}")

    def hears(self, question: bytes, length: int) -> bytes:
        """The first bytes that it answers on its port; none while it is away."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(question)
                return connection.recv(length)
        except OSError:
            return b""

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            end(self._process, by)
            self._process = None

    def _given(self) -> dict[str, Any]:
        shared = {"stdin": subprocess.DEVNULL, "cwd": self.folder, "env": self.environment()}
        if (account := unix_user(self.user)) is None:
            return shared
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return {**shared, **user}


def unix_user(name: str) -> pwd.struct_passwd | None:
    """Whose a server's process and folder are; None for ours, as only root can choose."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return pwd.getpwnam("nobody")


def program(name: str) -> str:
    """Its path; empty when this machine doesn't have it."""
    return shutil.which(name, path=PATH) or ""


def free_port() -> int:
    """A port that nobody listens on, and that no connection will take while its server is away.

    Ports above are given to whoever connects: a server could not come back to its own, and a
    client that tries again and again may end up connected with itself.
    """
    above = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(100):
        port = random.randrange(10000, max(above, 20000))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
