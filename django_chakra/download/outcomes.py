"""What becomes of a file that was not to be had, in our words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .. import conf
from ..exceptions import (
    ApiError,
    AuthenticationFailed,
    ChakraError,
    ConfigurationError,
    DownloadRefused,
    NotFound,
    NotSent,
    RateLimited,
    RequestRejected,
    TooLarge,
)
from ..models import MediaFile, MediaState
from .ways import Unfetched, WrongFile

#: Seconds until the second attempt; each further one waits twice as long.
FIRST_DELAY = 30.0
#: Seconds for which an account rests that the platform does not serve at all.
REST_SECONDS = 60.0
#: Failures that say nothing of the file.
NOT_THE_FILES = (AuthenticationFailed, ConfigurationError, RateLimited, NotSent)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt that failed: the state it leads to, and why."""

    #: "waiting" (again later), "expired" or "failed".
    state: str
    words: str
    #: Seconds until the next attempt.
    wait: float = 0.0
    #: It would have been the same for every file of the account: the attempt does not count.
    of_account: bool = False


def of_error(media: MediaFile, error: Exception, *, now: datetime) -> Outcome:
    """What a claimed file becomes.

    Not the file's fault (no or a refused token, 429, no connection): again later, and the attempt
    does not count. Too large, or only to be had where nothing is fetched from: failed. Unknown to
    the platform: expired once it is so old that the platform may have deleted it. Not the file
    that was named: failed the second time. All else: again later, up to ``MAX_ATTEMPTS``.
    """
    failures = error.failures if isinstance(error, Unfetched) else [error]
    for failure in failures:
        if isinstance(failure, NOT_THE_FILES):
            return _of_account(failure)
        if isinstance(failure, TooLarge):
            limit = f"{failure.limit:,}"
            return _failed(f"The file is larger than {limit} bytes (MEDIA_MAX_BYTES)")
    if not failures:
        return _failed("The message names neither an id of the file nor a URL that can be asked")
    if _is_gone(media, failures, now):
        return Outcome(str(MediaState.EXPIRED), _gone(media))
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
    is_old = media.expires_at is not None and media.expires_at <= now
    return is_old and all(isinstance(one, RequestRejected) for one in failures)


def _gone(media: MediaFile) -> str:
    until = f" (it kept it until about {media.expires_at:%Y-%m-%d})" if media.expires_at else ""
    return f"The platform does not have the file any more{until}"


def _of_account(error: Exception) -> Outcome:
    wait = REST_SECONDS
    if isinstance(error, RateLimited) and error.retry_after is not None:
        wait = min(max(error.retry_after, 1.0), conf.current().max_delay_seconds)
    return Outcome(str(MediaState.WAITING), _words(error), wait, of_account=True)


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
        told = ", ".join(f"{name} {value}" for name, value in numbers if value is not None)
        return f"{error.message} ({told})" if told else error.message
    if isinstance(error, ChakraError | WrongFile):
        return str(error)
    return f"It could not be kept here ({type(error).__name__})"
