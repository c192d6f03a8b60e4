"""A conversation is announced by one worker at a time, also when workers are slow or take over.

A receiver that calls ``process`` itself stands for another worker that comes at this very moment.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from django_chakra import process
from django_chakra.models import Conversation, DeliveryStatus, Message, WebhookCall
from django_chakra.models.fields import DatabaseNow
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls
from tests import settings
from tests.posting import ANA, BRUNO, status, stored, text

from .guarantees import assert_linked, assert_nothing_held, assert_nothing_left

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

Connect = Callable[..., None]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects receivers for one test: ``connect(message_received=function)``."""
    connected = []

    def connect(**receivers: Any) -> None:
        for name, receiver in receivers.items():
            SIGNALS[name].connect(receiver, weak=False, dispatch_uid=f"test {name}")
            connected.append(name)

    yield connect
    for name in connected:
        SIGNALS[name].disconnect(dispatch_uid=f"test {name}")


class Once:
    """Writes down what it hears; does something else when it hears for the first time."""

    def __init__(self, then: Callable[[], Any] = lambda: None) -> None:
        self.heard: list[str] = []
        self.then = then

    def __call__(self, **told: Any) -> None:
        message: Message = told["message"]
        tick: DeliveryStatus | None = told.get("delivery_status")
        self.heard.append(f"{message.external_id} {tick.status if tick else ''}".strip())
        if len(self.heard) == 1:
            self.then()


def by_another(*calls: dict[str, Any]) -> Callable[[], None]:
    """Another worker takes these calls, and all that it finds."""

    def come() -> None:
        for call in calls:
            stored(call)
        process.run()
        process.sweep()

    return come


def test_what_comes_while_it_is_told_is_told_after_it(connect: Connect) -> None:
    """A message recorded while the conversation is announced waits for its turn."""
    hear = Once(by_another(text("wamid.1", at=1)))
    connect(message_received=hear)
    stored(text("wamid.0", at=5))
    stored(text("wamid.2", at=7))
    process.run()
    assert hear.heard == ["wamid.0", "wamid.2", "wamid.1"]
    assert_nothing_left()
    assert_nothing_held()


def test_a_repeat_while_it_is_told_is_not_told(connect: Connect) -> None:
    """The same call again, while receivers hear of the first one, is no second message."""
    hear = Once(by_another(text("wamid.0")))
    connect(message_received=hear)
    stored(text("wamid.0"))
    process.run()
    assert hear.heard == ["wamid.0"]
    assert_nothing_left()
    assert_nothing_held()


def test_the_other_format_while_it_is_told_is_not_told(connect: Connect) -> None:
    """The copy that names the number, while receivers hear of the vague one, is no second one."""
    hear = Once(by_another(text("wamid.0", format="meta")))
    connect(message_received=hear)
    stored(text("wamid.0", format="chakra"))
    process.run()
    assert hear.heard == ["wamid.0"]
    assert_nothing_left()
    assert_nothing_held()
    assert Conversation.objects.count() == 1


def test_a_status_that_comes_while_its_message_is_told_follows(connect: Connect) -> None:
    """A status recorded while receivers hear of its message is told next, by the same worker."""
    hear = Once(by_another(status("wamid.0", "read")))
    connect(message_received=hear, message_read=hear)
    stored(text("wamid.0"))
    process.run()
    assert hear.heard == ["wamid.0", "wamid.0 read"]
    assert_nothing_left()
    assert_nothing_held()
    assert_linked()


def let_leases_run_out(**_: Any) -> None:
    """As if the receiver had taken very long."""
    past = DatabaseNow() - timedelta(hours=1)
    Conversation.objects.filter(announcing_until__isnull=False).update(announcing_until=past)


def short_leases() -> Any:
    """Leases are renewed after a third of this."""
    return override_settings(CHAKRA={**settings.CHAKRA, "ANNOUNCE_SECONDS": 1})


def test_a_worker_that_was_slow_to_begin_holds_the_lease_again(connect: Connect) -> None:
    """Slow receivers of facts use up the lease; it is renewed before messages are told."""
    hear = Once(by_another())
    connect(event_received=lambda **_: time.sleep(0.6), message_received=hear)
    stored(text("wamid.0", at=0))
    stored(text("wamid.1", at=1))
    with short_leases():
        process.run()
    assert hear.heard == ["wamid.0", "wamid.1"]
    assert_nothing_left()


def test_a_conversation_that_was_taken_over_is_not_told_on(connect: Connect) -> None:
    """A worker that lost one of its conversations tells no more of that one."""

    def lose() -> None:
        taken = Message.objects.get(external_id="wamid.b").conversation_id
        Conversation.objects.filter(pk=taken).update(
            announcing_by="another", announcing_until=DatabaseNow() + timedelta(hours=1)
        )
        time.sleep(0.4)

    hear = Once(lose)
    connect(message_received=hear)
    stored(text("wamid.a", sender=ANA, at=0))
    stored(text("wamid.b", sender=BRUNO, at=1))
    stored(text("wamid.c", sender=ANA, at=2))
    with short_leases():
        process.run()
    assert "wamid.b" not in hear.heard
    let_leases_run_out()
    process.sweep()
    assert hear.heard.index("wamid.a") < hear.heard.index("wamid.c")
    assert sorted(hear.heard) == ["wamid.a", "wamid.b", "wamid.c"]
    assert_nothing_left()


def test_a_lease_is_renewed_between_receivers(connect: Connect) -> None:
    """Receivers that together take longer than a lease keep others away all the same."""

    hear = Once()

    def each(**told: Any) -> None:
        hear(**told)
        time.sleep(0.4)
        process.sweep()

    connect(message_received=each)
    for n in range(4):
        stored(text(f"wamid.{n}", at=n))
    with short_leases():
        process.run()
    assert hear.heard == [f"wamid.{n}" for n in range(4)]
    assert_nothing_left()
    assert_nothing_held()


def claims_of(seconds: int) -> Any:
    """Claims on calls are renewed after a third of this."""
    return override_settings(CHAKRA={**settings.CHAKRA, "CLAIM_SECONDS": seconds})


def facts_of_a_call(count: int) -> list[str]:
    """So many facts come in one call."""
    ids = [f"wamid.{n}" for n in range(count)]
    stored(calls.batch_call(*(text(one, at=n) for n, one in enumerate(ids))))
    return ids


def test_a_claim_is_renewed_between_facts(connect: Connect) -> None:
    """Facts of a call that together take longer than a claim keep others away all the same."""
    heard: list[str] = []

    def each(event: Any, **_: Any) -> None:
        heard.append(event.external_id)
        time.sleep(1.2)
        process.sweep()

    connect(event_received=each)
    ids = facts_of_a_call(3)
    with claims_of(3):
        process.run()
    assert heard == ids
    assert_nothing_left()


@pytest.mark.parametrize("rest", [0.0, 0.4])
def test_a_call_that_was_taken_over_is_not_told_on(connect: Connect, rest: float) -> None:
    """A worker that lost a call stamps it not, and tells no more of it once it knows."""
    heard: list[str] = []

    def each(event: Any, **_: Any) -> None:
        heard.append(event.external_id)
        until = DatabaseNow() + timedelta(hours=1)
        WebhookCall.objects.update(claimed_by="another", claimed_until=until)
        time.sleep(rest)

    connect(event_received=each)
    ids = facts_of_a_call(2)
    with claims_of(1 if rest else 60):
        process.run()
    assert heard == ids[: 1 if rest else 2]
    call = WebhookCall.objects.get()
    assert (call.claimed_by, call.announced_at) == ("another", None)


def without_external_id(call: dict[str, Any]) -> dict[str, Any]:
    """The same call, naming its message only by Chakra's own id."""
    del call["payload"]["externalId"]
    return call


def test_an_early_status_by_chakras_id_alone_finds_its_message(connect: Connect) -> None:
    """A status that names only Chakra's own id is linked when the message comes."""
    hear = Once()
    connect(message_received=hear, message_read=hear)
    stored(without_external_id(status("wamid.0", "read", format="chakra", chakra_id="chakra-0")))
    process.run()
    stored(text("wamid.0", format="chakra", chakra_id="chakra-0"))
    process.run()
    assert DeliveryStatus.objects.get().message == Message.objects.get()
    assert hear.heard == ["wamid.0", "wamid.0 read"]
    assert_nothing_left()


def test_an_early_status_is_linked_when_a_copy_tells_chakras_id(connect: Connect) -> None:
    """A message that was told long ago gets its status once the other format names Chakra's id."""
    hear = Once()
    connect(message_received=hear, message_read=hear)
    stored(text("wamid.0", format="meta"))
    process.run()
    stored(without_external_id(status("wamid.0", "read", format="chakra", chakra_id="chakra-0")))
    process.run()
    stored(text("wamid.0", format="chakra", chakra_id="chakra-0"))
    process.run()
    process.sweep()
    assert DeliveryStatus.objects.get().message == Message.objects.get()
    assert hear.heard == ["wamid.0", "wamid.0 read"]
    assert_nothing_left()
