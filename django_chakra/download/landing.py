"""Where a file lands while it comes in: beside its place, so that it gets there in one step."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from .. import storage

if TYPE_CHECKING:
    AnyFile = File[Any]
else:
    AnyFile = File

#: In the folder of a storage that is one.
FOLDER = ".incoming"
#: Seconds after which nobody writes to a part any more; its process was stopped.
STALE_SECONDS = 3600.0


class _Landed(AnyFile):
    """A finished file that a storage on the same disk takes by renaming it."""

    def temporary_file_path(self) -> str:
        """Called by Django's own storage of files."""
        return str(self.name)


@contextmanager
def landing() -> Iterator[IO[bytes]]:
    """A file to write to, gone when the block ends, unless :func:`moved` gave it to the storage."""
    store = storage.private()
    if not isinstance(store, FileSystemStorage):
        with tempfile.TemporaryFile() as part:
            yield part
        return
    # Not deleted by itself: once it was moved, nothing is left to be deleted.
    with tempfile.NamedTemporaryFile(dir=_folder(store), suffix=".part", delete=False) as part:
        try:
            yield part
        finally:
            Path(part.name).unlink(missing_ok=True)


def moved(part: IO[bytes], name: str) -> str:
    """Give a finished file to the storage under this name; return the name that it got.

    In a storage of files a name is there with all of its bytes, or not at all.
    """
    store = storage.private()
    part.flush()
    if isinstance(store, FileSystemStorage):
        os.fsync(part.fileno())
        return store.save(name, _Landed(part))
    part.seek(0)
    return store.save(name, File(part, name=name))


def clear(*, now: float | None = None) -> int:
    """Delete what stopped processes left in the folder; return how many parts that were."""
    store = storage.private()
    if not isinstance(store, FileSystemStorage):
        return 0
    before, count = (time.time() if now is None else now) - STALE_SECONDS, 0
    for part in Path(store.location, FOLDER).glob("*.part"):
        try:
            if part.stat().st_mtime < before:
                part.unlink()
                count += 1
        except FileNotFoundError:  # its process, or another one that clears, was faster
            continue
    return count


def _folder(store: FileSystemStorage) -> Path:
    """The folder for parts. Nobody else may look into it, nor into the storage where it is new."""
    base = Path(store.location)
    base.mkdir(mode=storage.DIRECTORY_MODE, parents=True, exist_ok=True)
    found = base / FOLDER
    found.mkdir(mode=storage.DIRECTORY_MODE, exist_ok=True)
    return found
