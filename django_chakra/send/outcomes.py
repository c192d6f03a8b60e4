"""What became of one attempt to send, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import conf
from ..client.session_messages import sent_id
from ..exceptions import (
    ApiError,
    ConfigurationError,
    NotSent,
    RateLimited,
    RequestRejected,
)
from ..models import MessageStatus
from ..models.campaigns import ends_campaign
from .files import FileGone

#: Seconds until the second attempt where nobody said when; each further one waits twice as long.
FIRST_DELAY = 2.0
#: Meta's code for too many messages to one recipient: nobody else has to wait.
PAIR_RATE = 131056


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt: the status it leads to, and why."""

    #: "accepted", "queued" (again later), "failed", "unknown", "withheld".
    status: str
    external_id: str = ""
    chakra_id: str = ""
    code: int | None = None
    title: str = ""
    details: str = ""
    #: Seconds until the next attempt.
    wait: float = 0.0
    #: Everything of the number has to wait, and not this conversation alone.
    holds_number: bool = False
    #: The HTTP status, for what has no code.
    http: int | None = None

    @property
    def ends_campaign(self) -> bool:
        """Whether the next messages of the same campaign would end alike."""
        if self.status != MessageStatus.FAILED:
            return False
        return ends_campaign(self.code) or self.http in (401, 403)


def of_answer(answer: Any) -> Outcome:
    """The platform took it."""
    chakra_id = answer.get("id") if isinstance(answer, dict) else None
    return Outcome(
        str(MessageStatus.ACCEPTED),
        external_id=sent_id(answer),
        chakra_id=chakra_id if isinstance(chakra_id, str) else "",
    )


def of_error(error: Exception, attempts: int) -> Outcome:
    """It did not, or nobody knows: the rule in the docstring of ``client.http.Http``.

    No connection and 429 (or one of Meta's codes for it): surely not taken, again later. Any other
    4xx, or an error in an answer of 200: refused. Everything else may have been taken.
    """
    if isinstance(error, ConfigurationError):
        # A settings file can be mended; nothing has left us.
        return _again(str(error), attempts, holds_number=True)
    if not isinstance(error, ApiError):
        return Outcome(str(MessageStatus.UNKNOWN), title=type(error).__name__)
    said: dict[str, Any] = {
        "code": error.code,
        "title": error.message[:255],
        "details": error.details,
        "http": error.status,
    }
    if isinstance(error, NotSent):
        return _again(error.message, attempts, holds_number=True)
    if isinstance(error, RateLimited):
        wait = delay(attempts) if error.retry_after is None else error.retry_after
        holds = error.code != PAIR_RATE
        return Outcome(str(MessageStatus.QUEUED), wait=wait, holds_number=holds, **said)
    if isinstance(error, RequestRejected):
        return Outcome(str(MessageStatus.FAILED), **said)
    return Outcome(str(MessageStatus.UNKNOWN), **said)


def before_leaving(error: Exception, attempts: int) -> Outcome:
    """Nothing of the message has left, whatever became of its file.

    A file that is gone, or that the platform refuses, can't be sent; all else is tried again.
    """
    if isinstance(error, FileGone):
        return Outcome(str(MessageStatus.FAILED), title=str(error))
    outcome = of_error(error, attempts)
    if outcome.status != MessageStatus.UNKNOWN:
        return outcome
    return _again(outcome.title, attempts, holds_number=False)


def _again(words: str, attempts: int, *, holds_number: bool) -> Outcome:
    return Outcome(
        str(MessageStatus.QUEUED),
        title=words[:255],
        wait=delay(attempts),
        holds_number=holds_number,
    )


def delay(attempts: int) -> float:
    """Seconds to wait after so many attempts."""
    return min(FIRST_DELAY * 2.0 ** min(attempts - 1, 30), conf.current().max_delay_seconds)
