"""One message as the thread draws it. Pure: what it needs was loaded before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...events.base import mapping
from ...models import Direction, Message, MessageRole, MessageSource, MessageStatus
from ...send.acts import AGAIN
from .cursors import cursor
from .parts import Part, Unshown, Words
from .reading import parts
from .said import Said

#: A message that came so long after it was written is marked as late.
LATE = timedelta(minutes=10)
#: What the bubble of a message on its way waits for: its page looks again and again.
MOVING = (MessageStatus.QUEUED, MessageStatus.SENDING)

#: The icon of each status, by its name in ``icon.html``.
ICONS: dict[str, str] = {
    "queued": "clock", "paused": "clock", "sending": "clock", "accepted": "tick", "sent": "tick",
    "delivered": "ticks", "read": "ticks", "played": "ticks", "failed": "alert",
    "unknown": "question", "withheld": "stop", "cancelled": "stop",
}  # fmt: skip

FROM: dict[str, Any] = {
    str(MessageSource.ECHO_PHONE): gettext_lazy("from the phone"),
    str(MessageSource.ECHO_INBOX): gettext_lazy("from Chakra's inbox"),
}


class Tick(NamedTuple):
    """What became of a message of ours."""

    word: str
    icon: str
    label: str


class Quote(NamedTuple):
    """The message that one answers."""

    #: None where we don't have it.
    pk: int | None
    speaker: str
    text: str
    #: Its kind where it has no text; "" for a text.
    kind: str


class Reaction(NamedTuple):
    """One emoji on a bubble, and from whom."""

    emoji: str
    names: str
    #: How many; "" for one.
    number: str


class Trouble(NamedTuple):
    """Why a message of ours did not arrive, or may not have; what can be done."""

    words: str
    code: str
    details: str
    may_check: bool
    may_send_again: bool
    #: The message that sends it once more; None where none does.
    retried_as: int | None


@dataclass(frozen=True, slots=True)
class Bubble:
    """What the thread shows of one message."""

    pk: int
    cursor: str
    at: datetime
    day: date
    is_ours: bool
    is_notice: bool
    kind: str
    #: Who spoke: a colleague, somebody in a group; "" where it goes without saying.
    speaker: str
    #: Where it was written if not here.
    origin: str
    #: Edited, late, forwarded, …
    marks: tuple[str, ...]
    is_deleted: bool
    quote: Quote | None
    parts: tuple[Part, ...]
    reactions: tuple[Reaction, ...]
    tick: Tick | None
    trouble: Trouble | None
    #: Something of it will change without a change of the conversation.
    is_moving: bool
    url: str
    call_url: str


def bubble(said: Said, reactions: Iterable[Message]) -> Bubble:
    """The bubble of a message; ``reactions`` are those to it."""
    message = said.message
    is_ours = message.direction == Direction.OUT
    is_change = message.role in (MessageRole.REACTION, MessageRole.EDIT, MessageRole.REVOKE)
    sees_calls = said.names.sees_evidence
    return Bubble(
        pk=message.pk,
        cursor=cursor(message.sort_at, message.pk),
        at=message.sort_at,
        day=timezone.localtime(message.sort_at).date(),
        is_ours=is_ours,
        is_notice=is_change or message.role == MessageRole.NOTICE,
        kind=said.names.words(message.kind),
        speaker=_speaker(said),
        origin=_origin(message),
        marks=tuple(_marks(message)),
        is_deleted=message.revoked_at is not None,
        quote=_quote(said),
        parts=_homeless(said) if is_change else _notice(said) or parts(said),
        reactions=tuple(_gathered(said, reactions)),
        tick=_tick(message) if is_ours else None,
        trouble=_trouble(said) if is_ours else None,
        is_moving=message.status in MOVING or any(one.state == "waiting" for one in said.files),
        url=said.links.row("message", message.pk),
        call_url=said.links.row("webhookcall", message.call_id) if sees_calls else "",
    )


def _speaker(said: Said) -> str:
    """Whose words they are, where the side of the bubble does not tell."""
    message = said.message
    if message.direction == Direction.OUT:
        return said.names.staff(message.author) if message.author else ""
    if message.conversation.group_id is not None and message.contact is not None:
        return said.names.contact(message.contact)
    return ""


def _origin(message: Message) -> str:
    if message.direction == Direction.IN:
        return ""
    if message.source == MessageSource.SEND and message.author_id is None:
        return _("automatically")
    return str(FROM.get(message.source, ""))


def _marks(message: Message) -> Iterator[str]:
    if message.edited_at is not None:
        yield _("edited")
    context = mapping(mapping(message.payload).get("context"))
    if context.get("frequently_forwarded"):
        yield _("forwarded many times")
    elif context.get("forwarded"):
        yield _("forwarded")
    if message.source == MessageSource.HISTORY:
        yield _("imported")
    elif message.source == MessageSource.BACKFILL:
        yield _("fetched later")
    elif message.source != MessageSource.SEND and message.received_at - message.sort_at > LATE:
        at = timezone.localtime(message.received_at)
        yield _("came late, %(at)s") % {"at": f"{at:%Y-%m-%d %H:%M}"}


def _quote(said: Said) -> Quote | None:
    message, quoted = said.message, said.message.reply_to
    if quoted is None:
        if not message.reply_to_external_id:
            return None
        return Quote(None, "", _("A message that is not here"), "")
    if quoted.direction == Direction.OUT:
        speaker = _("You")
    elif quoted.contact is not None:
        speaker = said.names.contact(quoted.contact)
    else:
        speaker = ""
    names = said.names
    return Quote(quoted.pk, speaker, names.start(quoted.text, 300), names.words(quoted.kind))


def _homeless(said: Said) -> tuple[Part, ...]:
    """A reaction, edit or revoke of a message that is not here."""
    text = said.text
    words = {
        str(MessageRole.REACTION): _("Reacted with %(text)s to a message that is not here")
        if text
        else _("Took back a reaction to a message that is not here"),
        str(MessageRole.EDIT): _("Edited a message that is not here: %(text)s"),
        str(MessageRole.REVOKE): _("Deleted a message that is not here"),
    }
    return (Words(words[said.message.role] % {"text": text}),)


def _notice(said: Said) -> tuple[Part, ...]:
    """What the platform says; () for what people say."""
    if said.message.role != MessageRole.NOTICE:
        return ()
    if said.kind == "request_welcome":
        return (Words(_("They opened the chat")),)
    return (Words(said.text) if said.text else Unshown(_("A notice"), said.names.words(said.kind)),)


def _gathered(said: Said, reactions: Iterable[Message]) -> Iterator[Reaction]:
    """The latest reaction of each person, by emoji; a reaction without one was taken back."""
    latest: dict[object, Message] = {}
    for one in sorted(reactions, key=lambda one: (one.sort_at, one.pk)):
        latest[one.contact_id if one.direction == Direction.IN else "us"] = one
    names: dict[str, list[str]] = {}
    for one in latest.values():
        if one.text:
            us = one.direction == Direction.OUT
            name = _("You") if us else said.names.contact(one.contact) if one.contact else "?"
            names.setdefault(said.names.start(one.text, 32), []).append(name)
    for emoji, people in names.items():
        yield Reaction(emoji, ", ".join(people), str(len(people)) if len(people) > 1 else "")


def _tick(message: Message) -> Tick | None:
    word = message.status
    if not word:
        return None
    return Tick(word, ICONS.get(word, "question"), str(message.get_status_display()))


def _trouble(said: Said) -> Trouble | None:
    message = said.message
    words = {
        str(MessageStatus.FAILED): said.names.words(message.error_title) or _("It failed"),
        str(MessageStatus.UNKNOWN): _("Nobody knows whether it arrived"),
        str(MessageStatus.WITHHELD): said.names.words(message.error_title) or _("Held back"),
        str(MessageStatus.CANCELLED): _("Cancelled, never sent"),
    }
    if message.status not in words:
        return None
    retried_as = getattr(message, "retried_as", None)
    ours = message.source == MessageSource.SEND
    return Trouble(
        words=words[message.status],
        code="" if message.error_code is None else str(message.error_code),
        details=said.names.start(message.error_details, 1000),
        may_check=ours and message.status == MessageStatus.UNKNOWN,
        may_send_again=ours and message.status in AGAIN and retried_as is None,
        retried_as=retried_as,
    )
