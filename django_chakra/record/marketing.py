"""Whether a contact wants marketing, as far as it is said by a word or by the platform's refusal.

What they chose in WhatsApp itself comes as an event of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, Subquery

from .. import conf
from ..events import MessageEvent
from ..exceptions import Cause, cause_of
from ..models import Contact, Conversation, DeliveryStatus, Message, MessageRole, MessageStatus

#: Characters; nobody writes more around a word that stands alone.
LONGEST = 100


def stops(event: MessageEvent) -> bool | None:
    """Whether a customer's text stops marketing (True) or starts it again (False); else None.

    A text that is one of ``STOP_WORDS`` or ``START_WORDS`` and nothing else, in any case and with
    any punctuation, blanks and pictures around it. In a group it is said to all the others.
    """
    is_text = event.message_type == "text" and event.role == MessageRole.BUBBLE
    if event.is_ours or event.group_id or not is_text or len(event.text) > LONGEST:
        return None
    settings, said = conf.current(), bare(event.text)
    if _is_among(said, settings.stop_words):
        return True
    return False if _is_among(said, settings.start_words) else None


def _is_among(said: str, words: object) -> bool:
    """A setting that is no list must not keep messages from being recorded: a check says so."""
    listed = words if isinstance(words, list | tuple | set | frozenset) else ()
    return bool(said) and any(isinstance(one, str) and bare(one) == said for one in listed)


def bare(text: str) -> str:
    """A text in one case and composition, without what is no letter or digit around it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    inner = [place for place, character in enumerate(folded) if not _is_around(character)]
    return folded[inner[0] : inner[-1] + 1] if inner else ""


def _is_around(character: str) -> bool:
    """Punctuation, symbols, blanks, marks of direction, and what makes a symbol a picture."""
    return unicodedata.category(character)[0] in "PSZC" or "\ufe00" <= character <= "\ufe0f"


def refused(told: Iterable[tuple[Message, DeliveryStatus]]) -> None:
    """The platform failed these messages since their recipients want no marketing: keep that.

    As of the time when a message was written, which no copy of a status changes. One conditional
    update each: a later word of theirs stays, whoever records it when.
    """
    words: dict[int, datetime] = {}
    for message, row in told:
        is_failed = row.status == MessageStatus.FAILED
        if is_failed and cause_of(row.error_code) is Cause.OPTED_OUT:
            known = words.get(message.conversation_id, message.sort_at)
            words[message.conversation_id] = max(known, message.sort_at)
    for conversation, at in sorted(words.items()):
        contact = Conversation.objects.filter(pk=conversation).values("contact")[:1]
        earlier = Q(marketing_at__isnull=True) | Q(marketing_at__lt=at)
        rows = Contact.objects.filter(earlier, pk=Subquery(contact))
        rows.update(marketing_stopped_at=at, marketing_at=at)
