"""What must be true once everything was taken up again, whatever happened before."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from django.db.models import Model

from django_chakra.models import (
    CallState,
    Conversation,
    DeliveryStatus,
    FailureState,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.models.fields import DatabaseNow

from .hearing import NAMES, Heard


def let_time_pass() -> None:
    """As if a day had gone by: claims and leases have run out, and what waits is due."""
    past = DatabaseNow() - timedelta(days=1)
    calls = WebhookCall.objects
    calls.filter(claimed_until__isnull=False).update(claimed_until=past)
    calls.filter(announce_at__isnull=False).update(announce_at=past)
    calls.filter(state=CallState.PROCESSING).update(next_attempt_at=past)
    calls.filter(state=CallState.RECEIVED).update(next_attempt_at=past)
    Conversation.objects.filter(announcing_until__isnull=False).update(announcing_until=past)
    Message.objects.filter(announce_at__isnull=False).update(announce_at=past)
    failures = ReceiverFailure.objects.filter(state=FailureState.WAITING)
    failures.update(next_attempt_at=past)


def assert_nothing_left() -> None:
    """Every call is processed and everything announced; no call is held, and no receiver failed."""
    assert not WebhookCall.objects.exclude(state=CallState.PROCESSED).exists()
    due: Iterable[type[Model]] = (WebhookCall, Message, DeliveryStatus)
    for model in due:
        assert not model._default_manager.filter(announce_at__isnull=False).exists(), model
    assert not WebhookCall.objects.filter(claimed_until__isnull=False).exists()
    assert not Message.objects.filter(announced_at=None).exists()
    linked = DeliveryStatus.objects.filter(message__isnull=False)
    assert not linked.filter(announced_at=None).exists()
    assert not ReceiverFailure.objects.exists()


def assert_nothing_held() -> None:
    """Whoever announced a conversation gave it back.

    Not so after a process was ended: the lease of the dead runs out by itself.
    """
    assert not Conversation.objects.filter(announcing_until__isnull=False).exists()


def assert_linked() -> None:
    """No delivery status stands alone whose message is there."""
    alone = DeliveryStatus.objects.filter(message=None).values("external_id")
    assert not Message.objects.filter(external_id__in=alone).exists()


def assert_heard(hearings: list[Heard], expected: list[str], *, at_most: int) -> None:
    """Each receiver heard of each of these between once and ``at_most`` times, first in order."""
    for receiver in NAMES:
        told = [one.about for one in hearings if one.receiver == receiver]
        first = list(dict.fromkeys(told))
        assert first == expected
        assert max((told.count(about) for about in expected), default=0) <= at_most


def assert_not_interleaved(hearings: list[Heard]) -> None:
    """Of one conversation, one process tells at a time."""
    by_conversation: dict[int, list[Heard]] = {}
    for one in hearings:
        by_conversation.setdefault(one.conversation, []).append(one)
    for told in by_conversation.values():
        told.sort(key=lambda one: one.began)
        for before, after in pairwise(told):
            assert before.ended <= after.began, (before, after)
