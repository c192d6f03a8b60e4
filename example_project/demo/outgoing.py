"""Stands in for ``django_chakra.send``, which is not built yet.

It leaves the rows that sending will leave once the platform has taken a message. Nothing is sent.
"""

from datetime import UTC, datetime

from django.utils import timezone

from django_chakra import announce, process, record
from django_chakra.models import (
    Conversation,
    Direction,
    IdentityKind,
    Message,
    MessageSource,
    MessageStatus,
)
from django_chakra.testing.calls import PHONE_NUMBER_ID

from .story import Answer

ACCOUNT = "default"


def write_down(answer: Answer) -> Message | None:
    """Our answer as an accepted message; None when the customer has no conversation yet."""
    conversation = Conversation.objects.filter(
        account=ACCOUNT,
        number__key=PHONE_NUMBER_ID,
        contact__identities__kind=IdentityKind.PHONE,
        contact__identities__value=answer.customer.phone,
    ).first()
    if conversation is None:
        return None
    at = datetime.fromtimestamp(answer.at, UTC)
    message = Message.objects.create(
        account=ACCOUNT,
        external_id=answer.id,
        conversation=conversation,
        direction=Direction.OUT,
        source=MessageSource.SEND,
        kind="text",
        text=answer.text,
        payload={"to": answer.customer.phone, "type": "text", "text": {"body": answer.text}},
        status=MessageStatus.ACCEPTED,
        occurred_at=at,
        sort_at=at,
        received_at=timezone.now(),
    )
    _bring_in_what_came_first(message)
    return message


def _bring_in_what_came_first(message: Message) -> None:
    """Delivery statuses and replies that were here before the message itself."""
    by = process.worker_name()
    changed = record.link(ACCOUNT, [message.pk], now=timezone.now(), leased_by=by)
    announce.conversations(changed, by)
