"""Messages of ours whose end is unknown: the lists that are walked through may tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from .. import announce, record, schedule
from ..events import ListedMessage
from ..events.contacts import identities
from ..events.ids import matched
from ..models import Message, MessageRole, MessageSource, MessageStatus
from .runs import Run

#: Entries of one list among which they are looked for.
MOST = 200


def waiting(account: str) -> QuerySet[Message]:
    """Messages of ours whose end is unknown, and that the platform would list."""
    rows = Message.objects.filter(
        account=account,
        status=MessageStatus.UNKNOWN,
        source=MessageSource.SEND,
        external_id=None,
        conversation__contact__isnull=False,
    )
    return rows.exclude(role=MessageRole.RECEIPT)


class Unknown:
    """Those of an account, by whom they went to; asked for once, they are few."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._by_name: dict[str, int] = {}
        rows = waiting(account).values_list(
            "conversation__contact", "conversation__contact__identities__match_key"
        )
        for contact, key in rows:
            if key:
                self._by_name[key] = contact

    def take(self, listed: Sequence[ListedMessage]) -> dict[str, int]:
        """Who of them is in this page: name -> contact, once each."""
        names: dict[str, int] = {}
        for one in listed:
            for identity in identities(one.contact):
                if (contact := self._by_name.get(matched(identity).value)) is not None:
                    names[one.contact] = contact
        gone = set(names.values())
        self._by_name = {key: pk for key, pk in self._by_name.items() if pk not in gone}
        return names


def resolve(run: Run, contact: int, name: str, entries: Iterable[Any]) -> int:
    """Look for those to this contact among the entries of a list; return how many were found."""
    rows = waiting(run.row.account).filter(conversation__contact=contact)
    ours = list(rows.select_related("conversation").order_by("received_at"))
    if not ours:
        return 0
    seen = record.gather(ours[0], entries, contact=name, most=MOST)
    named = [one for one in seen.listed if one.external_id]
    if not named:
        return 0
    now = run.now()
    touched = record.check(ours[0], named, now=now, leased_by=run.by)
    with schedule.held():
        announce.conversations(touched, run.by)
    return len(ours) - rows.count()
