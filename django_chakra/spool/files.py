"""The files of the spool: written whole, claimed by renaming, never deleted unless stored."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .. import conf
from ..models import WebhookCall
from ..models.claims import worker_name
from . import names
from .content import LINE_BYTES, Unreadable, to_bytes
from .names import ASIDE, CLAIMED, WAITING, WRITING, Entry

#: Seconds after which nobody writes to a temporary file any more; its process was stopped.
STALE_SECONDS = 3600.0
#: Seconds until the second attempt to store a file; each further one waits twice as long.
FIRST_DELAY = 30.0
#: No body is longer, unless ``MAX_BODY_BYTES`` says so: a hostile file is not read into memory.
MOST_BYTES = 64 * 1024 * 1024
#: On Windows there are no such things, and a folder can't be synced.
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
NO_WAITING = getattr(os, "O_NONBLOCK", 0)
BYTES = getattr(os, "O_BINARY", 0)


class NotSpooled(Exception):
    """The call is not in the spool; the text says why, in words that an answer may hold."""


def location() -> Path | None:
    """The folder of the spool; None when there is none."""
    given = conf.current().spool_dir
    return Path(given) if given else None


def write(call: WebhookCall) -> None:
    """Write a call down, so that a power cut does not lose it.

    Raises:
        NotSpooled: ``SPOOL_DIR`` is not set, the spool is full, or the disk refused.
    """
    folder = location()
    if folder is None:
        raise NotSpooled("")
    content = to_bytes(call)
    try:
        _make_sure_of_room(folder, len(content))
        _put(folder, names.new(call, len(content)), content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NotSpooled("the disk of the spool is full") from error
        raise NotSpooled("the spool can't be written") from error


def listed(folder: Path) -> list[Entry]:
    """Every file of ours, in the order of arrival."""
    return sorted(filter(None, map(names.entry, os.listdir(folder))))


def _make_sure_of_room(folder: Path, size: int) -> None:
    """Everything of ours counts, also what was set aside: the limits are for the disk's sake."""
    settings, entries = conf.current(), listed(folder)
    if len(entries) >= settings.spool_max_files:
        raise NotSpooled("the spool is full")
    if sum(entry.size for entry in entries) + size > settings.spool_max_bytes:
        raise NotSpooled("the spool is full")


def _put(folder: Path, entry: Entry, content: bytes) -> None:
    path = folder / entry.name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINKS | BYTES, 0o600)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(path, folder / entry._replace(state=WAITING).name)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    _sync(folder)


def _sync(folder: Path) -> None:
    """Have the new name itself on the disk."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no such call: with them a rename is on the server's disk.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def due(folder: Path) -> list[Entry]:
    """The files that may be claimed now, in the order of arrival.

    On the way the claims of stopped processes are taken back, and what they left half-written is
    removed: nobody was told that it is kept.
    """
    waiting: list[Entry] = []
    for entry in listed(folder):
        # What is gone meanwhile is in somebody's hands.
        with suppress(OSError):
            waiting += _if_due(folder, entry)
    return waiting


def _if_due(folder: Path, entry: Entry) -> Iterator[Entry]:
    if entry.state == WAITING:
        if entry.attempts == 0 or _age(folder, entry) > _delay(entry.attempts):
            yield entry
    elif entry.state == CLAIMED:
        if _age(folder, entry) > conf.current().claim_seconds:
            yield _renamed(folder, entry, entry._replace(state=WAITING, rest=""))
    elif entry.state == WRITING and _age(folder, entry) > STALE_SECONDS:
        os.unlink(folder / entry.name)


def _age(folder: Path, entry: Entry) -> float:
    """Seconds since it was written, or claimed last."""
    return time.time() - os.lstat(folder / entry.name).st_mtime


def _delay(attempts: int) -> float:
    return min(FIRST_DELAY * 2.0 ** (attempts - 1), conf.current().max_delay_seconds)


def _renamed(folder: Path, before: Entry, after: Entry) -> Entry:
    os.rename(folder / before.name, folder / after.name)
    return after


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that is ours to store."""

    folder: Path
    entry: Entry

    def read(self) -> bytes:
        """The content.

        Raises:
            Unreadable: it is no plain file of the size that its name says.
        """
        descriptor = _open(self.folder / self.entry.name)
        if descriptor is None:
            raise Unreadable("foreign")
        try:
            _make_sure_of_a_file(descriptor, self.entry.size)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(self.entry.size)
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """It is stored. Who took the claim over may have removed it before."""
        with suppress(FileNotFoundError):
            os.unlink(self.folder / self.entry.name)

    def give_back(self) -> None:
        """The database is away: as if it had not been claimed."""
        self._rename(self.entry._replace(state=WAITING, rest=""))

    def put_off(self) -> None:
        """The database refused it; it waits for its next attempt."""
        attempts = self.entry.attempts + 1
        self._rename(self.entry._replace(state=WAITING, attempts=attempts, rest=""))

    def set_aside(self, why: str) -> None:
        """Nobody takes it up any more."""
        self._rename(self.entry._replace(state=ASIDE, rest=_reason(why)))

    def _rename(self, after: Entry) -> None:
        with suppress(FileNotFoundError):  # the claim ran out, and somebody took it over
            _renamed(self.folder, self.entry, after)


def claim(folder: Path, entry: Entry) -> Claim | None:
    """Take one file; None when somebody else has it, or this process may not read it."""
    try:
        # What we may not read is left for one that may.
        descriptor = _open(folder / entry.name)
        if descriptor is not None:
            os.close(descriptor)
        with suppress(PermissionError, NotImplementedError):
            # Before it is renamed: a claim is as old as its file.
            os.utime(folder / entry.name, follow_symlinks=False)
        by = re.sub(r"[^\w.-]", ".", worker_name(), flags=re.ASCII)
        return Claim(folder, _renamed(folder, entry, entry._replace(state=CLAIMED, rest=by)))
    except (FileNotFoundError, PermissionError):
        return None


def _open(path: Path) -> int | None:
    """Open this to read; None when it is a link or a socket."""
    try:
        return os.open(path, os.O_RDONLY | NO_LINKS | NO_WAITING | BYTES)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            return None
        raise


def _make_sure_of_a_file(descriptor: int, size: int) -> None:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("foreign")
    if found.st_size != size:
        raise Unreadable("torn")
    if size > max(MOST_BYTES, conf.current().max_body_bytes) + LINE_BYTES:
        raise Unreadable("too_long")


def _reason(why: str) -> str:
    """The reason as a name may have it, and unique: what was set aside is never written over."""
    return f"{re.sub(r'[^a-zA-Z_]', '', why)[:40]}-{secrets.token_hex(4)}"
