"""What is new since a page was made: one indexed query where nothing is.

A page keeps a token, a word that the server made; as long as the server makes the same one,
nothing has changed.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from ...models import Conversation, Message
from . import cursors

#: Transactions end in another order than they began: what committed so much later is seen.
OVERLAP = timedelta(seconds=60)
#: More changes at once are as good as this many: the page is made anew anyway.
MOST = 500


def of_inbox(rows: QuerySet[Conversation], known: str = "") -> str:
    """The token of all conversations that the viewer may see.

    Args:
        known: the token that a page has; the query looks no further back than that needs.
    """
    changes = rows.filter(changed_at__isnull=False).order_by("-changed_at", "-pk")
    if found := cursors.place(known.partition(".")[0]):
        changes = changes.filter(changed_at__gte=found[0] - OVERLAP)
    latest = list(changes.values_list("changed_at", "pk", "version")[:MOST])
    if not latest:
        return known
    changed = [(at, pk, version) for at, pk, version in latest if at is not None]
    newest = changed[0][0]
    near = sorted((pk, version) for at, pk, version in changed if at >= newest - OVERLAP)
    digest = hashlib.sha256(repr(near).encode()).hexdigest()[:16]
    return f"{cursors.cursor(newest, 0)}.{digest}"


def with_newest(rows: QuerySet[Conversation]) -> QuerySet[Any]:
    """With what the token of a thread is made of.

    A message that waits to be sent changes no conversation, so the newest one is looked at too.
    """
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-sort_at", "-pk")
    return rows.annotate(newest=Subquery(newest.values("pk")[:1]))


def of_thread(version: int, newest: int | None) -> str:
    """The token of one conversation."""
    return f"{version}-{newest or 0}"
