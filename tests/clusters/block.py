"""Some private servers for as long as a block takes."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .kinds import KINDS
from .server import Server, program, unix_user


def missing(*names: str) -> str:
    """Why these can't be used on this machine; empty when they can."""
    wanted = {name: KINDS[name].programs for name in with_needs(names)}
    lacking = (f"{name}: no {one}" for name, ones in wanted.items() for one in ones)
    return ", ".join(said for said in lacking if not program(said.rpartition(" ")[2]))


@contextmanager
def clusters(*names: str) -> Iterator[dict[str, Server]]:
    """Start these kinds side by side, with what they need; nothing of them is left afterwards."""
    with ExitStack() as stack:
        last_resort(stack)
        servers: dict[str, Server] = {}
        for name in with_needs(names):
            servers[name] = place(name, servers)
            stack.callback(servers[name].remove)
        with ThreadPoolExecutor(len(servers) or 1) as pool:
            list(pool.map(Server.start, servers.values()))
        yield servers


def with_needs(names: tuple[str, ...]) -> list[str]:
    """Each once, after those that it needs."""
    return list(dict.fromkeys(one for name in names for one in (*KINDS[name].needs, name)))


def place(name: str, others: Mapping[str, Server]) -> Server:
    """A server in a new folder, not started yet."""
    # A short path, wherever TMPDIR leads: the name of a Unix socket has 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix=f"chakra-{name}-", dir="/tmp"))
    if account := unix_user(KINDS[name].user):
        os.chown(folder, account.pw_uid, account.pw_gid)
    return KINDS[name](folder, others)


def last_resort(stack: ExitStack) -> None:
    """End these with this process, should nobody leave the block; a child that forked off won't."""
    owner = os.getpid()

    def close() -> None:
        if os.getpid() == owner:
            stack.close()

    atexit.register(close)
    stack.callback(atexit.unregister, close)
