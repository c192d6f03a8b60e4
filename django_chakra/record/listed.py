"""What became of a message whose end is unknown, by the platform's own list of messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from ..events import ListedMessage, Unreadable, read_listed
from ..events.ids import match_key
from ..events.listed import STATUSES
from ..models import (
    Conversation,
    Message,
    MessageRole,
    MessageSource,
    MessageStatus,
    Resolution,
)
from . import statuses
from .facts import Fact
from .links import resolve
from .sent import AFTER, BEFORE, COPIES, Candidate, asked, settle_pairs

#: Kinds whose word the list has as it was sent; of others it may say "text".
SURE = frozenset({"text", "image", "video", "audio", "document", "sticker"})
#: Kinds whose text the list has as we have it.
WORDED = frozenset({"text", "image", "video", "document"})


@dataclass(frozen=True, slots=True)
class Listed(Candidate):
    """A message of ours in the platform's list, whose shape is inferred.

    ``external_id`` may be "" until WhatsApp has named it.
    """

    said: ListedMessage | None = None

    @classmethod
    def of(cls, said: ListedMessage) -> Listed:
        """What an entry says, for comparing it with our rows."""
        return cls(said.external_id, said.at, None, said.contact, said)

    def fits(self, message: Message) -> bool:
        """Whether it may be this message of ours."""
        began, ended = asked(message)
        if self.said is None or not began - BEFORE <= self.at <= ended + AFTER:
            return False
        if {self.said.kind, message.kind} <= SURE and self.said.kind != message.kind:
            return False
        return self._says(message, self.said.text)

    def _says(self, message: Message, listed: str) -> bool:
        """Whether the texts are the same, where both have one.

        The list has the text of a template filled in; we have its name and the values.
        """
        ours, theirs = message.text.strip(), listed.strip()
        if not ours or not theirs or message.kind == "template":
            return True
        if message.kind in WORDED:
            return ours == theirs
        return theirs in ours or ours in theirs


@dataclass(frozen=True, slots=True)
class Gathered:
    """Our messages to one customer in the platform's list."""

    listed: list[Listed]
    #: Entries that were looked at.
    looked_at: int
    #: None that counts is left.
    is_whole: bool


def gather(message: Message, entries: Iterable[Any], *, contact: str, most: int) -> Gathered:
    """Our messages among these entries, as far as one whose end is unknown may be among them.

    The list is likely to begin with the newest: then the first that is too old is the last.

    Args:
        entries: of the platform's list, asked for when they are needed.
        contact: the customer whom it is with.
        most: so many are looked at.
    """
    since = asked(message)[0] - BEFORE
    listed: list[Listed] = []
    newest, count = None, 0
    for count, entry in enumerate(islice(entries, most), start=1):
        try:
            said = read_listed(entry, contact=contact)
        except Unreadable:
            continue
        newest = newest or said.at
        if said.at < since and said.at < newest:
            return Gathered(listed, count, True)
        if said.is_ours and _is_with(said, contact):
            listed.append(Listed.of(said))
    return Gathered(listed, count, count < most)


def _is_with(said: ListedMessage, contact: str) -> bool:
    """Whether it may be to them; a phone number and a user id can't be compared."""
    if said.contact.isdigit() and contact.isdigit():
        return match_key(said.contact) == match_key(contact)
    return True


def check(message: Message, listed: Sequence[Listed], *, now: datetime, leased_by: str) -> set[int]:
    """Find this message, and others to the same person whose end is unknown, in the list.

    Each gets the only entry that fits it and no other; the word of the entry counts as heard.
    Returns the conversations that changed.
    """
    find = partial(_match, message, listed, now=now)
    return resolve(message.account, now=now, leased_by=leased_by, find=find)


def _match(message: Message, listed: Sequence[Listed], *, now: datetime) -> set[int]:
    contact = message.conversation.contact_id
    places = Conversation.objects.filter(account=message.account, contact=contact)
    waiting = Message.objects.filter(
        conversation__in=list(places.values_list("pk", flat=True)),
        account=message.account,
        status=MessageStatus.UNKNOWN,
        source=MessageSource.SEND,
        external_id=None,
    ).exclude(role=MessageRole.RECEIPT)
    ours = list(waiting.select_for_update().order_by("pk"))
    candidates = _without_ours(message.account, listed)
    found = settle_pairs(ours, candidates, str(Resolution.CHECK))
    by_id = {one.external_id: one for one in candidates}
    for row in ours:
        if row.pk in found:
            _hear(row, by_id[str(row.external_id)], now=now)
    return found


def _without_ours(account: str, listed: Iterable[Listed]) -> list[Listed]:
    """Those that may still be anybody's; the rows that echoes made of them are brought along."""
    named = {one.external_id: one for one in listed if one.external_id}
    rows = Message.objects.select_for_update().filter(account=account, external_id__in=named)
    for row in rows.order_by("pk"):
        one = named.pop(str(row.external_id))
        if row.source in COPIES:
            named[one.external_id] = replace(one, row=row)
    return list(named.values())


def _hear(row: Message, one: Listed, *, now: datetime) -> None:
    """Keep Chakra's id, and the word as a delivery status: the one that a webhook would bring."""
    if one.said is None:
        return
    if one.said.chakra_id and not row.chakra_id:
        row.chakra_id = one.said.chakra_id
        row.save(update_fields=["chakra_id"])
    event = one.said.delivery_status(waba_id="")
    if event is not None and event.status in STATUSES:
        statuses.write(row.account, [Fact(event, None, 0, now)], now=now)
