"""A slice of a conversation: its bubbles by ``(sort_at, id)``, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, prefetch_related_objects

from ...events import storable_text
from ...events.base import mapping
from ...models import Contact, Conversation, MediaFile, Message, MessageRole, MessageTemplate
from ..media import MAY_HAVE
from . import cursors
from .bubbles import Bubble, bubble
from .links import Links
from .names import Names
from .said import Said

#: Bubbles of one slice.
PAGE = 50
#: Reactions to one slice that are looked at; beyond that nobody counts them.
MOST = 1000

_SHOWN = Q(role__in=[MessageRole.BUBBLE, MessageRole.NOTICE])
#: What changes a message that is not here can't be shown on it, and is not lost.
_HOMELESS = Q(
    role__in=[MessageRole.REACTION, MessageRole.EDIT, MessageRole.REVOKE], target__isnull=True
)


@dataclass(frozen=True, slots=True)
class Slice:
    """Messages, the oldest first."""

    rows: Sequence[Message] = ()
    #: Whether there are older and newer ones.
    has_older: bool = False
    has_newer: bool = False


def newest(conversation: Conversation) -> Slice:
    """Its end, as far as a page goes."""
    return older(conversation, "")


def older(conversation: Conversation, than: str) -> Slice:
    """What stands before a cursor; the end of the conversation for no cursor."""
    rows = messages(conversation).filter(cursors.before("sort_at", than))
    found = list(rows.order_by("-sort_at", "-pk")[: PAGE + 1])
    return Slice(found[:PAGE][::-1], has_older=len(found) > PAGE, has_newer=bool(than))


def newer(conversation: Conversation, than: str) -> Slice:
    """What stands after a cursor."""
    rows = messages(conversation).filter(cursors.after("sort_at", than))
    found = list(rows.order_by("sort_at", "pk")[: PAGE + 1])
    return Slice(found[:PAGE], has_older=True, has_newer=len(found) > PAGE)


def around(conversation: Conversation, pk: int) -> Slice:
    """A message in the middle of what stands about it; the end where it is not here."""
    rows = messages(conversation)
    at = rows.filter(pk=pk).values_list("sort_at", flat=True).first()
    if at is None:
        return newest(conversation)
    half = PAGE // 2
    place = cursors.cursor(at, pk)
    after = list(
        rows.filter(Q(cursors.after("sort_at", place)) | Q(pk=pk)).order_by("sort_at", "pk")[
            : half + 1
        ]
    )
    before = list(
        rows.filter(cursors.before("sort_at", place)).order_by("-sort_at", "-pk")[: half + 1]
    )
    return Slice(
        [*before[:half][::-1], *after[:half]],
        has_older=len(before) > half,
        has_newer=len(after) > half,
    )


def messages(conversation: Conversation) -> QuerySet[Message]:
    """What a thread shows by itself, with who spoke and what it answers."""
    again = Message.objects.filter(retry_of=OuterRef("pk")).order_by("pk").values("pk")
    return (
        Message.objects.filter(_SHOWN | _HOMELESS, conversation=conversation.pk)
        .select_related("author", "contact", "reply_to__contact")
        .defer("attempt_log", "reply_to__payload", "reply_to__attempt_log")
        .annotate(retried_as=Subquery(again[:1]))
    )


def drawn(
    conversation: Conversation, rows: Sequence[Message], *, names: Names, links: Links
) -> list[Bubble]:
    """The bubbles of these messages; loads what belongs to them."""
    reactions = list(_reactions([row.pk for row in rows]))
    _know(conversation, [*rows, *(row.reply_to for row in rows if row.reply_to), *reactions])
    reacted = _by(reactions, "target_id")
    files = _by(_files(rows), "message_id")
    known = _templates(conversation.account, rows)
    found = []
    for row in rows:
        row.conversation = conversation
        own = tuple(files.get(row.pk, ()))
        said = Said(row, names, links, own, _template_of(row, known))
        found.append(bubble(said, reacted.get(row.pk, ())))
    return found


def _know(conversation: Conversation, rows: Iterable[Message]) -> None:
    """Load the names of all who speak; of the contact whom the conversation is with they are."""
    others: dict[int, Contact] = {}
    for row in rows:
        if row.contact_id is None:
            continue
        if row.contact_id == conversation.contact_id:
            row.contact = conversation.contact
        elif row.contact is not None:
            row.contact = others.setdefault(row.contact_id, row.contact)
    if others:
        prefetch_related_objects(list(others.values()), "identities")


def _reactions(keys: Collection[int]) -> QuerySet[Message]:
    rows = Message.objects.filter(target__in=keys, role=MessageRole.REACTION)
    rows = rows.select_related("contact").defer("payload", "attempt_log")
    return rows.order_by("-pk")[:MOST]


def _files(rows: Sequence[Message]) -> QuerySet[MediaFile]:
    keys = [row.pk for row in rows if row.kind in MAY_HAVE]
    return MediaFile.objects.filter(message__in=keys).order_by("message", "slot")


def _templates(account: str, rows: Sequence[Message]) -> dict[tuple[str, str], MessageTemplate]:
    """Those that are named, by name and language; what is there still before what is gone."""
    names = {_named(row)[0] for row in rows if row.kind == "template"} - {""}
    found: dict[tuple[str, str], MessageTemplate] = {}
    known = MessageTemplate.objects.filter(account=account, name__in=sorted(names))
    for row in sorted(known, key=lambda row: (row.deleted_at is None, row.pk)):
        found[row.name, row.language] = row
        found[row.name, ""] = row
    return found


def _template_of(
    row: Message, known: dict[tuple[str, str], MessageTemplate]
) -> MessageTemplate | None:
    return known.get(_named(row)) if row.kind == "template" else None


def _named(row: Message) -> tuple[str, str]:
    part = mapping(mapping(row.payload).get("template"))
    code = mapping(part.get("language")).get("code")
    return storable_text(part.get("name")), storable_text(code)


def _by(rows: Iterable[Any], column: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return found
