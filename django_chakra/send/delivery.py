"""Whether a message may leave this machine: ``DELIVERY`` and ``ONLY_TO``."""

from __future__ import annotations

import json
import sys

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


def _allowed(message: Message, only_to: tuple[str, ...]) -> bool:
    allowed = {_spelled(one) for one in only_to}
    return any(_spelled(name) in allowed for name in _names(message))


def _names(message: Message) -> list[str]:
    """To whom it goes. A receipt names nobody: then everybody in its conversation."""
    body = message.payload
    named = body.get("to") or body.get("recipient")
    if named:
        return [str(named)]
    conversation: Conversation = message.conversation
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
    body = json.dumps(message.payload, indent=2)  # ASCII: a text can't move the cursor
    sys.stdout.write(f"WhatsApp message {message.pk}, not sent (DELIVERY is 'console'):\n{body}\n")
    sys.stdout.flush()
