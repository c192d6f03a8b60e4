"""A fact that the database refuses costs no neighbour: its call is put off, then given up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from django_chakra import process
from django_chakra.models import Message, WebhookCall
from django_chakra.signals import message_received
from django_chakra.testing.calls import batch_call
from tests.posting import process_all, stored, text
from tests.record.poison import TEXT, refused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The external ids of messages that a receiver has heard of."""
    found: list[str] = []

    def receiver(message: Message, **rest: object) -> None:
        found.append(str(message.external_id))

    message_received.connect(receiver)
    yield found
    message_received.disconnect(receiver)


def poisoned() -> WebhookCall:
    """A stored call with two good texts around one that the database refuses."""
    return stored(batch_call(text("wamid.B"), text("wamid.bad", text=TEXT), text("wamid.C", at=60)))


def due_now() -> None:
    """As if the time until the next attempt had passed."""
    past = timezone.now() - timedelta(days=1)
    WebhookCall.objects.filter(state="received").update(next_attempt_at=past)


def test_neighbours_are_recorded(heard: list[str]) -> None:
    """All other facts are recorded and announced at once, those of the same call too."""
    first = stored(text("wamid.A"))
    bad = poisoned()
    last = stored(text("wamid.D", at=90))
    with refused():
        process_all()
    recorded = Message.objects.order_by("external_id").values_list("external_id", flat=True)
    assert list(recorded) == ["wamid.A", "wamid.B", "wamid.C", "wamid.D"]
    assert sorted(heard) == list(recorded)
    for call in (first, bad, last):
        call.refresh_from_db()
    assert (first.state, bad.state, last.state) == ("processed", "received", "processed")


def test_put_off_then_failed(settings: Any) -> None:
    """The call is tried again after growing delays, then fails, and its row says why."""
    settings.CHAKRA = {**settings.CHAKRA, "MAX_ATTEMPTS": 3}
    call = poisoned()
    delays = []
    with refused():
        for _ in range(2):
            process_all()
            call.refresh_from_db()
            assert (call.state, call.claimed_by, call.claimed_until) == ("received", "", None)
            assert call.next_attempt_at is not None
            delays.append((call.next_attempt_at - timezone.now()).total_seconds())
            assert process_all() == 0
            due_now()
        process_all()
    call.refresh_from_db()
    assert (call.state, call.attempts, call.next_attempt_at) == ("failed", 3, None)
    assert call.error.startswith("Traceback")
    assert "poisoned" in call.error
    assert delays == [pytest.approx(30, abs=10), pytest.approx(60, abs=10)]
    assert Message.objects.count() == 2


def test_longest_delay(settings: Any) -> None:
    """No delay is longer than the setting says."""
    settings.CHAKRA = {**settings.CHAKRA, "MAX_DELAY_SECONDS": 5}
    call = poisoned()
    with refused():
        process_all()
    call.refresh_from_db()
    assert call.next_attempt_at is not None
    assert call.next_attempt_at < timezone.now() + timedelta(seconds=6)


def test_replay(settings: Any, heard: list[str]) -> None:
    """Once the cause is mended a failed call can be played again; nobody hears twice."""
    settings.CHAKRA = {**settings.CHAKRA, "MAX_ATTEMPTS": 1}
    call = poisoned()
    with refused():
        process_all()
    call.refresh_from_db()
    assert call.state == "failed"
    call_command("chakra_process", "--replay", "--id", str(call.pk))
    call.refresh_from_db()
    assert (call.state, call.error) == ("processed", "")
    assert Message.objects.count() == 3
    assert sorted(heard) == ["wamid.B", "wamid.C", "wamid.bad"]


def test_poison_alone() -> None:
    """A call that holds nothing else is put off in the same way."""
    call = stored(text("wamid.bad", text=TEXT))
    with refused():
        assert process.run_one(call.pk) == 1
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("received", 1)
    assert "poisoned" in call.error


def test_every_fact_poisoned() -> None:
    """Where nothing of several calls can be recorded, each is put off on its own account."""
    calls = [stored(text(f"wamid.{n}", text=TEXT)) for n in range(3)]
    with refused():
        process_all()
    assert WebhookCall.objects.filter(state="received", attempts=1).count() == len(calls)
    due_now()
    process_all()
    assert Message.objects.count() == len(calls)
