"""What becomes of a file that was not to be had, in our words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .. import conf
from ..exceptions import (
    ApiError,
    ChakraError,
    DownloadRefused,
    NotFound,
    RateLimited,
    RequestRejected,
    TooLarge,
    TooSlow,
)
from ..models import MediaFile, MediaState
from .ways import Unfetched, WrongFile, is_of_account

#: Seconds until the second attempt; each further one waits twice as long.
FIRST_DELAY = 30.0
#: Seconds for which an account rests that the platform does not serve at all.
REST_SECONDS = 60.0
#: The error of a file that was cut short because its downloader had little time.
TOO_SLOW = "It takes longer than there is time for after an answer: a worker takes its time"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt that failed: the state it leads to, and why."""

    #: "waiting" (again later), "expired" or "failed".
    state: str
    words: str
    #: Seconds until the next attempt.
    wait: float = 0.0
    #: It would have been the same for every file of the account.
    of_account: bool = False
    #: Whether the attempt counts.
    counts: bool = True


def of_error(
    media: MediaFile, error: Exception, *, now: datetime, hurried: bool = False
) -> Outcome:
    """What a claimed file becomes; ``hurried``: it had less time than a file may take.

    Not the file's fault (no or a refused token, 429, no connection): again later, and the attempt
    does not count. Too large, or only to be had where nothing is fetched from: failed. Unknown to
    the platform: expired once it is so old that the platform may have deleted it. Not the file
    that was named: failed the second time. Cut short in a hurry: again later, and the attempt does
    not count as long as the platform keeps the file. All else: again later, up to
    ``MAX_ATTEMPTS``.
    """
    failures = error.failures if isinstance(error, Unfetched) else [error]
    for failure in failures:
        if is_of_account(failure):
            return _of_account(failure)
        if isinstance(failure, TooLarge):
            limit = f"{failure.limit:,}"
            return _failed(f"The file is larger than {limit} bytes (MEDIA_MAX_BYTES)")
    if not failures:
        return _failed("The message names neither an id of the file nor a URL that can be asked")
    if _is_gone(media, failures, now):
        return Outcome(str(MediaState.EXPIRED), _gone(media))
    is_cut = hurried and any(isinstance(one, TooSlow) for one in failures)
    if is_cut and not _is_old(media, now):
        return Outcome(str(MediaState.WAITING), TOO_SLOW, FIRST_DELAY, counts=False)
    return _of_file(media, failures)


def _of_file(media: MediaFile, failures: Sequence[Exception]) -> Outcome:
    """Where each way failed, and for nothing but the file or the way itself."""
    passing = [one for one in failures if not isinstance(one, NotFound)] or failures
    wrong = [one for one in passing if isinstance(one, WrongFile)]
    if wrong and all(isinstance(one, WrongFile | DownloadRefused) for one in passing):
        words = str(wrong[0])
        return _failed(words) if media.error == words else _again(media, words)
    if all(isinstance(one, DownloadRefused) for one in passing):
        return _failed(_words(passing[0]))
    return _again(media, _words(next(one for one in passing if one not in wrong)))


def _is_gone(media: MediaFile, failures: Sequence[Exception], now: datetime) -> bool:
    """Whether the platform had the file once, and does not have it any more."""
    if any(isinstance(one, NotFound) and one.status == 410 for one in failures):
        return True
    return _is_old(media, now) and all(isinstance(one, RequestRejected) for one in failures)


def _is_old(media: MediaFile, now: datetime) -> bool:
    return media.expires_at is not None and media.expires_at <= now


def _gone(media: MediaFile) -> str:
    until = f" (it kept it until about {media.expires_at:%Y-%m-%d})" if media.expires_at else ""
    return f"The platform does not have the file any more{until}"


def _of_account(error: Exception) -> Outcome:
    wait = REST_SECONDS
    if isinstance(error, RateLimited) and error.retry_after is not None:
        wait = min(max(error.retry_after, 1.0), conf.current().max_delay_seconds)
    return Outcome(str(MediaState.WAITING), _words(error), wait, of_account=True, counts=False)


def _failed(words: str) -> Outcome:
    return Outcome(str(MediaState.FAILED), words)


def _again(media: MediaFile, words: str) -> Outcome:
    settings = conf.current()
    if media.attempts >= settings.max_attempts:
        return _failed(f"{words}. Given up after {media.attempts} attempts")
    wait = min(FIRST_DELAY * 2.0 ** min(media.attempts - 1, 30), settings.max_delay_seconds)
    return Outcome(str(MediaState.WAITING), words, wait)


def _words(error: Exception) -> str:
    """For people: what the platform said, or what failed here."""
    if isinstance(error, NotFound):
        return "The platform knows no such file (404)"
    if isinstance(error, ApiError):
        numbers = ((("status", error.status)), (("code", error.code)))
        told = [f"{name} {value}" for name, value in numbers if value is not None]
        if told and error.elsewhere:
            told.append("of another host")
        return f"{error.message} ({', '.join(told)})" if told else error.message
    if isinstance(error, ChakraError | WrongFile):
        return str(error)
    return f"It could not be kept here ({type(error).__name__})"
