"""What is asked for, and since when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ..events import Json, canonical
from ..models import Backfill, BackfillState, CallState, WebhookCall
from ..models.calls import CallQuerySet

#: So far back it looks where no backfill has finished.
FIRST = timedelta(days=7)
#: What was written shortly before may have been missed as well.
BEFORE = timedelta(hours=1)
#: Finished backfills among which those are looked for that cover a scope.
RECENT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """All chats of an account, those of one of our numbers, or one conversation."""

    account: str
    #: Our number's phone number id.
    number: str = ""
    #: Key of the conversation.
    conversation: int | None = None

    @property
    def named(self) -> dict[str, Json]:
        """What was asked for, where not all."""
        given: dict[str, Json] = {"number": self.number, "conversation": self.conversation}
        return {name: value for name, value in given.items() if value}

    @property
    def key(self) -> str:
        """The same for the same scope."""
        spelled = canonical([self.account, self.named])
        return f"{self.account}:{hashlib.sha256(spelled.encode('ascii')).hexdigest()}"


def since_of(scope: Scope) -> datetime:
    """Since when messages may have been missed: an hour before what no finished run looked at.

    A run looked at what was written from its ``since`` until it began. One that began to look
    later than where those before it had ended left a hole, and does not count. Where none counts
    it is an hour before the last call of more than seven days ago, so that a silence counts from
    its beginning; where there is no such call, an hour before that time itself.
    """
    first, covered = _first(scope.account), None
    for since, began in _finished(scope):
        if since <= (covered or first):
            covered = began
    return (covered or first) - BEFORE


def _first(account: str) -> datetime:
    """Where to begin where nothing was looked at."""
    at = timezone.now() - FIRST
    calls = _believed(account).filter(received_at__lt=at).order_by("-received_at")
    return calls.values_list("received_at", flat=True).first() or at


def _finished(scope: Scope) -> list[tuple[datetime, datetime]]:
    """Since when finished backfills of all of this looked, and when they began; in their order."""
    done = Backfill.objects.filter(account=scope.account, state=BackfillState.DONE)
    rows = done.order_by("-pk").values_list("scope", "since", "started_at")[:RECENT]
    found = [(since, at) for of, since, at in rows if since and of in ({}, scope.named)]
    return sorted(found, key=lambda one: one[1])


def last_call(account: str) -> datetime | None:
    """When the platform last called."""
    rows = _believed(account).order_by("-received_at")
    return rows.values_list("received_at", flat=True).first()


def _believed(account: str) -> CallQuerySet:
    """Its calls, but for those that were refused: they may be anybody's."""
    return WebhookCall.objects.filter(account=account).exclude(state=CallState.REFUSED)
