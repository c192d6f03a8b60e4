"""Which row of ours a fact of the platform's is about, where our request brought no answer.

By our callback data, else by what fits: an echo with the same content, or delivery statuses for the
same recipient, of the time in which we asked; exactly one candidate for exactly one message. What
is ambiguous stays unknown, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, router, transaction
from django.db.models import ProtectedError, RestrictedError

from ..events import canonical
from ..events.ids import match_key
from ..models import (
    DeliveryStatus,
    Direction,
    MediaFile,
    Message,
    MessageRole,
    MessageSource,
    MessageStatus,
    Resolution,
    StatusType,
)
from ..models.choices import OWN_STATES
from .changes import show
from .conversations import refresh
from .fates import fold_into

#: Where copies of our own messages may come from.
COPIES = (MessageSource.ECHO_INBOX, MessageSource.BACKFILL, MessageSource.HISTORY)
#: How far the platform's clock, which often counts whole seconds, may be from ours.
BEFORE, AFTER = timedelta(seconds=5), timedelta(seconds=60)
#: Unknown messages that are looked at.
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that the platform took from us, and that has no row of ours."""

    external_id: str
    at: datetime
    #: The row that an echo made; None: only its delivery statuses are here.
    row: Message | None
    recipient: str = ""

    def fits(self, message: Message) -> bool:
        """Whether it may be this message of ours."""
        began, ended = asked(message)
        return began - BEFORE <= self.at <= ended + AFTER and self.resembles(message)

    def resembles(self, message: Message) -> bool:
        """The same, whenever it was."""
        if self.row is None:
            return match_key(self.recipient) == match_key(recipient_of(message))
        return self.row.conversation_id == message.conversation_id and same(self.row, message)


def asked(message: Message) -> tuple[datetime, datetime]:
    """When our last request of this message began and ended."""
    last: dict[str, str] = message.attempt_log[-1] if message.attempt_log else {}
    began, ended = last.get("began"), last.get("ended")
    if began is None or ended is None:
        return message.received_at, message.claimed_until or message.received_at
    return datetime.fromisoformat(began), datetime.fromisoformat(ended)


def recipient_of(message: Message) -> str:
    """The digits or id that a message of ours went to."""
    body = message.payload
    return str(body.get("to") or body.get("recipient") or "")


def same(one: Message, other: Message) -> bool:
    """Whether two messages say the same."""
    if one.kind != other.kind:
        return False
    parts = [canonical(_content(row)) for row in (one, other)]
    return parts[0] == parts[1] or (bool(one.text) and one.text == other.text)


def match(account: str) -> set[int]:
    """Find out what became of messages whose end is unknown; return those that were found.

    The caller opens the transaction, and links what waits for them afterwards.
    """
    rows = Message.objects.filter(account=account, status=MessageStatus.UNKNOWN, external_id=None)
    rows = rows.filter(source=MessageSource.SEND).exclude(role=MessageRole.RECEIPT)
    newest = list(rows.order_by("-pk").values_list("pk", flat=True)[:LIMIT])
    if not newest:
        return set()
    ours = list(rows.select_for_update().filter(pk__in=newest).order_by("pk"))
    candidates = [*_echoed(account, ours), *_reported(account, ours)]
    return settle_pairs(ours, _without_others(account, ours, candidates))


def _without_others(
    account: str, ours: Sequence[Message], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Those that are not another message of ours, which will say so itself.

    Of what is on its way the platform may tell before it answers, and its end may have become
    unknown since ours were read. That is asked after the candidates were read: whatever was
    answered meanwhile has its name by now.
    """
    away = Message.objects.filter(
        conversation__in={row.conversation_id for row in ours},
        status__in=(MessageStatus.SENDING, MessageStatus.UNKNOWN),
        external_id=None,
    ).exclude(pk__in=[row.pk for row in ours])
    others = list(away)
    left = [one for one in candidates if not any(one.resembles(row) for row in others)]
    told = [one.external_id for one in left if one.row is None]
    rows = Message.objects.filter(account=account, external_id__in=told)
    known = set(rows.values_list("external_id", flat=True))
    return [one for one in left if one.row is not None or one.external_id not in known]


def settle_pairs(
    ours: Sequence[Message], candidates: Sequence[Candidate], how: str | None = None
) -> set[int]:
    """Give each message the only candidate that fits it and no other; mark the ambiguous ones."""
    fitting = {row.pk: [one for one in candidates if one.fits(row)] for row in ours}
    claims = [one.external_id for found in fitting.values() for one in found]
    found = set()
    for row in ours:
        fits = {one.external_id: one for one in fitting[row.pk]}
        if len(fits) == 1 and claims.count(next(iter(fits))) == 1:
            [one] = fits.values()
            by = how or str(Resolution.STATUS if one.row is None else Resolution.ECHO)
            name(row, one.external_id, by, one.row)
            found.add(row.pk)
        elif fits and row.resolution != Resolution.AMBIGUOUS:
            Message.objects.filter(pk=row.pk).update(resolution=Resolution.AMBIGUOUS)
    return found


def name(row: Message, external_id: str, how: str, copy: Message | None = None) -> None:
    """Let a (locked) message of ours be what the platform calls by this id.

    Whatever stands under that id (``copy``, or looked up) becomes part of our row, unless it is
    another message of ours: two of those are never one.
    """
    if copy is None:
        others = Message.objects.filter(account=row.account, external_id=external_id)
        copy = others.exclude(pk=row.pk).first()
    if copy is not None and copy.source == MessageSource.SEND:
        return
    if copy is not None:
        _absorb(row, copy)
    row.external_id, row.resolution = external_id, how
    if row.status in OWN_STATES:
        row.status = MessageStatus.ACCEPTED
    row.save(
        update_fields=[
            "external_id", "resolution", "status", "occurred_at", "chakra_id", "number_named",
        ]
    )  # fmt: skip
    if copy is not None:
        fold_into([row], row.delivery_statuses.order_by("key"))
        if row.changes.exists():
            show([row.pk])


def named(account: str, pk: int, external_id: str) -> set[int]:
    """The same by key, for an answer that came after an echo; returns the conversations changed."""
    rows = Message.objects.select_for_update().filter(account=account)
    row = rows.get(pk=pk)
    if row.external_id is not None:
        return set()
    copy = rows.filter(external_id=external_id).first()
    touched = {row.conversation_id} | ({copy.conversation_id} if copy else set())
    name(row, external_id, str(Resolution.ANSWER), copy)
    refresh(touched)
    return touched


def _absorb(row: Message, copy: Message) -> None:
    """All that hangs on the copy hangs on the row; the copy goes, where nothing forbids it.

    But for its files: ours is the message that was written down, with the file that it has.
    """
    Message.objects.filter(pk=copy.pk).update(external_id=None)
    times = [at for at in (row.occurred_at, copy.occurred_at) if at]
    row.occurred_at = min(times, default=None)
    row.chakra_id = max(row.chakra_id, copy.chakra_id)
    row.number_named = row.number_named or copy.number_named
    try:
        with transaction.atomic(using=router.db_for_write(Message)):
            MediaFile.objects.filter(message=copy).delete()
            for relation in Message._meta.related_objects:
                others = relation.related_model._base_manager.filter(**{relation.field.name: copy})
                others.update(**{relation.field.name: row.pk})
            copy.delete()
    except (IntegrityError, ProtectedError, RestrictedError):
        # A host's row insists on it: it stays beside ours, and says nothing of the platform's.
        DeliveryStatus.objects.filter(message=copy).update(message=row)
        Message.objects.filter(pk=copy.pk).update(announce_at=None)


def _echoed(account: str, ours: Sequence[Message]) -> Iterable[Candidate]:
    """Copies of what we sent, in the conversations of these messages."""
    since = min(asked(row)[0] for row in ours) - BEFORE
    rows = Message.objects.filter(
        conversation__in={row.conversation_id for row in ours},
        account=account,
        direction=Direction.OUT,
        source__in=COPIES,
        sort_at__gte=since,
        external_id__isnull=False,
    )
    for row in rows.select_for_update().order_by("pk"):
        yield Candidate(str(row.external_id), row.occurred_at or row.sort_at, row)


def _reported(account: str, ours: Sequence[Message]) -> Iterable[Candidate]:
    """What delivery statuses without a message speak of, by the earliest of each."""
    since = min(asked(row)[0] for row in ours) - BEFORE
    rows = DeliveryStatus.objects.filter(
        account=account,
        message=None,
        type=StatusType.MESSAGE,
        received_at__gte=since,
    ).exclude(external_id="")
    earliest: dict[str, tuple[datetime, str]] = {}
    for external_id, recipient, *times in rows.values_list(
        "external_id", "recipient", "occurred_at", "received_at"
    ):
        at = next(time for time in times if time)
        earliest[external_id] = min(earliest.get(external_id, (at, recipient)), (at, recipient))
    for external_id, (at, recipient) in earliest.items():
        yield Candidate(external_id, at, None, recipient)


def hold_back(rows: Collection[Message]) -> None:
    """Let echoes that look like what is being sent at this moment be told later.

    The answer to our request says within the claim's time whether it is ours; then nobody is told
    of an echo of our own message.
    """
    told = (MessageSource.ECHO_INBOX, MessageSource.BACKFILL)
    echoes = [row for row in rows if row.source in told and row.direction == Direction.OUT]
    if not echoes:
        return
    conversations = {row.conversation_id for row in echoes}
    on_their_way = list(Message.objects.filter(sending_in__in=conversations))
    for echo in echoes:
        for ours in on_their_way:
            if ours.conversation_id == echo.conversation_id and same(ours, echo):
                echo.announce_at = ours.claimed_until


def _content(row: Message) -> Any:
    return row.payload.get(row.kind) if isinstance(row.payload, dict) else None
