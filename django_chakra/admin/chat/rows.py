"""The rows of the inbox: what one sees of a conversation before it is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import BusinessNumber, Conversation, Direction, Message
from .bubbles import ICONS, Tick
from .files import LABELS
from .links import Links
from .names import Names, initials
from .windows import Window, window

#: What stands before the preview of a message of this kind.
KIND_ICONS = {
    "image": "image", "video": "video", "audio": "audio", "voice": "audio", "document": "document",
    "sticker": "sticker", "location": "place", "contacts": "card", "order": "order",
    "interactive": "list", "button": "list", "template": "letter",
}  # fmt: skip
#: Characters of a message that a row begins with.
PREVIEW = 200
KINDS: dict[str, Any] = {
    **LABELS,
    "location": gettext_lazy("Location"),
    "contacts": gettext_lazy("Contact card"),
    "order": gettext_lazy("Order"),
    "interactive": gettext_lazy("Choice"),
    "template": gettext_lazy("Template"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation of the list."""

    pk: int
    version: int
    url: str
    #: Where one says that it is done, or to be done again.
    mark_url: str
    name: str
    initials: str
    phone: str
    number: str
    account: str
    preview: str
    icon: str
    is_ours: bool
    tick: Tick | None
    at: datetime | None
    at_label: str
    unread: int
    window: Window
    is_done: bool
    #: ``last_inbound_at`` as it is shown, for :func:`django_chakra.record.attention.done`.
    seen: str


def shown(
    conversations: Sequence[Conversation],
    numbers: Mapping[int, BusinessNumber],
    *,
    names: Names,
    links: Links,
) -> list[Row]:
    """The rows of these conversations, and of our numbers that they are with."""
    now = timezone.now()
    found = []
    for one in conversations:
        one.number = numbers[one.number_id]
        found.append(_row(one, names=names, links=links, now=now))
    return found


def _row(conversation: Conversation, *, names: Names, links: Links, now: datetime) -> Row:
    last = conversation.last_message
    name = names.peer(conversation)
    contact = conversation.contact
    phone = names.phone(contact) if contact is not None else ""
    is_ours = last is not None and last.direction == Direction.OUT
    return Row(
        pk=conversation.pk,
        version=conversation.version,
        url=links.row("conversation", conversation.pk),
        mark_url=links.mark(conversation),
        name=name,
        initials=initials(name),
        phone="" if phone == name else phone,
        number=names.number(conversation.number),
        account=conversation.account,
        preview=preview(conversation, names),
        icon=KIND_ICONS.get(last.kind, "") if last is not None else "",
        is_ours=is_ours,
        tick=_tick(last) if last is not None and is_ours else None,
        at=conversation.last_at,
        at_label=at_label(conversation.last_at, now),
        unread=conversation.unread_count,
        window=window(conversation, now),
        is_done=conversation.done_at is not None,
        seen=seen(conversation),
    )


def seen(conversation: Conversation) -> str:
    """What a form that puts a conversation away posts back."""
    at = conversation.last_inbound_at
    return "" if at is None else at.isoformat()


def preview(conversation: Any, names: Names) -> str:
    """One line of the last message."""
    last = conversation.last_message
    if last is None:
        return ""
    if last.revoked_at is not None:
        return _("Deleted message")
    text = " ".join(names.start(conversation.text_start, PREVIEW).split())
    return text or str(KINDS.get(last.kind) or f"[{names.words(last.kind)}]")


def _tick(message: Message) -> Tick | None:
    word = message.status
    label = str(message.get_status_display())
    return Tick(word, ICONS.get(word, "question"), label) if word else None


def at_label(at: datetime | None, now: datetime) -> str:
    """A time as briefly as it is clear: of today the hour, lately the weekday, else the date."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() == today:
        return date_format(local, "H:i")
    if timedelta(0) < today - local.date() < timedelta(days=7):
        return date_format(local, "D H:i")
    return date_format(local, "SHORT_DATE_FORMAT")
