"""Rows for tests to begin with: contacts, conversations and messages that nobody is told of.

Messages come in through the package's own recording, so what belongs to them is as it would be.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import router, transaction
from django.utils import timezone

from .. import events, record
from ..events.ids import match_key
from ..models import (
    BusinessNumber,
    CallState,
    Contact,
    ContactIdentity,
    Conversation,
    Message,
    WebhookCall,
)
from . import calls
from .fake import FakeChakra


class Rows:
    """Makes them for one account after another.

    Args:
        fake: whose clock gives the times, and which knows of customers' messages too.
    """

    def __init__(self, fake: FakeChakra) -> None:
        self._fake = fake
        self._count = itertools.count(1)

    def contact(
        self,
        *,
        name: str = "Ana",
        phone: str | None = None,
        user_id: str = "",
        account: str = "default",
        **columns: Any,
    ) -> Contact:
        """A new contact.

        Args:
            name: of the profile.
            phone: digits; by default other ones each time, "" for a contact without.
            user_id: business-scoped user id.
            account: alias.
            columns: further columns of ``Contact``.
        """
        if phone is None:
            phone = f"5511988{next(self._count):06}"
        row = Contact.objects.create(account=account, name=name, **columns)
        for kind, value in (("phone", phone), ("user_id", user_id)):
            if value:
                key = match_key(value) if kind == "phone" else value
                ContactIdentity.objects.create(
                    account=account, contact=row, kind=kind, value=value, match_key=key
                )
        return row

    def conversation(
        self, *, contact: Contact | None = None, account: str = "default", **columns: Any
    ) -> Conversation:
        """The conversation of the account's number with a contact; made when there is none.

        Args:
            contact: by default a new one; its account counts then.
            account: alias.
            columns: further columns of ``Conversation``, of a new one.
        """
        contact = contact or self.contact(account=account)
        number, _ = BusinessNumber.objects.get_or_create(
            account=contact.account,
            key=self._fake.phone_number_id,
            defaults={
                "phone_number_id": self._fake.phone_number_id,
                "waba_id": self._fake.waba_id,
                "display_number": calls.DISPLAY_NUMBER,
            },
        )
        row, _ = Conversation.objects.get_or_create(
            account=contact.account, number=number, contact=contact, defaults=columns
        )
        return row

    def message(
        self,
        content: str | Mapping[str, Any] = "hello",
        *,
        type: str = "text",
        conversation: Conversation | None = None,
        direction: str = "in",
        at: float | None = None,
        external_id: str = "",
        reply_to: str = "",
        account: str = "default",
    ) -> Message:
        """A message that was announced already.

        Args:
            content: what Meta's message has under its type; a str is a text's.
            type: "text", "image", …
            conversation: by default a new one, with a new contact.
            direction: "in" from the customer, "out" from us (written in Chakra's inbox).
            at: Unix time in seconds; by default the clock's.
            external_id: its wamid; by default a new one.
            reply_to: wamid of the message that it answers.
            account: alias, of a new conversation.

        Raises:
            ValueError: the conversation is a group's, or its contact has no identity.
        """
        conversation = conversation or self.conversation(account=account)
        external_id = external_id or f"wamid.{secrets.token_hex(12)}"
        at = self._fake.clock.now() if at is None else at
        contact = conversation.contact
        known = contact and contact.identities.order_by("kind").first()
        if not contact or not known:
            raise ValueError("A message needs a conversation with a contact that has an identity")
        item: dict[str, Any] = {"id": external_id, "timestamp": str(int(at)), "type": type}
        item[type] = {"body": content} if isinstance(content, str) else dict(content)
        if reply_to:
            item["context"] = {"id": reply_to}
        is_phone = known.kind == "phone"
        if direction == "in":
            item["from" if is_phone else "from_user_id"] = known.value
            self._open_window(known.value, at)
        else:
            item |= {"from": calls.DISPLAY_NUMBER, "to": known.value}
        self._record(conversation, item, contact, "wa_id" if is_phone else "user_id", known.value)
        return Message.objects.get(account=conversation.account, external_id=external_id)

    def _open_window(self, customer: str, at: float) -> None:
        with self._fake.lock:
            number = self._fake.phone_number_id
            self._fake.state.open_window(customer, phone_number_id=number, at=at)

    def _record(
        self,
        conversation: Conversation,
        item: dict[str, Any],
        contact: Contact,
        key: str,
        value: str,
    ) -> None:
        """As a worker does it, and as if it had told everybody."""
        number, is_ours = conversation.number, "to" in item
        profile = {"profile": {"name": contact.name}, key: value}
        document = calls.item_call(
            item,
            field="smb_message_echoes" if is_ours else "messages",
            key="message_echoes" if is_ours else "messages",
            contacts=[] if is_ours else [profile],
            waba_id=number.waba_id,
            phone_number_id=number.phone_number_id,
            display_number=number.display_number,
        )
        body = calls.body(document)
        call = WebhookCall.objects.create(
            account=conversation.account,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            received_at=timezone.now(),
            state=CallState.PROCESSED,
            processed_at=timezone.now(),
            announced_at=timezone.now(),
        )
        facts = [record.Fact(event, call, place) for place, event in enumerate(events.read(body))]
        with transaction.atomic(using=router.db_for_write(Message)):
            record.write(conversation.account, facts, now=timezone.now(), leased_by="rows")
        Message.objects.filter(call=call).update(announce_at=None, announced_at=timezone.now())
        Conversation.objects.filter(announcing_by="rows").update(
            announcing_by="", announcing_until=None
        )
