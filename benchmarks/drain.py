"""Ours beside the naive app: 5,000 stored calls, from the same rows to the same rows."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from django_chakra import process
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
from django_chakra.testing.calls import PHONE_NUMBER_ID, WABA_ID

from . import mix, naive


def ours() -> None:
    """What ``chakra_process`` does: until nothing is due."""
    while process.run():
        pass


def measure(count: int = mix.CALLS) -> tuple[float, float]:
    """Seconds of ours, before and after in the mean, and of naive in between.

    Raises:
        RuntimeError: one of them lost something, or they do not agree.
    """
    bodies = mix.bodies(count)
    before, facts = one(bodies, ours)
    slow, others = one(bodies, naive.drain)
    after, _ = one(bodies, ours)
    if differ := [name for name in facts if facts[name] != others[name]]:
        raise RuntimeError(f"Ours and naive do not agree about: {', '.join(differ)}")
    return mean((before, after)), slow


def one(bodies: list[bytes], work: Callable[[], None]) -> tuple[float, dict[str, Any]]:
    """Drain these calls once; the seconds, and what is stored then."""
    seed(bodies)
    heard: list[int] = []

    def receiver(*, message: Message, **rest: Any) -> None:
        heard.append(message.pk)

    message_received.connect(receiver)
    try:
        started = time.perf_counter()
        work()
        seconds = time.perf_counter() - started
    finally:
        message_received.disconnect(receiver)
    return seconds, {**stored(), "heard": len(heard)}


def stored() -> dict[str, Any]:
    """How many facts there are, and what became of our messages."""
    return {
        "waiting": WebhookCall.objects.exclude(state=CallState.PROCESSED).count(),
        "messages": Message.objects.count(),
        "statuses": DeliveryStatus.objects.exclude(message=None).count(),
        "contacts": ContactIdentity.objects.count(),
        "conversations": Conversation.objects.count(),
        "read": Message.objects.filter(status=MessageStatus.READ).count(),
        "unannounced": Message.objects.filter(announced_at=None).count(),
        "last": list(
            Conversation.objects.order_by("contact__identities__value").values_list(
                "last_message__external_id", "unread_count", "contact__name"
            )
        ),
    }


def seed(bodies: list[bytes]) -> None:
    """Empty tables; then the contacts with what we sent them, and the waiting calls."""
    call_command("flush", interactive=False, verbosity=0)
    at = datetime.fromtimestamp(mix.START, UTC) - timedelta(hours=1)
    number = BusinessNumber.objects.create(
        account="default", key=PHONE_NUMBER_ID, phone_number_id=PHONE_NUMBER_ID, waba_id=WABA_ID
    )
    known = range(mix.CONTACTS)
    contacts = Contact.objects.bulk_create([Contact(account="default") for _ in known])
    ContactIdentity.objects.bulk_create(
        ContactIdentity(
            account="default",
            contact=contact,
            kind=IdentityKind.PHONE,
            value=mix.phone(index),
            match_key=mix.phone(index),
        )
        for index, contact in enumerate(contacts)
    )
    conversations = Conversation.objects.bulk_create(
        Conversation(account="default", number=number, contact=contact, last_at=at)
        for contact in contacts
    )
    Message.objects.bulk_create(
        Message(
            account="default",
            external_id=external_id,
            conversation=conversations[contact],
            direction=Direction.OUT,
            kind="text",
            source=MessageSource.SEND,
            status=MessageStatus.ACCEPTED,
            occurred_at=at,
            sort_at=at,
            received_at=at,
            announced_at=at,
        )
        for external_id, contact in map(mix.outgoing, range(mix.SENT))
    )
    _store(bodies)
    if connection.vendor == "postgresql":
        # What a site that has run for a while knows of its tables.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _store(bodies: list[bytes]) -> None:
    now = timezone.now() - timedelta(minutes=1)
    WebhookCall.objects.bulk_create(
        WebhookCall(
            account="default",
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            received_at=now + timedelta(milliseconds=index),
            next_attempt_at=now + timedelta(milliseconds=index),
        )
        for index, body in enumerate(bodies)
    )
