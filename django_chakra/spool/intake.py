"""Take the files of the spool in: each becomes a row, and is gone after the commit."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path

from django.db import Error, InterfaceError, OperationalError, connections, router

from .. import conf
from ..models import WebhookCall
from ..models.contention import is_contention, patiently
from ..models.statements import upsert
from . import files
from .content import Unreadable, to_call
from .files import Claim
from .names import Entry

logger = logging.getLogger("django_chakra.spool")

#: Seconds for which nobody looks again once there was nothing to take in.
QUIET_SECONDS = 1.0
#: The same for a folder that can't be looked into.
LOST_SECONDS = 30.0
#: Seconds that one round may take: then calls are processed, and what is left is taken in after.
ROUND_SECONDS = 10.0

#: The folder that had nothing for us, and until when that is believed.
_quiet: tuple[Path | None, float] = (None, 0.0)


class _Away(Exception):
    """The database can't be reached."""


def take_in(*, at_once: bool = False) -> int:
    """Store what waits in the spool, oldest first; return how many calls that were.

    Never raises for the database or a file: what can't be stored now stays in the folder. Does
    nothing inside a transaction, which might be rolled back after the file is gone.

    Args:
        at_once: look, even if there was nothing within the last second.
    """
    folder = files.location()
    if folder is None or (not at_once and _quiet[0] == folder and time.monotonic() < _quiet[1]):
        return 0
    if connections[_using()].in_atomic_block:
        return 0
    taken, until = 0, time.monotonic() + ROUND_SECONDS
    for entry in _waiting(folder):
        try:
            taken += _taken(folder, entry)
        except _Away:
            _be_quiet(folder, QUIET_SECONDS)
            break
        if time.monotonic() > until:
            break
    if taken:
        logger.info("%s calls were taken in from the spool", taken)
    return taken


def _waiting(folder: Path) -> list[Entry]:
    try:
        waiting = files.due(folder)
    except OSError as error:
        logger.error("The spool can't be looked into: %s", type(error).__name__)
        _be_quiet(folder, LOST_SECONDS)
        return []
    if not waiting:
        _be_quiet(folder, QUIET_SECONDS)
    return waiting


def _be_quiet(folder: Path, seconds: float) -> None:
    global _quiet
    _quiet = (folder, time.monotonic() + seconds)


def _using() -> str:
    return router.db_for_write(WebhookCall)


def _taken(folder: Path, entry: Entry) -> bool:
    """Whether this file's call is a row now, by our doing.

    Raises:
        _Away: the file waits as before.
    """
    try:
        claim = files.claim(folder, entry)
        return claim is not None and _stored(claim)
    except OSError as error:
        # As its claim it waits until that runs out.
        logger.error("%s can't be read or moved: %s", entry.name, type(error).__name__)
    return False


def _stored(claim: Claim) -> bool:
    try:
        call = _call(claim)
    except Unreadable as error:
        logger.error("%s is set aside: it is %s", claim.entry.name, error.word)
        claim.set_aside(error.word)
        return False
    try:
        _store(call)
    except Exception as error:
        is_away = isinstance(error, InterfaceError | OperationalError)
        if is_away and (is_contention(error) or not _answers()):
            claim.give_back()
            raise _Away from error
        _put_off(claim, error)
        return False
    claim.remove()
    return True


def _call(claim: Claim) -> WebhookCall:
    call = to_call(claim.read())
    if call.uid.hex != claim.entry.uid:
        raise Unreadable("foreign")
    return call


def _store(call: WebhookCall) -> None:
    """Once more over a fresh connection: ours may be older than what the database went through."""

    def work() -> None:
        # Whoever stored this uid before stored the same call: nothing of the row changes.
        upsert([call], by=["uid"], update=["uid"])

    try:
        patiently(work, using=_using())
    except (InterfaceError, OperationalError):
        with suppress(Error):  # it may be too broken to be closed
            connections[_using()].close()
        patiently(work, using=_using())


def _answers() -> bool:
    """Whether the database can be reached, over a fresh connection."""
    connection = connections[_using()]
    try:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _put_off(claim: Claim, error: Exception) -> None:
    """The database is there and refused it. Its words may quote the call, and are not kept."""
    name, kind = claim.entry.name, type(error).__name__
    if claim.entry.attempts + 1 >= conf.current().max_attempts:
        logger.error("%s was set aside: the database refuses it (%s)", name, kind)
        claim.set_aside(kind)
    else:
        logger.error("%s could not be stored (%s), and is tried again", name, kind)
        claim.put_off()
