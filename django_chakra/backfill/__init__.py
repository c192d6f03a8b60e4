"""Ask the platform what was missed, and record it as if it had been posted.

The webhook says each thing once: what was said while the site was away is gone. The platform's
lists of chats still have most of it. What :func:`run` finds there goes through the recorder of the
webhooks, so a message is one row whoever brings it first; what webhooks say of it stays. How a run
stands is kept on its :class:`~django_chakra.models.Backfill`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from .. import connect
from ..exceptions import ApiError, BackfillRunning, NumberNeeded, escaped
from ..models import Backfill, Conversation, IdentityKind
from .chats import Found, Journey, Stopped
from .runs import Run, begin, rehearse
from .scope import BEFORE, Scope, since_of

__all__ = ["Found", "Scope", "phone_number_of", "run", "since_of"]

logger = logging.getLogger("django_chakra.backfill")

Progress = Callable[[Backfill, Found], None]


def run(
    scope: Scope,
    *,
    since: datetime | None = None,
    reason: str = "code",
    anew: bool = False,
    limit: int | None = None,
    dry: bool = False,
    is_stopped: Callable[[], bool] = lambda: False,
    progress: Progress = lambda row, found: None,
) -> Backfill:
    """Look through the platform's lists, record what is missing here, and tell receivers of it.

    A run of the same scope that was stopped goes on where it was; one over what was written since
    that began follows. Unknown ends of messages of ours are looked for along the way.

    Args:
        since: what is older is left out; by default see :func:`since_of`.
        reason: what stands on the row.
        anew: begin from the start, also where one was stopped.
        limit: look at so many chats, then stop.
        dry: write nothing, only count.
        is_stopped: asked after each page; True ends the run, which may go on later.
        progress: told after each page.

    Returns:
        The row: ``state`` "done", or "stopped" where it was to end before; unsaved of a dry run.

    Raises:
        BackfillRunning: another process is at the same.
        NumberNeeded: the conversation is a group's, or no phone number of the contact is known.
        ConfigurationError: the account can't be used.
        ApiError: the platform did not answer, or refused; the run may go on later.

    https://apidocs.chakrahq.com/api-23827369, api-23827415, api-22749108 (under development)
    """
    phone_number = phone_number_of(scope)
    chats = connect.chakra(scope.account).chats
    while True:
        if dry:
            current = rehearse(scope, since)
        else:
            current = begin(scope, since=since, reason=reason, anew=anew)
        journey = Journey(
            current,
            chats,
            number=scope.number,
            limit=limit,
            is_stopped=is_stopped,
            progress=progress,
        )
        is_whole = _travel(journey, phone_number)
        if not is_whole or not current.is_resumed:
            return current.row
        # It looked at some before it was stopped: what was written since is another run's.
        since = None if since is None else max(since, current.row.started_at - BEFORE)
        anew = False


def phone_number_of(scope: Scope) -> str:
    """By which the messages of a conversation are asked for; "" for other scopes.

    Raises:
        NumberNeeded: there is none.
    """
    if scope.conversation is None:
        return ""
    rows = Conversation.objects.filter(account=scope.account)
    conversation = rows.select_related("contact").filter(pk=scope.conversation).first()
    if conversation is None or conversation.contact is None:
        raise NumberNeeded("The platform lists messages by phone number: this is no person's")
    phones = conversation.contact.identities.filter(kind=IdentityKind.PHONE).order_by("-pk")
    if (phone := phones.first()) is None:
        raise NumberNeeded("The platform lists messages by phone number, and none is known here")
    return str(phone.value)


def _travel(journey: Journey, phone_number: str) -> bool:
    """Go on to the end; say whether it was reached. Whatever happens is on the row."""
    current: Run = journey.run
    try:
        if phone_number:
            journey.through_one(phone_number)
        else:
            journey.through_all()
    except Stopped:
        current.stop("")
        return False
    except BackfillRunning:
        raise
    except ApiError as error:
        current.stop(str(error))
        raise
    except BaseException as error:
        logger.error("A backfill stopped; it may go on later", exc_info=escaped(error))
        _leave(current, type(error).__name__)
        raise
    current.finish()
    return True


def _leave(current: Run, words: str) -> None:
    """Give it back, if the database lets us; else the claim runs out."""
    try:
        current.stop(words)
    except Exception as error:
        logger.warning("It is still claimed for a few minutes", exc_info=escaped(error))
