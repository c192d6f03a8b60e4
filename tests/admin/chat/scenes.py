"""Conversations to look at: every kind of message, both ways, as the platform posts them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_chakra.models import Conversation, MediaFile, Message, MessageTemplate
from django_chakra.storage import PrivateStorage
from django_chakra.testing import calls, samples
from tests.posting import ANA, process_all, stored

#: Until when all that is heard here was said.
NOW = int(time.time()) - 60

FLOW = '{"flow_token":"t","date":"2026-12-24","guests":2,"vegan":true}'
PARTS: dict[str, Any] = {
    "text": {"body": "Good morning! Is the blue bicycle still there?"},
    "image": {"id": "1", "mime_type": "image/png", "caption": "The one in this picture"},
    "video": {"id": "2", "mime_type": "video/mp4", "caption": "How it rides"},
    "audio": {"id": "3", "mime_type": "audio/ogg; codecs=opus", "voice": True},
    "voice": {"id": "4", "mime_type": "audio/ogg"},
    "document": {"id": "5", "mime_type": "application/pdf", "filename": "invoice 7.pdf"},
    "sticker": {"id": "6", "mime_type": "image/webp"},
    "location": {
        "latitude": 52.5163, "longitude": 13.3777, "name": "Gate", "address": "Pariser Platz 1",
    },
    "contacts": [
        {
            "name": {"formatted_name": "Bruno Lima"},
            "phones": [{"phone": "+55 11 97777-6666", "wa_id": "5511977776666"}],
            "emails": [{"email": "bruno@example.com"}],
            "org": {"company": "Bicycles & Sons"},
        }
    ],
    "order": {
        "catalog_id": "7",
        "text": "for tomorrow, please",
        "product_items": [
            {"product_retailer_id": "bell-1", "quantity": 2, "item_price": 12.5, "currency": "EUR"},
            {"product_retailer_id": "lock-9", "quantity": 1, "item_price": 7, "currency": "EUR"},
        ],
    },
    "interactive": {
        "type": "list_reply",
        "list_reply": {"id": "a", "title": "Afternoon", "description": "From two to six"},
    },
    "button": {"text": "Yes, please", "payload": "yes"},
    "unsupported": {"type": "poll_creation"},
    "hologram": {"depth": 3},
}  # fmt: skip
CHOICES: dict[str, Any] = {
    "button_reply": {"id": "y", "title": "Call me back"},
    "nfm_reply": {"name": "flow", "body": "Sent", "response_json": FLOW},
    "call_permission_reply": {"response": "accept"},
}
REFERRAL = {
    "source_type": "ad", "source_url": "https://ads.example.com/1", "source_id": "12",
    "headline": "Ten per cent off", "body": "Write to us",
}  # fmt: skip
FILES = {
    "image": ("picture.png", "image/png"),
    "video": ("clip.mp4", "video/mp4"),
    "audio": ("note.ogg", "audio/ogg"),
    "voice": ("note.ogg", "audio/ogg"),
    "document": ("paper.pdf", "application/pdf"),
    "sticker": ("sticker.webp", "image/webp"),
    "header": ("picture.png", "image/png"),
}


def hear(
    kind: str = "text",
    part: Any = None,
    *,
    at: int = NOW,
    external_id: str = "",
    sender: str = ANA,
    name: str = "Ana Souza",
    **more: Any,
) -> Message:
    """A message of a customer's, posted and processed."""
    external_id = external_id or f"wamid.{kind}.{sender}.{at}"
    part = PARTS.get(kind) if part is None else part
    item = {"from": sender, "id": external_id, "timestamp": str(at), "type": kind, kind: part}
    profile = {"profile": {"name": name}, "wa_id": sender}
    stored(calls.item_call({**item, **more}, contacts=[profile]))
    process_all()
    return Message.objects.get(external_id=external_id)


def echo(
    kind: str = "text",
    part: Any = None,
    *,
    at: int = NOW,
    external_id: str = "",
    to: str = ANA,
    phone: bool = True,
    **more: Any,
) -> Message:
    """What one of us wrote on the phone, or in Chakra's inbox."""
    external_id = external_id or f"wamid.ours.{kind}.{at}"
    part = PARTS.get(kind) if part is None else part
    item = {
        "from": calls.DISPLAY_NUMBER, "to": to, "id": external_id, "timestamp": str(at),
        "type": kind, kind: part,
    }  # fmt: skip
    field = "smb_message_echoes" if phone else "message_echoes"
    stored(calls.item_call({**item, **more}, field=field, key="message_echoes"))
    process_all()
    return Message.objects.get(external_id=external_id)


def ours(
    conversation: Conversation,
    text: str = "Yes, it is. Come and see it!",
    *,
    kind: str = "text",
    payload: Any = None,
    at: int = NOW,
    **columns: Any,
) -> Message:
    """What was sent from here, with whatever became of it."""
    row = Message(
        account=conversation.account,
        conversation=conversation,
        direction="out",
        kind=kind,
        source="send",
        text=text,
        payload=payload or {"type": kind, kind: {"body": text}},
        **{"status": "read", **columns},
    )
    row.sort_at = row.received_at = moment(at)
    row.save()
    latest = conversation.messages.filter(role="bubble").order_by("-sort_at", "-pk")[0]
    Conversation.objects.filter(pk=conversation.pk).update(
        last_message=latest, last_at=latest.sort_at, version=F("version") + 1
    )
    return row


def moment(at: int) -> datetime:
    """A Unix time as the tables have it."""
    return datetime.fromtimestamp(at, UTC)


def keep(message: Message, slot: str = "", **columns: Any) -> MediaFile:
    """Give a message its file, as if it had been downloaded."""
    name, mime_type = FILES[slot or message.kind]
    content = samples.file(name)
    filename = columns.pop("filename", "")
    row, _new = MediaFile.objects.update_or_create(
        message=message,
        slot=slot or message.kind,
        defaults={
            "account": message.account,
            "mime_type": mime_type,
            "filename": filename or name,
            "size": len(content),
            "file": PrivateStorage().save("received/x", ContentFile(content)),
            "state": "kept",
            **columns,
        },
    )
    return row


def template_row() -> MessageTemplate:
    """A template with all that one may have."""
    return MessageTemplate.objects.create(
        account="default",
        external_id="77",
        name="pick_up",
        language="en",
        status="APPROVED",
        components=[
            {"type": "HEADER", "format": "TEXT", "text": "Ready for you"},
            {"type": "BODY", "text": "Hello {{1}}, your {{2}} can be picked up."},
            {"type": "FOOTER", "text": "Bicycles & Sons"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "I am coming"},
                {"type": "URL", "text": "Our address", "url": "https://example.com/where"},
            ]},
        ],
    )  # fmt: skip


def template_part(*values: str) -> dict[str, Any]:
    """A message of that template."""
    parameters = [{"type": "text", "text": value} for value in values]
    return {
        "name": "pick_up",
        "language": {"code": "en"},
        "components": [{"type": "body", "parameters": parameters}],
    }


def counted(client: Client, url: str, *, status: int = 200) -> list[str]:
    """The statements of a page but for session, user and the request's transaction."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == status
    found = [query["sql"].replace("`", '"') for query in captured.captured_queries]
    others = ('FROM "django_session"', 'FROM "auth_user"', "SAVEPOINT")
    return [sql for sql in found if not any(one in sql for one in others)]


def thread_url(conversation: Conversation, query: str = "") -> str:
    return reverse("admin:django_chakra_conversation_change", args=[conversation.pk]) + query


def url_of(page: str, *args: Any) -> str:
    return reverse(f"admin:django_chakra_conversation_{page}", args=args)


def every_kind() -> Conversation:
    """Ana's conversation, with everything that may stand in one."""
    day = 24 * 3600
    at = iter(range(NOW - day - 3600, NOW, 30))
    hear("request_welcome", {}, at=next(at))
    first = hear(at=next(at), external_id="wamid.first", referral=REFERRAL)
    conversation = first.conversation
    rosa = User.objects.create_user("rosa", first_name="Rosa", last_name="Prado", is_staff=True)
    ours(conversation, at=next(at), author=rosa, reply_to=first)
    hear("reaction", {"message_id": "wamid.first", "emoji": "👍"}, at=next(at), external_id="r1")
    for kind in PARTS:
        if kind != "text":
            row = hear(kind, at=next(at))
            if kind in FILES:
                keep(row, filename=PARTS[kind].get("filename", ""))
    for word, reply in CHOICES.items():
        hear("interactive", {"type": word, word: reply}, at=next(at))
    hear("media_placeholder", {}, at=next(at))
    hear("text", {"body": "😀👍"}, at=next(at))
    hear("text", {"body": "हिन्दी में भी? مرحبا، كيف الحال؟ " + "long" * 40}, at=next(at))
    hear("system", {"body": "Ana changed her number", "type": "user_changed_number"}, at=next(at))
    template_row()
    letter = template_part("Ana", "blue bicycle")
    ours(conversation, "pick_up", kind="template", at=next(at),
         payload={"type": "template", "template": letter}, status="delivered")  # fmt: skip
    buttons = {
        "type": "button",
        "header": {"type": "text", "text": "When?"},
        "body": {"text": "When would you like to come?"},
        "footer": {"text": "We are open until six"},
        "action": {"buttons": [
            {"type": "reply", "reply": {"id": str(n), "title": word}}
            for n, word in enumerate(("Today", "Tomorrow"))
        ]},
    }  # fmt: skip
    echo("interactive", buttons, at=next(at), phone=False)
    echo("text", {"body": "Rosa here, from the shop's phone"}, at=next(at))
    edited = hear("text", {"body": "I payed"}, at=next(at), external_id="wamid.edited")
    hear("edit", {"original_message_id": edited.external_id,
                  "message": {"type": "text", "text": {"body": "I paid on Monday"}}},
         at=next(at))  # fmt: skip
    deleted = hear("text", {"body": "Wrong chat, sorry"}, at=next(at), external_id="wamid.deleted")
    hear("revoke", {"original_message_id": deleted.external_id}, at=next(at))
    for status in ("queued", "accepted", "sent", "unknown", "withheld", "cancelled"):
        ours(conversation, f"This one is {status}", at=next(at), status=status)
    ours(
        conversation,
        "Are you still there?",
        at=next(at),
        status="failed",
        error_code=131047,
        error_title="Re-engagement message",
        author=rosa,
        error_details="More than 24 hours have passed since the customer last replied",
    )
    hear("text", {"body": "See you this afternoon"}, at=NOW, context={"id": "wamid.first",
         "forwarded": True})  # fmt: skip
    Message.objects.filter(received_at__gt=Coalesce("occurred_at", "received_at")).update(
        received_at=F("sort_at")
    )
    return Conversation.objects.get(pk=conversation.pk)
