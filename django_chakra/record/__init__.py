"""Write events into the tables: once, in batches, so that any order ends in the same rows.

Nothing here depends on who records first: keys decide what is one row, and the merge rules
(greatest content, earliest time, highest rank) decide what stands in it. What a conversation shows
is computed from its messages, never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..events import DeliveryStatusReported, MessageEchoed, MessageEvent
from . import about, messages, statuses, templates
from .conversations import refresh
from .facts import Fact
from .fates import refused
from .joining import Announcer
from .links import awaited, link, resolve, settle
from .listed import Gathered, Listed, check, gather
from .outgoing import contacts_of, conversations_with
from .people import People
from .sent import named

__all__ = [
    "Fact",
    "Gathered",
    "Listed",
    "Written",
    "awaited",
    "check",
    "contacts_of",
    "conversations_with",
    "gather",
    "link",
    "named",
    "refresh",
    "refused",
    "resolve",
    "settle",
    "write",
]


@dataclass(slots=True)
class Written:
    """What a batch touched: what is to be announced, and what is still to be linked."""

    #: Conversations that changed.
    conversations: set[int] = field(default_factory=set)
    #: Delivery statuses that are to look for their message once more after the commit.
    unlinked: list[int] = field(default_factory=list)
    #: There were echoes, which may tell what became of a message whose end is unknown.
    echoed: bool = False


def write(account: str, facts: Sequence[Fact], *, now: datetime, leased_by: str) -> Written:
    """Record the facts of one account. The caller opens the transaction.

    Args:
        now: the database's time, for what becomes due.
        leased_by: who will announce; takes the lease of each changed conversation that is free.
    """
    written = Written()
    people = People(account, Announcer(now, leased_by))
    written.conversations |= about.write(people, facts)
    templates.write(account, templates.said(facts))
    spoken = [fact for fact in facts if isinstance(fact.event, MessageEvent)]
    if spoken:
        touched, unlinked = messages.write(people, spoken)
        written.conversations |= touched
        written.unlinked += unlinked
        written.echoed = any(isinstance(fact.event, MessageEchoed) for fact in spoken)
    ticks = [fact for fact in facts if isinstance(fact.event, DeliveryStatusReported)]
    if ticks:
        touched, unlinked = statuses.write(account, ticks, now=now)
        written.conversations |= touched
        written.unlinked += unlinked
    if written.conversations:
        refresh(written.conversations, leased_by=leased_by)
    return written
