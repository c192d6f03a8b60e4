"""Tell receivers of ``event_received`` every fact of a stored call."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import router

from ..events import Event
from ..models import WebhookCall
from ..models.contention import patiently
from ..models.fields import DatabaseNow
from ..signals import event_received
from .failures import Failed, write_down


def has_receivers(events: Sequence[Event]) -> bool:
    """Whether anybody wants to hear of these facts."""
    return any(event_received.named_receivers(type(event)) for event in events)


def facts(call: WebhookCall, events: Sequence[Event]) -> None:
    """Tell all facts of a processed call in their order, then stamp it."""
    failed = [
        Failed(event_received.name, receiver, error, call, index)
        for index, event in enumerate(events)
        for receiver, error in event_received.tell(
            type(event), event=event, call=call, account=call.account
        )
        if error is not None
    ]

    def stamp() -> None:
        if failed:
            write_down(failed)
        WebhookCall.objects.filter(pk=call.pk).update(
            announced_at=DatabaseNow(), announce_at=None, claimed_until=None, claimed_by=""
        )

    patiently(stamp, using=router.db_for_write(WebhookCall))
