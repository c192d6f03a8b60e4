"""What receivers hear: which signal, with what, how often, in which order."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone

from django_chakra import announce, events, process
from django_chakra.models import Conversation, DeliveryStatus, Message, WebhookCall
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls
from tests.posting import BRUNO, process_all, status, stored, text

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


class Told(NamedTuple):
    """One call of a receiver."""

    signal: str
    sender: Any
    named: dict[str, Any]
    in_transaction: bool

    @property
    def words(self) -> str:
        """In short: message ids and status words."""
        if "event" in self.named:
            return f"{self.signal} {self.named['event'].kind}"
        tick = self.named.get("delivery_status")
        return f"{self.named['message'].external_id}{f' {tick.status}' if tick else ''}"


@pytest.fixture
def heard() -> Iterator[list[Told]]:
    """Everything that every signal about messages says."""
    found: list[Told] = []

    def receiver(signal: Any, sender: Any, **named: Any) -> None:
        found.append(Told(signal.name, sender, named, connection.in_atomic_block))

    names = [name for name in SIGNALS if name != "event_received"]
    for name in names:
        SIGNALS[name].connect(receiver, dispatch_uid="test")
    yield found
    for name in names:
        SIGNALS[name].disconnect(dispatch_uid="test")


@pytest.fixture
def facts() -> Iterator[list[Told]]:
    """Everything that ``event_received`` says."""
    found: list[Told] = []

    def receiver(signal: Any, sender: Any, **named: Any) -> None:
        found.append(Told(signal.name, sender, named, connection.in_atomic_block))

    SIGNALS["event_received"].connect(receiver, dispatch_uid="test")
    yield found
    SIGNALS["event_received"].disconnect(dispatch_uid="test")


def words(told: list[Told]) -> list[str]:
    return [one.words for one in told]


def test_a_message_is_told_with_all_that_belongs_to_it(heard: list[Told]) -> None:
    """message_received comes from Message, after commit, with conversation, number and contact."""
    stored(text("wamid.A"))

    process.run()

    [told] = heard
    message = told.named["message"]
    assert (told.signal, told.sender, told.in_transaction) == ("message_received", Message, False)
    assert (message.text, message.contact.name) == ("hello", "Ana")
    assert message.conversation.number.display_number == "5511900000000"
    assert Message.objects.get().announced_at is not None


@pytest.mark.parametrize("word", ["sent", "delivered", "read", "failed"])
def test_each_word_has_its_signal(heard: list[Told], word: str) -> None:
    """sent, delivered, read and failed are told by the signal of that name, with the status."""
    stored(text("wamid.A"))
    stored(status("wamid.A", word, error_code=131026 if word == "failed" else None))

    process_all()

    told = heard[1]
    assert told.signal == f"message_{word}"
    assert told.named["delivery_status"].status == word
    assert told.named["message"].external_id == "wamid.A"


@pytest.mark.parametrize(
    "fact",
    [status("wamid.A", "warming"), status("wamid.A", "captured", extra={"type": "payment"})],
)
def test_words_without_a_signal_are_kept_in_silence(heard: list[Told], fact: Any) -> None:
    """Unknown words and payments are rows, tell no message signal and are not due for ever."""
    stored(text("wamid.A"))
    stored(fact)

    process_all()

    assert words(heard) == ["wamid.A"]
    assert DeliveryStatus.objects.get().announce_at is None
    assert Message.objects.get().status == ""


def test_repeats_and_the_other_format_tell_nothing_more(heard: list[Told]) -> None:
    """A message and a status are told once, in however many calls and formats they come."""
    for format in ("meta", "chakra", "meta"):
        stored(text("wamid.A", format=format))
        stored(status("wamid.A", "sent", format=format))
        process_all()

    assert words(heard) == ["wamid.A", "wamid.A sent"]


def test_a_status_is_told_once_its_message_is_known(heard: list[Told]) -> None:
    """Statuses that came first wait, and follow their message by the platform's time."""
    stored(status("wamid.A", "read", at=30))
    stored(status("wamid.A", "sent", at=20))
    process_all()
    assert heard == []

    stored(text("wamid.A"))
    process_all()

    assert words(heard) == ["wamid.A", "wamid.A sent", "wamid.A read"]


def test_what_is_due_together_goes_by_the_platforms_time(heard: list[Told]) -> None:
    """Of one conversation, all that is due goes by time, then by arrival."""
    for external_id, at in (("wamid.3", 3), ("wamid.1", 1), ("wamid.2b", 2), ("wamid.2a", 2)):
        stored(text(external_id, at=at))
    stored(text("wamid.other", sender=BRUNO, at=2))
    stored(status("wamid.1", "delivered", at=2))
    stored(status("wamid.1", "sent", at=2))

    process.run()

    anas = [word for word in words(heard) if "other" not in word]
    assert anas == [
        "wamid.1",
        "wamid.2b",
        "wamid.2a",
        "wamid.1 delivered",
        "wamid.1 sent",
        "wamid.3",
    ]


def test_statuses_of_one_second_and_one_call_go_by_rank(heard: list[Told]) -> None:
    """What neither time nor arrival tells apart goes in the order in which it must have been."""
    stored(text("wamid.A"))
    call: dict[str, Any] = status("wamid.A", "read")
    listed = call["entry"][0]["changes"][0]["value"]["statuses"]
    listed += [{**listed[0], "status": word} for word in ("delivered", "sent")]
    stored(call)

    process.run()

    assert words(heard) == ["wamid.A", "wamid.A sent", "wamid.A delivered", "wamid.A read"]


def test_a_conversation_that_is_held_is_left_to_its_holder(heard: list[Told]) -> None:
    """While another worker announces the conversation nothing is told; then everything is."""
    stored(text("wamid.A"))
    process.run()
    future = timezone.now() + timedelta(hours=1)
    Conversation.objects.update(announcing_by="another", announcing_until=future)
    stored(text("wamid.B", at=1))

    process_all()
    assert words(heard) == ["wamid.A"]

    Conversation.objects.update(announcing_until=timezone.now() - timedelta(hours=1))
    process.sweep()
    assert words(heard) == ["wamid.A", "wamid.B"]


def test_a_holder_looks_once_more(heard: list[Told]) -> None:
    """What is recorded while a receiver runs is told in the same go, by the one who holds on."""

    def busy(message: Message, **rest: Any) -> None:
        if message.external_id == "wamid.A":
            stored(text("wamid.B", at=1))
            process.run()
            assert words(heard) == ["wamid.A"], "not from within"

    SIGNALS["message_received"].connect(busy, dispatch_uid="busy")
    try:
        stored(text("wamid.A"))
        process.run()
    finally:
        SIGNALS["message_received"].disconnect(dispatch_uid="busy")

    assert words(heard) == ["wamid.A", "wamid.B"]
    assert Conversation.objects.get().announcing_until is None


def test_every_fact_of_every_call_is_told(facts: list[Told]) -> None:
    """event_received tells known, repeated, unknown and unreadable facts, with call and account."""
    calls = [
        stored(text("wamid.A")),
        stored(text("wamid.A")),
        stored(b'{"event":"invented","payload":{"x":1}}'),
        stored(b'{"event":"message","payload":[]}', account="other"),
    ]

    process_all()

    assert [(told.named["event"].kind, told.sender) for told in facts] == [
        ("message.text", events.MessageReceived),
        ("message.text", events.MessageReceived),
        ("unknown", events.UnknownEvent),
        ("unreadable", events.UnknownEvent),
    ]
    assert [told.named["call"] for told in facts] == calls
    assert [told.named["account"] for told in facts] == ["default"] * 3 + ["other"]
    assert not any(told.in_transaction for told in facts)
    assert WebhookCall.objects.filter(announced_at=None).count() == 0


def test_a_family_hears_of_a_repeated_call_once(facts: list[Told]) -> None:
    """Byte for byte the same call again is told of as a fact, and not to the fact's family."""
    approved: list[Any] = []

    def receiver(event: events.Event, **rest: Any) -> None:
        approved.append(event.kind)

    SIGNALS["template_changed"].connect(receiver, sender=events.TemplateStatusChanged)
    try:
        for _ in range(2):
            stored(calls.body("meta/message_template_status_update__approved"))
            process_all()
    finally:
        SIGNALS["template_changed"].disconnect(receiver, sender=events.TemplateStatusChanged)

    assert approved == ["template.status"]
    first, again = (told.named["call"] for told in facts)
    assert (first.repeat_of, again.repeat_of) == (None, first)


def test_facts_are_found_by_a_sweep(facts: list[Told]) -> None:
    """Facts that were left untold are read from the call once more."""
    stored(text("wamid.A"))
    process.run()
    ago = timezone.now() - timedelta(hours=1)
    WebhookCall.objects.update(announce_at=ago, announced_at=None)

    assert announce.sweep("test") == 1
    assert words(facts) == ["event_received message.text"] * 2
    assert announce.sweep("test") == 0


def test_messages_are_found_by_a_sweep(heard: list[Told]) -> None:
    """Messages and statuses that were left untold are told by whoever sweeps."""
    stored(text("wamid.A"))
    stored(status("wamid.A", "sent"))
    process.run()
    ago = timezone.now() - timedelta(hours=1)
    for model in (Message, DeliveryStatus):
        model.objects.update(announce_at=ago, announced_at=None)

    assert announce.sweep("test") == 2
    assert words(heard) == ["wamid.A", "wamid.A sent"] * 2


def test_an_idle_sweep_is_few_queries(django_assert_max_num_queries: Any) -> None:
    """With nothing to do a sweep asks six times."""
    with django_assert_max_num_queries(8):  # a transaction around the claim on some databases
        assert process.sweep() == 0
