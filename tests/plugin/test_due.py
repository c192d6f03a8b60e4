"""What the fake tells by itself, posted to the site in a host's test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_chakra.connect import chakra
from django_chakra.models import DeliveryStatus, Message, ReceiverFailure, WebhookCall
from django_chakra.signals import message_received
from django_chakra.testing.fake import Clock, FakeChakra, Habits, customers
from django_chakra.testing.fake.misbehaviour import misbehave
from django_chakra.testing.fake.playing import play
from django_chakra.testing.fake.script import load

Due = Callable[..., list[WebhookCall]]
ANA = "5511988887777"

pytestmark = pytest.mark.databases


def say(body: str = "Hi") -> str:
    """Send a text to Ana, who has just written; gives its wamid."""
    answer = chakra().session_messages.send(to=ANA, type="text", text={"body": body})
    return str(answer["whatsappMessageId"])


def words(wamid: str) -> set[str]:
    """The delivery statuses that the site has of a message."""
    found = DeliveryStatus.objects.filter(external_id=wamid)
    return set(found.values_list("status", flat=True))


@pytest.fixture
def fake(chakra_fake: FakeChakra, chakra_clock: Clock) -> FakeChakra:
    """A fake whose clock stands, in which Ana wrote."""
    chakra_clock.set(1_800_000_000)
    chakra_fake.hear(ANA, "text", "hello", name="Ana")
    return chakra_fake


@pytest.fixture
def answering() -> Iterator[list[str]]:
    """A receiver that answers every text; gives what it sent."""
    sent: list[str] = []

    def answer(message: Message, **kwargs: Any) -> None:
        if message.kind == "text":
            sent.append(say("Thank you"))

    message_received.connect(answer, sender=Message, dispatch_uid="tests.due")
    yield sent
    message_received.disconnect(sender=Message, dispatch_uid="tests.due")


def test_ticks_come_when_their_time_has_come(
    fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Due
) -> None:
    """Nothing before, each in both formats then, and nothing twice."""
    wamid = say()
    assert chakra_post_due() == []
    chakra_clock.move(1)
    assert [call.format for call in chakra_post_due()] == ["chakra", "meta"] * 2
    assert words(wamid) == {"sent", "delivered"}
    chakra_clock.move(60)
    calls = chakra_post_due()
    assert [(call.state, call.signature != "") for call in calls] == [("processed", True)] * 2
    assert words(wamid) == {"sent", "delivered", "read"}
    assert DeliveryStatus.objects.count() == 3
    assert chakra_post_due() == []


def test_a_message_that_comes_back_has_its_fate(
    fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Due
) -> None:
    """With an echo there is a message, and the statuses are its own."""
    fake.events.habits = Habits(fails=1, echoes=1, doubled=1, shuffled=1)
    wamid = say()
    chakra_clock.move(60)
    chakra_post_due()
    message = Message.objects.get()
    assert (message.external_id, message.status, message.text) == (wamid, "failed", "Hi")
    assert DeliveryStatus.objects.filter(message=message).count() == 2
    assert message.error_code


def test_a_customer_acts(
    fake: FakeChakra, chakra_post_due: Due, chakra_clock: Clock, answering: list[str]
) -> None:
    """What customers do is heard at once, and what the site answers has ticks of its own."""
    fake.events.tell(customers.text(fake, ANA, "Are you open?"))
    chakra_post_due()
    chakra_clock.move(60)
    chakra_post_due()
    fake.events.tell(customers.react(fake, ANA, "👍"))
    chakra_post_due()
    [wamid] = answering
    assert words(wamid) == {"sent", "delivered", "read"}
    reaction = Message.objects.get(role="reaction")
    assert reaction.target_external_id == wamid


@pytest.mark.usefixtures("answering")
def test_a_script_is_played(fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Due) -> None:
    """Whatever a shipped script has customers and staff do is in the tables."""
    play(fake, load("shop"))
    for _ in range(60):
        chakra_clock.move(1)
        chakra_post_due()
    told = {one["wamid"] for one in fake.ledger.entries("event") if "message" in one["event"]}
    assert len(told) > 5
    assert set(Message.objects.values_list("external_id", flat=True)) == told


def test_the_plugins_configuration_counts(
    fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Due
) -> None:
    """Where a test chose one format, the other does not come; where it chose none, both are on."""
    fake.state.plugin_configuration["passThroughWebhookUrl"] = "https://shop.example/webhook/"
    say()
    chakra_clock.move(60)
    assert {call.format for call in chakra_post_due()} == {"meta"}


def test_the_site_is_in_the_plugin(fake: FakeChakra, chakra_post_due: Due) -> None:
    """From the first time on the plugin has the site's URL, as if somebody had pasted it."""
    assert chakra_post_due() == []
    stored = chakra().plugin_config.read()
    assert stored["enableChakraWebhook"] is True
    for key in ("chakraWebhookUrl", "passThroughWebhookUrl"):
        assert stored[key] == "https://testserver/chakra/webhook/"


def test_another_account_hears_of_it(
    fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Due, settings: Any
) -> None:
    """At its own URL, with the token that it has."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    accounts = {**accounts, "other": {**accounts["other"], "URL_TOKEN": "t"}}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": accounts}
    say()
    chakra_clock.move(60)
    assert {call.account for call in chakra_post_due(account="other")} == {"other"}
    assert DeliveryStatus.objects.filter(account="other").count() == 3


def test_a_receiver_that_raises_fails_the_test(fake: FakeChakra, chakra_post_due: Due) -> None:
    """With its name and its error, after all was posted; unless the test looks for itself."""

    def fail(**kwargs: Any) -> None:
        raise ValueError("out of stock")

    message_received.connect(fail, sender=Message, dispatch_uid="tests.due")
    try:
        for body in ("one", "two"):
            fake.events.tell(customers.text(fake, ANA, body))
        with pytest.raises(AssertionError, match=r"(?s)tests\.due raised:.*out of stock"):
            chakra_post_due()
        assert set(Message.objects.values_list("text", flat=True)) == {"one", "two"}
        fake.events.tell(customers.text(fake, ANA, "three"))
        assert len(chakra_post_due(check=False)) == 2
        assert ReceiverFailure.objects.count() == 3
    finally:
        message_received.disconnect(sender=Message, dispatch_uid="tests.due")


def test_what_the_site_refuses_fails_the_test(
    fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Due
) -> None:
    """All is posted first, and the fake's book has each answer; a test may expect it."""
    misbehave(fake, "unsigned:on=status.sent")
    wamid = say()
    chakra_clock.move(1)
    with pytest.raises(AssertionError, match="The site answered 401: "):
        chakra_post_due()
    assert words(wamid) == {"delivered"}
    assert [one["status"] for one in fake.ledger.entries("event")] == [401, 401, 200, 200]
    say()
    chakra_clock.move(0.2)
    assert chakra_post_due(check=False) == []


@pytest.mark.urls("tests.plugin")
def test_a_site_without_a_webhook_is_told_what_to_add(chakra_post_due: Due) -> None:
    """The sentence has the line that is missing."""
    with pytest.raises(LookupError, match="include"):
        chakra_post_due()
