"""Fetch the files of messages and keep them in the private storage.

```python
from django_chakra import download

media = download.keep(message.media_files.get())   # now, and not when its turn comes
with media.file.open() as file: ...
```

A file waits as a row of its own, so a message never waits for it. What can't be had is tried again,
and in the end says in words why not.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.db.models import QuerySet

from .. import conf
from ..exceptions import MediaFailed, escaped
from ..models import MediaFile, MediaState
from ..models.fields import DatabaseNow
from .attempt import attempt
from .claims import AT_REST, again, claim, due, take, waiting
from .landing import clear
from .outcomes import TOO_SLOW
from .resting import resting

__all__ = ["AT_REST", "again", "keep", "run", "sweep_inline", "waiting"]

logger = logging.getLogger("django_chakra.download")

#: Files that are downloaded after an answer, and the seconds that they may take together.
NEIGHBOURS, INLINE_SECONDS = 3, 20.0
#: Seconds that have to be left of those for another one.
LEAST_SECONDS = 10.0


def run(
    *,
    limit: int = 100,
    rows: QuerySet[MediaFile] | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Download up to ``limit`` files that are due; return how many came to their end.

    Args:
        rows: of these only.
        stop: after it was set, no other file is begun.
    """
    clear()
    found = due(limit, rows=rows, without=resting())
    return sum(_download(pk) for pk in found if not (stop and stop.is_set()))


def keep(media: MediaFile) -> MediaFile:
    """Download a file now, whatever it waits for or failed with; gives its row, kept.

    For receivers that need the file at once. It takes as long as the download does, and where a
    worker is at the same file the first of both keeps it. Not in a transaction: of one that is
    rolled back the file would be left without a row.

    Raises:
        MediaFailed: it can't be had; the words say why. Unless it expired or failed for good it is
            tried again later all the same.
        MediaFile.DoesNotExist: the row was deleted.
    """
    claimed = take(media.pk)
    outcome = attempt(claimed) if claimed is not None else None
    found = MediaFile.objects.get(pk=media.pk)
    if found.state != MediaState.KEPT:
        words = outcome.words if outcome else "The message names another file by now"
        raise MediaFailed(words, state=found.state)
    return found


def sweep_inline() -> None:
    """Download a few files that are due, after an answer was sent. Never raises: they are rows.

    One that was too slow for that is left to workers and commands, and taken up here again only
    where none of them took it for ``MAX_DELAY_SECONDS``.
    """
    until = time.monotonic() + INLINE_SECONDS
    try:
        lately = DatabaseNow() - timedelta(seconds=conf.current().max_delay_seconds)
        rows = MediaFile.objects.exclude(error=TOO_SLOW, next_attempt_at__gt=lately)
        for pk in due(NEIGHBOURS, rows=rows, without=resting()):
            left = until - time.monotonic()
            if left < LEAST_SECONDS:
                break
            _download(pk, seconds=left)
    except Exception as error:
        logger.error("Files that wait will be downloaded later", exc_info=escaped(error))


def _download(pk: int, *, seconds: float | None = None) -> bool:
    """Claim a file and try it; whether it came to its end."""
    media = claim(pk, without=resting())
    if media is None:
        return False
    outcome = attempt(media) if seconds is None else attempt(media, seconds=seconds)
    return outcome is None or outcome.state != MediaState.WAITING
