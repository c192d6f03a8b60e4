"""Messages come into chats: those that the fake takes, and those that customers write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .handling import milliseconds
from .replies import sample
from .state import Chat, Message

if TYPE_CHECKING:
    from . import FakeChakra


def keep(
    fake: FakeChakra,
    *,
    customer: str,
    kind: str,
    body: Any,
    at: float,
    phone_number_id: str,
    direction: str = "OUTBOUND",
    wamid: str = "",
    name: str = "",
    **fields: Any,
) -> Message:
    """Write a message into the chat of that number and customer; the fake's lock is held."""
    chat = chat_of(fake, phone_number_id, customer, at, name)
    fields.setdefault("status", "ACCEPTED" if direction == "OUTBOUND" else "")
    fields.setdefault("text", words(kind, body))
    message = Message(
        wamid=wamid or fake.ids.wamid(),
        chakra_id=fake.ids.uuid(),
        phone_number_id=phone_number_id,
        to=customer,
        direction=direction,
        kind=kind,
        body=body,
        accepted_at=at,
        chat_id=chat.id,
        **fields,
    )
    fake.state.messages[message.wamid] = message
    return message


def chat_of(
    fake: FakeChakra, phone_number_id: str, customer: str, at: float, name: str = ""
) -> Chat:
    """The chat of a number with a customer, made when there is none."""
    id = fake.ids.chat(phone_number_id, customer)
    chat = fake.state.chats.setdefault(id, Chat(id, phone_number_id, customer, created_at=at))
    chat.name = name or chat.name
    return chat


def words(kind: str, body: Any) -> str | None:
    """What a person reads of a message."""
    if not isinstance(body, dict):
        return None
    said = body.get("body") if kind == "text" else body.get("caption") or body.get("text")
    return said if isinstance(said, str) else None


def shown(fake: FakeChakra, message: Message) -> dict[str, Any]:
    """A message as Chakra's lists have it, as far as anybody knows: like the answer to a send.

    That a status moves ``updatedAt`` is inferred, and that ``inReplyTo`` is a wamid is a guess.
    ``attachments`` stays null: nobody has seen its form. Our number is named only where
    ``fake.lists_numbers`` says so, under a key that is plausible and no more.
    """
    at = milliseconds(message.accepted_at)
    document: dict[str, Any] = sample("template_messages.send")["_data"]
    context = {"contactIdentifier": message.to}
    if message.template_id:
        context["messageTemplateId"] = message.template_id
    if fake.lists_numbers:
        context["whatsappPhoneNumberId"] = message.phone_number_id
    document |= {
        "id": message.chakra_id,
        "createdAt": at,
        "updatedAt": max(at, milliseconds(message.updated_at)),
        "externalId": message.wamid,
        "dataType": message.kind,
        "body": message.body,
        "text": message.text,
        "deliveryStatus": message.status or None,
        "direction": message.direction,
        "timestamp": at,
        "context": context,
        "chat": message.chat_id,
        "plugin": fake.plugin_id,
        "process": message.process_id or None,
        "inReplyTo": message.reply_to or None,
    }
    return document
