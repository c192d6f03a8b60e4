"""What became of a message whose end is unknown, by the platform's own list of messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from ..events import Json, storable
from ..events.statuses import status_key
from ..models import (
    Conversation,
    DeliveryStatus,
    Message,
    MessageRole,
    MessageSource,
    MessageStatus,
    Resolution,
    StatusType,
)
from ..models.statements import upsert
from .fates import fold_into
from .links import resolve
from .sent import AFTER, BEFORE, COPIES, Candidate, asked, settle_pairs

#: Kinds whose word the list has as it was sent; of others it may say "text".
SURE = frozenset({"text", "image", "video", "audio", "document", "sticker"})
#: Kinds whose text the list has as we have it.
WORDED = frozenset({"text", "image", "video", "document"})


@dataclass(frozen=True, slots=True)
class Listed(Candidate):
    """A message of ours in the platform's list, whose shape is inferred.

    ``recipient`` is digits or ""; ``external_id`` may be "" until WhatsApp has named it.
    """

    chakra_id: str = ""
    kind: str = ""
    text: str = ""
    #: In lower case.
    status: str = ""
    item: Mapping[str, Json] = field(default_factory=dict)

    def fits(self, message: Message) -> bool:
        """Whether it may be this message of ours."""
        began, ended = asked(message)
        if not began - BEFORE <= self.at <= ended + AFTER:
            return False
        if {self.kind, message.kind} <= SURE and self.kind != message.kind:
            return False
        return self._says(message)

    def _says(self, message: Message) -> bool:
        """Whether the texts are the same, where both have one.

        The list has the text of a template filled in; we have its name and the values.
        """
        ours, theirs = message.text.strip(), self.text.strip()
        if not ours or not theirs or message.kind == "template":
            return True
        if message.kind in WORDED:
            return ours == theirs
        return theirs in ours or ours in theirs


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
    if one.chakra_id and not row.chakra_id:
        row.chakra_id = one.chakra_id
        row.save(update_fields=["chakra_id"])
    if MessageStatus.rank(one.status) <= MessageStatus.rank(MessageStatus.ACCEPTED):
        return
    status = DeliveryStatus(
        account=row.account,
        key=status_key(one.external_id, str(StatusType.MESSAGE), one.status, ""),
        external_id=one.external_id,
        chakra_id=one.chakra_id,
        message=row,
        status=one.status,
        recipient=one.recipient,
        payload={"listed": storable(dict(one.item))},
        received_at=now,
        announce_at=now,
    )
    upsert([status], by=["account", "key"])
    fold_into([row], [status])
