"""What a typical app would write: a task for each call, get_or_create for each row.

It stores the same facts in the same tables, tells the same signal, and lacks all that makes the
package slower: merging of copies, leases, order, receivers that are told again.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from django_chakra.models import (
    BusinessNumber,
    CallState,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    Direction,
    IdentityKind,
    Message,
    MessageSource,
    MessageStatus,
    WebhookCall,
)
from django_chakra.signals import message_received


def drain() -> None:
    """Process all waiting calls, one after the other."""
    waiting = WebhookCall.objects.filter(state=CallState.RECEIVED).order_by("pk")
    for pk in list(waiting.values_list("pk", flat=True)):
        process(pk)


def process(pk: int) -> None:
    """One call in one transaction; receivers hear after it."""
    new: list[Message] = []
    with transaction.atomic():
        call = WebhookCall.objects.select_for_update().get(pk=pk)
        for kind, fact in _facts(json.loads(bytes(call.body))):
            call.kind = kind
            if kind == "status":
                _status(call, fact)
            elif message := _message(call, fact):
                new.append(message)
        call.state, call.processed_at = CallState.PROCESSED, timezone.now()
        call.save()
    for message in new:
        message_received.send(sender=Message, message=message)
        message.announced_at = timezone.now()
        message.save()


def _facts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Messages and statuses of both formats in one shape: the item with what stands around it."""
    if "event" in document:
        payload = document["payload"]
        around = {"waba": payload["wabaId"], "number": payload["phoneNumberId"], "display": ""}
        if document["event"] == "message":
            item = payload["message"]
            item |= {"chakra_id": payload["messageId"], "contacts": payload["contacts"]}
            yield "message.text", item | around
        else:
            names = {
                "id": payload["externalId"],
                "chakra_id": payload["id"],
                "status": payload["deliveryStatus"].lower(),
                "timestamp": payload["timestamp"] // 1000,
                "recipient_id": payload["recipientId"],
                "item": payload,
            }
            yield "status", names | around
        return
    for entry in document["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            around = {
                "waba": entry["id"],
                "number": value["metadata"]["phone_number_id"],
                "display": value["metadata"]["display_phone_number"],
            }
            for item in value.get("messages", []):
                yield "message.text", item | around | {"contacts": value["contacts"]}
            for item in value.get("statuses", []):
                yield "status", {**item, "item": item} | around


def _number(call: WebhookCall, fact: dict[str, Any]) -> BusinessNumber:
    number, _ = BusinessNumber.objects.get_or_create(
        account=call.account,
        key=fact["number"],
        defaults={
            "phone_number_id": fact["number"],
            "waba_id": fact["waba"],
            "display_number": fact["display"],
        },
    )
    return number


def _contact(call: WebhookCall, fact: dict[str, Any], at: datetime) -> Contact:
    identity = (
        ContactIdentity.objects.select_related("contact")
        .filter(account=call.account, kind=IdentityKind.PHONE, value=fact["from"])
        .first()
    )
    if identity is None:
        contact = Contact.objects.create(account=call.account)
        identity = ContactIdentity.objects.create(
            account=call.account,
            contact=contact,
            kind=IdentityKind.PHONE,
            value=fact["from"],
            match_key=fact["from"],
        )
    contact, name = identity.contact, fact["contacts"][0]["profile"]["name"]
    if contact.name_at is None or at > contact.name_at:
        contact.name, contact.name_at = name, at
        contact.save()
    return contact


def _message(call: WebhookCall, fact: dict[str, Any]) -> Message | None:
    """Record a text; the message when it is new."""
    at = datetime.fromtimestamp(int(fact["timestamp"]), UTC)
    number, contact = _number(call, fact), _contact(call, fact, at)
    conversation, _ = Conversation.objects.get_or_create(
        account=call.account, number=number, contact=contact
    )
    message, is_new = Message.objects.get_or_create(
        account=call.account,
        external_id=fact["id"],
        defaults={
            "chakra_id": fact.get("chakra_id", ""),
            "conversation": conversation,
            "contact": contact,
            "call": call,
            "direction": Direction.IN,
            "kind": fact["type"],
            "source": MessageSource.WEBHOOK,
            "text": fact["text"]["body"],
            "payload": fact,
            "occurred_at": at,
            "sort_at": at,
            "received_at": call.received_at,
        },
    )
    if not is_new:
        return None
    conversation.unread_count += 1
    if conversation.last_at is None or at >= conversation.last_at:
        conversation.last_message = message
        conversation.last_at = conversation.last_inbound_at = at
    conversation.version += 1
    conversation.changed_at = timezone.now()
    conversation.save()
    return message


def _status(call: WebhookCall, fact: dict[str, Any]) -> None:
    """Record a delivery status, and what it says on its message."""
    at = datetime.fromtimestamp(int(fact["timestamp"]), UTC)
    key = hashlib.sha256(f"{fact['id']}|{fact['status']}".encode()).hexdigest()
    message = Message.objects.filter(account=call.account, external_id=fact["id"]).first()
    _, is_new = DeliveryStatus.objects.get_or_create(
        account=call.account,
        key=key,
        defaults={
            "external_id": fact["id"],
            "chakra_id": fact.get("chakra_id", ""),
            "message": message,
            "status": fact["status"],
            "recipient": fact["recipient_id"],
            "payload": fact["item"],
            "occurred_at": at,
            "received_at": call.received_at,
            "call": call,
            "announced_at": timezone.now(),
        },
    )
    if message is not None and is_new:
        if MessageStatus.rank(fact["status"]) > MessageStatus.rank(message.status):
            message.status = fact["status"]
        setattr(message, f"{fact['status']}_at", at)
        message.save()
