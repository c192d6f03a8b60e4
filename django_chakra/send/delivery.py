"""Whether a message may leave this machine: ``DELIVERY`` and ``ONLY_TO``."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

from .. import conf
from ..client.payloads.recipients import is_bsuid, phone
from ..events.ids import match_key, only_digits
from ..exceptions import ValidationFailed
from ..models import Conversation, Message


def withheld(message: Message) -> str:
    """Why it must not leave, in words; "" when it may."""
    if (delivery := conf.delivery()) != "live":
        if delivery == "console":
            _print(message)
        return f"DELIVERY is {delivery!r}"
    only_to = conf.current().only_to
    if only_to is not None and not _allowed(message, only_to):
        return "The recipient is not in ONLY_TO"
    return ""


def _allowed(message: Message, only_to: object) -> bool:
    # What is no list allows nobody: a check says so.
    listed = only_to if isinstance(only_to, list | tuple | set | frozenset) else ()
    allowed = {_spelled(str(one)) for one in listed}
    body = message.payload
    if named := [str(body[key]) for key in ("to", "recipient") if body.get(key)]:
        return all(_spelled(name) in allowed for name in named)
    # A receipt names nobody: it goes to whoever wrote.
    return any(_spelled(name) in allowed for name in _names(message.conversation))


def _names(conversation: Conversation) -> list[str]:
    """All names of whoever it is with."""
    if conversation.contact is None:
        return [conversation.group_id or ""]
    return list(conversation.contact.identities.values_list("value", flat=True))


def _spelled(name: str) -> str:
    """One spelling for all spellings of a number; ids as they are."""
    if is_bsuid(name):
        return name
    try:
        return match_key(phone(name))
    except ValidationFailed:
        return match_key(only_digits(name)) if name.isdigit() else name


def _print(message: Message) -> None:
    """As Django's console e-mail backend does: for people who look at the terminal."""
    # ASCII, and of that no control character: a text can't move the cursor.
    body = json.dumps(message.payload, indent=2).replace("\x7f", "\\u007f")
    shown = f"WhatsApp message {message.pk}, not sent (DELIVERY is 'console'):\n{body}\n"
    # Where nobody can read it (a daemon's closed terminal), it is withheld all the same.
    with suppress(AttributeError, OSError, ValueError):
        sys.stdout.write(shown)
        sys.stdout.flush()
