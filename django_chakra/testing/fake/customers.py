"""Customers who write to us, and staff who write on the phone or in Chakra's inbox.

Each function changes the fake's state and gives the :class:`.Fact` to tell the site:

```python
fake.events.tell(customers.text(fake, "5511988887777", "Hi"))
fake.post_due(post)
```
"""

from __future__ import annotations

import hashlib
import mimetypes
from typing import TYPE_CHECKING, Any

from .. import calls, samples
from . import statuses
from .buttons import clicked
from .facts import FORMATS, Fact
from .state import Media, Message
from .taking import keep

if TYPE_CHECKING:
    from . import FakeChakra

MIME_TYPES = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg",
    "document": "application/pdf",
    "sticker": "image/webp",
}
#: Samples of files, of these types.
FILES = {
    "image": "picture.jpg",
    "video": "clip.mp4",
    "audio": "note.ogg",
    "document": "paper.pdf",
    "sticker": "sticker.webp",
}
#: As Meta names a file in its webhooks; the token of Chakra's API is of no use there.
LOOKASIDE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={id}&source=webhook"


def text(fake: FakeChakra, customer: str, body: str, *, name: str = "", reply_to: str = "") -> Fact:
    """A customer writes; ``reply_to`` is the wamid of the message that is answered."""
    return wrote(fake, customer, "text", {"body": body}, name=name, reply_to=reply_to)


def reply(fake: FakeChakra, customer: str, body: str, *, name: str = "") -> Fact:
    """A customer writes, and quotes our last message.

    Raises:
        LookupError: there is none.
    """
    quoted = last(fake, customer, "OUTBOUND").wamid
    return text(fake, customer, body, name=name, reply_to=quoted)


def media(
    fake: FakeChakra,
    customer: str,
    kind: str = "image",
    *,
    content: bytes | None = None,
    mime_type: str = "",
    filename: str = "",
    caption: str = "",
    name: str = "",
    has_url: bool = False,
) -> Fact:
    """A customer sends a file, which the fake then has. The event has its id.

    Args:
        kind: one of ``MIME_TYPES``.
        content: its bytes; by default a small real file of this kind.
        has_url: whether the event has a URL of Meta's too.
    """
    content = samples.file(FILES[kind]) if content is None else content
    mime_type = mime_type or MIME_TYPES[kind]
    if kind == "document" and not filename:
        filename = f"file{mimetypes.guess_extension(mime_type) or ''}"
    with fake.lock:
        id = fake.ids.digits("9")
        fake.state.media[id] = Media(id, content, mime_type, filename)
    item = {"id": id, "mime_type": mime_type, "sha256": hashlib.sha256(content).hexdigest()}
    url = LOOKASIDE.format(id=id) if has_url else ""
    more = {"caption": caption, "filename": filename, "url": url}
    item |= {key: value for key, value in more.items() if value}
    return wrote(fake, customer, kind, item, name=name)


def click(fake: FakeChakra, customer: str, which: int | str = 1, *, name: str = "") -> Fact:
    """A customer clicks a button, or picks a row, of our last message that has any.

    Args:
        which: its place from 1, or what stands on it.

    Raises:
        LookupError: no message to this customer has it.
    """
    with fake.lock:
        kind, content, of = clicked(fake, customer, which)
    return wrote(fake, customer, kind, content, name=name, reply_to=of.wamid)


def react(fake: FakeChakra, customer: str, emoji: str, *, name: str = "") -> Fact:
    """A customer reacts to our last message; "" takes the reaction back.

    Raises:
        LookupError: there is none.
    """
    target = last(fake, customer, "OUTBOUND")
    content = {"message_id": target.wamid, "emoji": emoji}
    fact = _told(fake, customer, "reaction", content, name=name)
    with fake.lock:
        # That lists have reactions is a guess; of edits and revokes they show nothing.
        fake.state.reactions[fact.id] = Message(
            wamid=fact.id,
            chakra_id=fake.ids.uuid(),
            phone_number_id=target.phone_number_id,
            to=customer,
            direction="INBOUND",
            kind="reaction",
            body=content,
            text=None,
            accepted_at=fake.clock.now(),
            chat_id=target.chat_id,
            status="",
        )
    return fact


def edit(fake: FakeChakra, customer: str, body: str, *, name: str = "") -> Fact:
    """A customer changes their last text.

    Raises:
        LookupError: there is none.
    """
    target = last(fake, customer, "INBOUND", "text")
    with fake.lock:
        target.text, target.body = body, {"body": body}
    changed = {"context": {"id": "M0"}, "type": "text", "text": {"body": body}}
    content = {"original_message_id": target.wamid, "message": changed}
    return _told(fake, customer, "edit", content, name=name)


def revoke(fake: FakeChakra, customer: str, *, name: str = "") -> Fact:
    """A customer takes their last message back.

    Raises:
        LookupError: there is none.
    """
    target = last(fake, customer, "INBOUND")
    content = {"original_message_id": target.wamid}
    return _told(fake, customer, "revoke", content, name=name)


def echo(fake: FakeChakra, customer: str, body: str, *, by_phone: bool = True) -> Fact:
    """Somebody of ours writes to a customer: on the phone (coexistence), or in Chakra's inbox."""
    with fake.lock:
        message = keep(
            fake,
            customer=customer,
            kind="text",
            body={"body": body},
            at=fake.clock.now(),
            phone_number_id=fake.phone_number_id,
            status="SENT",
        )
    return statuses.echo(fake.events, message, by_phone=by_phone)


def wrote(
    fake: FakeChakra,
    customer: str,
    kind: str,
    content: dict[str, Any],
    *,
    name: str = "",
    reply_to: str = "",
) -> Fact:
    """A customer sends a message of any kind; ``content`` is what Meta has under it."""
    message = fake.hear(customer, kind, content, name=name, reply_to=reply_to)
    return _fact(fake, _item(message.wamid, customer, kind, content, message.accepted_at), message)


def last(fake: FakeChakra, customer: str, direction: str, kind: str = "") -> Message:
    """The last message with a customer.

    Raises:
        LookupError: there is none.
    """
    with fake.lock:
        for message in reversed(fake.state.messages.values()):
            is_kind = kind in ("", message.kind)
            if is_kind and (message.to, message.direction) == (customer, direction):
                return message
    raise LookupError(f"There is no {direction.lower()} message with {customer}")


def _told(
    fake: FakeChakra, customer: str, kind: str, content: dict[str, Any], *, name: str
) -> Fact:
    """What is about another message, and none of the chat."""
    now = fake.clock.now()
    with fake.lock:
        fake.state.open_window(customer, phone_number_id=fake.phone_number_id, at=now)
    return _fact(fake, _item(fake.next_wamid(), customer, kind, content, now), None, name)


def _item(wamid: str, customer: str, kind: str, content: Any, at: float) -> dict[str, Any]:
    """A message as Meta writes it."""
    sender = "from" if customer.isdigit() else "from_user_id"
    item = {sender: customer, "id": wamid, "timestamp": str(int(at)), "type": kind}
    return {**item, kind: content}


def _fact(fake: FakeChakra, item: dict[str, Any], message: Message | None, name: str = "") -> Fact:
    if message is not None:
        name = fake.state.chats[message.chat_id].name
        if message.reply_to:
            item["context"] = {"from": calls.DISPLAY_NUMBER, "id": message.reply_to}
    documents = {
        format: calls.message_call(
            format,
            item,
            name=name,
            waba_id=fake.waba_id,
            phone_number_id=message.phone_number_id if message else fake.phone_number_id,
            chakra_id=message.chakra_id if message else "",
        )
        for format in FORMATS
    }
    return Fact(f"message.{item['type']}", item["id"], documents)
