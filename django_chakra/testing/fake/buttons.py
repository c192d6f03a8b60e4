"""What a customer can click in a message of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .state import Message

if TYPE_CHECKING:
    from . import FakeChakra

#: What is on it, the kind of the message that a click makes, and that message's content.
Button = tuple[str, str, dict[str, Any]]


def clicked(
    fake: FakeChakra, customer: str, which: int | str
) -> tuple[str, dict[str, Any], Message]:
    """Kind and content of the click, and the message it belongs to; the fake's lock is held.

    Raises:
        LookupError: no message to this customer has such a button.
    """
    for message in reversed(fake.state.messages.values()):
        if (message.to, message.direction) != (customer, "OUTBOUND"):
            continue
        for place, (words, kind, content) in enumerate(buttons(fake, message), 1):
            if which in (place, words):
                return kind, content, message
    raise LookupError(f"No message to {customer} has a button {which!r}")


def buttons(fake: FakeChakra, message: Message) -> list[Button]:
    """The buttons and rows of a message, in their order."""
    if message.template_id:
        return _of_template(fake, message)
    if message.kind != "interactive":
        return []
    action = message.body.get("action") or {}
    replies = [one.get("reply") or {} for one in action.get("buttons") or []]
    rows = [row for section in action.get("sections") or [] for row in section.get("rows") or []]
    found = [_reply("button_reply", one, ("id", "title")) for one in replies]
    return found + [_reply("list_reply", one, ("id", "title", "description")) for one in rows]


def _reply(kind: str, given: dict[str, Any], keys: tuple[str, ...]) -> Button:
    reply = {key: given[key] for key in keys if key in given}
    return str(given.get("title", "")), "interactive", {"type": kind, kind: reply}


def _of_template(fake: FakeChakra, message: Message) -> list[Button]:
    """Its quick replies; what the send gave as payload, else the words, comes back."""
    found: list[Button] = []
    payloads = _payloads(message.body)
    for component in fake.state.templates[message.template_id].components:
        for place, button in enumerate(component.get("buttons") or []):
            if button.get("type") == "QUICK_REPLY":
                words = str(button.get("text", ""))
                content = {"payload": payloads.get(str(place), words), "text": words}
                found.append((words, "button", content))
    return found


def _payloads(body: Any) -> dict[str, str]:
    """By the index of the button."""
    components = body.get("components") if isinstance(body, dict) else None
    return {
        str(one.get("index")): str(one["parameters"][0].get("payload", ""))
        for one in components or []
        if one.get("sub_type") == "quick_reply" and one.get("parameters")
    }
