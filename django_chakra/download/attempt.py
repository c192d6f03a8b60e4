"""One attempt at a claimed file: fetch it, check it, hand it to the storage, save the row."""

from __future__ import annotations

import logging
from typing import IO

from django.db import Error
from django.utils import timezone
from django.utils.crypto import get_random_string

from ..client.downloads import Downloaded
from ..exceptions import ChakraError, escaped
from ..models import MediaFile, MediaState
from . import claims, types
from .landing import landing, moved
from .outcomes import Outcome, of_error
from .resting import rest
from .ways import Unfetched, fetch

logger = logging.getLogger("django_chakra.download")


def attempt(media: MediaFile, *, seconds: float = claims.SECONDS) -> Outcome | None:
    """Download a claimed file; None when it is kept, by us or by somebody who was faster.

    Raises:
        django.db.Error: the database failed; once the claim has run out the file is taken up again.
    """
    try:
        with landing() as part:
            found = fetch(media, part, seconds=seconds)
            _store(media, part, found)
    except Error:
        raise
    except Exception as error:
        if not isinstance(error, ChakraError | Unfetched):
            logger.error("File %s could not be kept", media.pk, exc_info=escaped(error))
        hurried = seconds < claims.SECONDS
        outcome = of_error(media, error, now=timezone.now(), hurried=hurried)
        if outcome.of_account:
            rest(media.account, outcome.wait)
        claims.put_off(media, outcome)
        return outcome
    return None


def _store(media: MediaFile, part: IO[bytes], found: Downloaded) -> None:
    """Under a name of ours: nothing of it comes from outside."""
    random = get_random_string(32).lower()
    day = timezone.now().strftime("%Y/%m/%d")
    name = f"received/{media.account}/{day}/{random}{types.ending(media.mime_type)}"
    if not claims.plan(media, name):
        return
    stored = moved(part, name)
    if claims.keep(media, stored, size=found.size, sha256=found.sha256):
        media.state, media.file.name = MediaState.KEPT, stored
    else:
        media.file.storage.delete(stored)
