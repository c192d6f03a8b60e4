"""Merge copies of a message into the row that was there before."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..events import Json
from ..models import DeliveryStatus, Direction, Message, MessageSource, MessageStatus
from ..models.statements import upsert
from .changes import show
from .conversations import fold
from .copies import SOURCES, content_rank
from .joining import Announcer, move
from .people import Peer
from .places import Places

#: What stands or falls with the content.
CONTENT = ("kind", "role", "text", "payload", "target_external_id", "reply_to_external_id")
LINKS = ("target_id", "reply_to_id")
#: What another copy of a message may change.
SAVED = (
    *CONTENT,
    "target",
    "reply_to",
    "direction",
    "source",
    "status",
    "contact",
    "chakra_id",
    "occurred_at",
    "conversation",
    "number_named",
    "announce_at",
)


@dataclass(slots=True)
class Merge:
    """Copies of messages that were recorded before."""

    account: str
    copies: dict[str, Message]
    #: Whom the copies' conversations are with.
    peers: dict[str, Peer]
    places: Places
    by: Announcer
    #: Chakra's ids that the rows did not know before.
    learned: set[str] = field(default_factory=set)
    #: Conversations that may be empty now, and where what stood in them went.
    left: dict[int, int] = field(default_factory=dict)
    #: Rows that changed, each with the content that it had before.
    recast: list[tuple[Message, Json]] = field(default_factory=list)
    _rows: list[Message] | None = None

    @property
    def rows(self) -> list[Message]:
        """The rows that are there; the upsert before has locked them."""
        if self._rows is None:
            self._rows = list(
                Message.objects.select_related("conversation").filter(
                    account=self.account, external_id__in=sorted(self.copies)
                )
            )
        return self._rows

    def strangers(self) -> list[set[int]]:
        """Pairs of contacts that one message names, each in another copy."""
        found = []
        for row in self.rows:
            copy, peer = self.copies[str(row.external_id)], self.peers[str(row.external_id)]
            if row.direction != copy.direction or row.source == MessageSource.SEND:
                continue
            pairs = [(row.contact_id, copy.contact_id)]
            if isinstance(peer, int):
                pairs.append((row.conversation.contact_id, peer))
            found += [{one, other} for one, other in pairs if one and other and one != other]
        return found

    def introduce(self) -> None:
        """Make one contact of each of these pairs."""
        for pair in self.strangers():
            self.places.people.join(pair)
        self.places.settle()

    def carry_out(self) -> set[int]:
        """Merge the copies into their rows; return the conversations that changed."""
        changed: list[Message] = []
        touched: set[int] = set()
        for row in self.rows:
            copy, before = self.copies[str(row.external_id)], row.conversation
            content = row.payload
            self._place(row, copy)
            if copy.chakra_id > row.chakra_id:
                self.learned.add(copy.chakra_id)
            if _merge_content(row, copy) or row.conversation_id != before.pk:
                changed.append(row)
                self.recast.append((row, content))
                touched |= {before.pk, row.conversation_id}
        if changed:
            upsert(sorted(changed, key=lambda row: row.pk), by=["id"], update=SAVED)
        if edited := [row.pk for row in changed if row.edited_at]:
            show(edited)
        for emptied, into in sorted(self.left.items()):
            fold(emptied, into)
        return touched

    def _place(self, row: Message, copy: Message) -> None:
        """Move the row where the copy belongs, or forget the place that was made for the copy."""
        before = row.conversation_id
        if self._moves(row, copy):
            self.left[before] = copy.conversation_id
            move(row, copy.conversation_id, self.by)
        elif copy.conversation_id in self.places.made - {before}:
            self.left[copy.conversation_id] = before

    def wake_statuses(self) -> list[int]:
        """Make due the resting delivery statuses that name only an id which is known by now."""
        if not self.learned:
            return []
        resting = DeliveryStatus.objects.filter(
            account=self.account, message=None, chakra_id__in=sorted(self.learned)
        )
        keys = list(resting.values_list("pk", flat=True))
        if keys:
            resting.filter(pk__in=keys).update(announce_at=self.by.now)
        return keys

    def _moves(self, row: Message, copy: Message) -> bool:
        """Where a group or a number is named is always right; else the row knows no less."""
        if row.conversation_id == copy.conversation_id or row.source == MessageSource.SEND:
            return False
        if row.direction != copy.direction:
            return copy.direction == Direction.OUT
        in_group = isinstance(self.peers[str(row.external_id)], str)
        was_in_group = row.conversation.group_id is not None
        if in_group != was_in_group:
            return in_group
        return copy.number_named


def _merge_content(row: Message, copy: Message) -> bool:
    """Take over what the copy knows better; say whether anything changed."""
    compared = [*CONTENT, *LINKS, "direction", "source", "status", "contact_id", "chakra_id"]
    compared += ["occurred_at", "number_named", "announce_at"]
    before = [getattr(row, name) for name in compared]
    if row.direction == copy.direction:
        _take(row, copy)
    elif copy.direction == Direction.OUT:
        # Whoever says that we wrote it knows more.
        for name in (*CONTENT, *LINKS, "direction", "source", "status", "contact_id"):
            setattr(row, name, getattr(copy, name))
        row.occurred_at, row.number_named = copy.occurred_at, copy.number_named
        row.chakra_id = max(row.chakra_id, copy.chakra_id)
    return before != [getattr(row, name) for name in compared]


def _take(row: Message, copy: Message) -> None:
    """The greatest content, the highest status, the earliest time."""
    ours = row.source == MessageSource.SEND
    if not ours and content_rank(copy.payload) > content_rank(row.payload):
        for name in (*CONTENT, *LINKS):
            setattr(row, name, getattr(copy, name))
    if MessageStatus.rank(copy.status) > MessageStatus.rank(row.status):
        row.status = copy.status
    row.source = max(row.source, copy.source, key=SOURCES.index)
    row.chakra_id = max(row.chakra_id, copy.chakra_id)
    row.number_named = row.number_named or copy.number_named
    times = [at for at in (row.occurred_at, copy.occurred_at) if at]
    row.occurred_at = min(times, default=None)
