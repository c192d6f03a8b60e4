"""What waits on disk for the database: the spool, as this machine sees it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from .. import conf
from .. import spool as the_spool
from ..spool import Standing
from .findings import Level, Said
from .stored import ago

#: A call that waits for longer waits for a process that takes it in, or for the database.
SOON, LATE = timedelta(minutes=1), timedelta(minutes=5)
#: The part of a limit at which there is little room left.
NEARLY = 0.8


def spool() -> Iterator[Said]:
    """Depth, oldest file, room, and what is there besides calls that wait."""
    folder = the_spool.location()
    if folder is None:
        yield Said(
            Level.OK,
            "SPOOL_DIR is not set: while the database is away, calls are answered with 503.",
        )
        return
    try:
        found = the_spool.standing(folder)
    except OSError as error:
        yield Said(
            Level.RED,
            f"SPOOL_DIR can't be looked into ({type(error).__name__}).",
            "Mount or make the folder, with mode 0700, for the user of this process.",
        )
        return
    yield _depth(found)
    yield from _room(found)
    yield from _besides(found)


def _depth(found: Standing) -> Said:
    others = f" {found.others} other files are passed over." if found.others else ""
    if not found.waiting:
        return Said(Level.OK, f"No call waits in the spool.{others}")
    waited = timezone.now() - (found.oldest or timezone.now())
    level = Level.RED if waited > LATE else Level.WARNING if waited > SOON else Level.OK
    return Said(
        level,
        f"{found.waiting} calls wait in the spool, the oldest for {ago(waited)}; "
        f"{_size(found.bytes)} in all.{others}",
        "Is the database up, and does a process that sees the folder run, "
        "`python manage.py chakra_process --watch`? Its log says why a file is not stored.",
    )


def _room(found: Standing) -> Iterator[Said]:
    settings = conf.current()
    files, size = settings.spool_max_files, settings.spool_max_bytes
    if found.files >= NEARLY * files or found.bytes >= NEARLY * size:
        yield Said(
            Level.RED,
            f"The spool is nearly full: {found.files} of {files} files, "
            f"{_size(found.bytes)} of {_size(size)}. When it is, calls get 503.",
            "Make room, or raise SPOOL_MAX_FILES or SPOOL_MAX_BYTES.",
        )


def _besides(found: Standing) -> Iterator[Said]:
    if found.aside:
        why = ", ".join(f"{count} × {reason}" for reason, count in sorted(found.aside.items()))
        yield Said(
            Level.RED,
            f"Files in the spool were set aside: {why}.",
            "docs/operate.md, When the database is away, says what to do with them.",
        )
    if found.unfinished:
        yield Said(
            Level.WARNING,
            f"{found.unfinished} files in the spool are half-written.",
            "By a process that was stopped, unless one writes just now: none of them was answered "
            "with 200, and they are removed after an hour.",
        )


def _size(count: int) -> str:
    return filesizeformat(count).replace("\xa0", " ")
