"""Rows of files: claimed by one downloader at a time, and saved by whoever had success."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import router
from django.db.models import Q, QuerySet
from django.utils import timezone

from ..events import storable_text
from ..models import MediaFile, MediaState
from ..models.contention import patiently, update
from ..models.fields import DatabaseNow
from .outcomes import Outcome
from .resting import wake

#: Seconds that a file may take, with all its ways.
SECONDS = 600.0
#: Seconds for which nobody else takes it: those, the last silence, and storing it elsewhere.
LEASE_SECONDS = SECONDS + 300.0
#: States from which a file may be tried again.
AT_REST = (MediaState.FAILED, MediaState.EXPIRED, MediaState.SKIPPED)


def waiting(rows: QuerySet[MediaFile] | None = None) -> QuerySet[MediaFile]:
    """Files whose time has come; of these only where some are given."""
    found = MediaFile.objects.all() if rows is None else rows
    return found.filter(state=MediaState.WAITING, next_attempt_at__lte=DatabaseNow())


def due(
    limit: int, *, rows: QuerySet[MediaFile] | None = None, without: Collection[str] = ()
) -> list[int]:
    """Files whose time has come, the longest waiting first.

    Args:
        rows: of these only.
        without: accounts that are left out.
    """
    found = waiting(rows)
    if without:
        found = found.exclude(account__in=without)
    return list(found.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:limit])


def claim(pk: int, *, without: Collection[str] = ()) -> MediaFile | None:
    """Take this file, if its time has come and nobody else was faster.

    Args:
        without: accounts that are left out.
    """
    rows = MediaFile.objects.using(router.db_for_write(MediaFile))
    media = rows.filter(pk=pk).annotate(now=DatabaseNow()).first()
    if media is None or media.state != MediaState.WAITING or media.account in without:
        return None
    mine = waiting(rows.filter(pk=pk, attempts=media.attempts))
    return _taken(media, mine, media.now, attempts=media.attempts + 1)


def take(pk: int) -> MediaFile | None:
    """Take this file whatever it waits for, also from somebody; None where it is kept.

    Raises:
        MediaFile.DoesNotExist: there is no such row.
    """
    rows = MediaFile.objects.using(router.db_for_write(MediaFile))
    media = rows.annotate(now=DatabaseNow()).get(pk=pk)
    mine = rows.filter(pk=pk).exclude(state=MediaState.KEPT)
    attempts = media.attempts + 1 if media.state == MediaState.WAITING else 1
    return _taken(media, mine, media.now, attempts=attempts, state=MediaState.WAITING)


def _taken(
    media: MediaFile, mine: QuerySet[MediaFile], now: datetime, **values: Any
) -> MediaFile | None:
    # Its end names the claim: attempts may come back to a number that there was.
    values["next_attempt_at"] = now + timedelta(seconds=LEASE_SECONDS)
    if not patiently(lambda: mine.update(**values), using=mine.db):
        return None
    for name, value in values.items():
        setattr(media, name, value)
    return media


def plan(media: MediaFile, name: str) -> bool:
    """Write down under which name the file will be stored; say whether it is still wanted.

    From now on the row names it: should we stop, whoever comes next deletes what we stored.
    """
    before = str(media.file.name or "")
    rows = _unchanged(media).filter(file=before)
    if not patiently(lambda: rows.update(file=name), using=rows.db):
        return False
    if before and not MediaFile.objects.using(rows.db).filter(file=before).exists():
        media.file.storage.delete(before)
    media.file.name = name
    return True


def keep(media: MediaFile, name: str, *, size: int, sha256: str) -> bool:
    """Save that the file is stored, under this name by now; False where nobody wants it any more.

    Whoever has planned it last and is done may save it: it does not matter who claimed it last.
    """
    rows = _unchanged(media).filter(file=str(media.file.name))
    values: dict[str, Any] = {
        "file": name,
        "size": size,
        "sha256": media.sha256 or sha256,
        "state": MediaState.KEPT,
        "next_attempt_at": None,
        "kept_at": timezone.now(),
        "error": "",
    }
    return bool(patiently(lambda: rows.update(**values), using=rows.db))


def put_off(media: MediaFile, outcome: Outcome) -> bool:
    """Save why it was not to be had, unless somebody has taken it up since."""
    is_over = outcome.state != MediaState.WAITING
    values: dict[str, Any] = {
        "state": outcome.state,
        "error": storable_text(outcome.words, 2000),
        "next_attempt_at": None if is_over else DatabaseNow() + timedelta(seconds=outcome.wait),
    }
    if not outcome.counts:
        values["attempts"] = media.attempts - 1
    rows = _unchanged(media).filter(attempts=media.attempts, next_attempt_at=media.next_attempt_at)
    return bool(patiently(lambda: rows.update(**values), using=rows.db))


def again(rows: QuerySet[MediaFile]) -> int:
    """Let these be downloaded that failed, expired or were not wanted; how many they are."""
    wake()
    keys = list(rows.values_list("pk", flat=True))
    nowhere = Q(media_id="", url="")
    found = MediaFile.objects.filter(pk__in=keys, state__in=AT_REST).exclude(nowhere)
    return update(
        found,
        state=MediaState.WAITING,
        attempts=0,
        next_attempt_at=DatabaseNow(),
        error="",
    )


def _unchanged(media: MediaFile) -> QuerySet[MediaFile]:
    """The row, as long as it waits and means the file that we went for."""
    rows = MediaFile.objects.using(router.db_for_write(MediaFile))
    return rows.filter(
        pk=media.pk, state=MediaState.WAITING, media_id=media.media_id, url=media.url
    )
