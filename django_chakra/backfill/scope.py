"""What is asked for, and since when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.utils import timezone

from ..events import Json, canonical
from ..models import Backfill, BackfillState, CallState, WebhookCall
from ..models.calls import CallQuerySet

#: So far back it looks where no call has ever come.
FIRST = timedelta(days=7)
#: What was written shortly before the last call may have been missed as well.
BEFORE = timedelta(hours=1)
#: Finished backfills among which one is looked for that covers a scope.
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
    """Since when messages may have been missed: an hour before the longest silence of calls.

    Of the last seven days, and of what no finished backfill has looked at. A silence that began
    earlier counts from its beginning, however long ago; what was before the first call is none.
    Where no call has ever come: seven days ago.
    """
    now, covered = timezone.now(), _covered(scope)
    earliest = now - FIRST if covered is None else max(covered - BEFORE, now - FIRST)
    calls = _believed(scope.account)
    before = calls.filter(received_at__lt=earliest).order_by("-received_at")
    last = before.values_list("received_at", flat=True).first()
    at = last if covered is None else earliest
    recent = calls.filter(received_at__gte=earliest).order_by("received_at")
    times = recent.values_list("received_at", flat=True).iterator(chunk_size=5000)
    longest, start = timedelta(0), at
    for time in chain(times, [now]):
        if at is not None and time - at > longest:
            longest, start = time - at, at
        at = time
    return now - FIRST if start is None else start - BEFORE


def _covered(scope: Scope) -> datetime | None:
    """When the last finished backfill began that looked at all of this."""
    done = Backfill.objects.filter(account=scope.account, state=BackfillState.DONE)
    rows = done.order_by("-pk").values_list("scope", "started_at")[:RECENT]
    return next((at for of, at in rows if of in ({}, scope.named)), None)


def last_call(account: str) -> datetime | None:
    """When the platform last called."""
    rows = _believed(account).order_by("-received_at")
    return rows.values_list("received_at", flat=True).first()


def _believed(account: str) -> CallQuerySet:
    """Its calls, but for those that were refused: they may be anybody's."""
    return WebhookCall.objects.filter(account=account).exclude(state=CallState.REFUSED)
