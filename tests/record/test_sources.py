"""Echoes are ours and histories are no news, whatever else is known of the same message."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from django_chakra.models import BusinessNumber, Contact, Conversation, Message
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls
from tests.posting import ANA, START, process_all, record, status, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def echo(external_id: str, *, at: int = 0, field: str = "smb_message_echoes") -> dict[str, Any]:
    """The business wrote to Ana from its phone."""
    item = {
        "id": external_id,
        "from": calls.DISPLAY_NUMBER,
        "to": ANA,
        "timestamp": str(START + at),
        "type": "text",
        "text": {"body": "from the phone"},
    }
    return calls.item_call(item, field=field, key="message_echoes")


def history(*items: dict[str, Any]) -> dict[str, Any]:
    """A chunk of Ana's thread."""
    chunk = {
        "metadata": {"phase": 0, "chunk_order": 1, "progress": 50},
        "threads": [{"id": ANA, "messages": list(items)}],
    }
    return calls.item_call(chunk, field="history", key="history")


def old(external_id: str, kind: str = "text", *, ours: bool = False, **part: Any) -> dict[str, Any]:
    """One message of a history."""
    ends = {"from": calls.DISPLAY_NUMBER, "to": ANA} if ours else {"from": ANA}
    return {
        **ends,
        "id": external_id,
        "timestamp": str(START - 1000),
        "type": kind,
        **({kind: part} if part else {}),
        "history_context": {"status": "READ"},
    }


@pytest.fixture
def heard() -> Any:
    """Which signals told which messages."""
    told: list[tuple[str, str]] = []

    def receiver(signal: Any, message: Message, **rest: Any) -> None:
        told.append((signal.name, str(message.external_id)))

    names = ("message_received", "message_echoed", "message_imported", "message_delivered")
    for name in names:
        SIGNALS[name].connect(receiver, weak=False, dispatch_uid="sources")
    yield told
    for name in names:
        SIGNALS[name].disconnect(dispatch_uid="sources")


def test_an_echo_is_ours(heard: list[tuple[str, str]]) -> None:
    """It stands in the customer's conversation, is nothing to read, and counts as an answer."""
    record(text("wamid.in"), echo("wamid.echo", at=10))

    conversation = Conversation.objects.get()
    assert [m.direction for m in conversation.messages.order_by("sort_at")] == ["in", "out"]
    assert conversation.unread_count == 1
    assert conversation.last_human_reply_at is not None
    assert conversation.last_human_reply_at.timestamp() == START + 10
    assert heard == [("message_received", "wamid.in"), ("message_echoed", "wamid.echo")]


@pytest.mark.parametrize("order", [0, 1])
def test_an_echo_gets_its_ticks(order: int, heard: list[tuple[str, str]]) -> None:
    """Delivery statuses of what was written on the phone find it, before or after."""
    bodies = [echo("wamid.echo"), status("wamid.echo", "delivered")]
    record(*(bodies[:: -1 if order else 1]))

    assert Message.objects.get().status == "delivered"
    assert ("message_delivered", "wamid.echo") in heard


def test_the_echo_of_what_we_sent_changes_nothing() -> None:
    """Our own message is recognised by its id and stays ours, with our author and content."""
    record(text("wamid.in"))
    conversation = Conversation.objects.get()
    now = timezone.now()
    sent = Message.objects.create(
        account="default",
        external_id="wamid.sent",
        conversation=conversation,
        direction="out",
        kind="text",
        source="send",
        text="as we wrote it",
        status="sent",
        occurred_at=now,
        sort_at=now,
        received_at=now,
        announced_at=now,
    )
    record(echo("wamid.sent", field="message_echoes"))

    sent.refresh_from_db()
    assert (sent.source, sent.text, sent.status) == ("send", "as we wrote it", "sent")
    assert Message.objects.count() == 2


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [0, 1])
def test_who_says_that_we_wrote_it_is_right(order: int, together: bool) -> None:
    """A copy that takes an echo for a customer's message does not make it one."""
    claim = text("wamid.one", sender="5511900001111")
    for body in [claim, echo("wamid.one")][:: -1 if order else 1]:
        stored(body)
        if not together:
            process_all()
    process_all()

    message = Message.objects.get()
    assert (message.direction, message.source, message.contact) == ("out", "echo_phone", None)
    assert message.conversation.contact is not None
    assert [i.value for i in message.conversation.contact.identities.all()] == [ANA]


def test_a_history_is_no_news(heard: list[tuple[str, str]]) -> None:
    """It fills the conversation and leaves unread count and window as they were."""
    record(history(old("wamid.old", body="long ago"), old("wamid.ours", ours=True, body="yes")))

    conversation = Conversation.objects.get()
    assert (conversation.unread_count, conversation.last_inbound_at) == (0, None)
    assert conversation.last_message is not None
    assert Message.objects.get(external_id="wamid.ours").status == "read"
    assert sorted(heard) == [
        ("message_imported", "wamid.old"),
        ("message_imported", "wamid.ours"),
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_media_of_a_history_fill_their_placeholder(order: tuple[int, ...]) -> None:
    """The content that follows under the same id is taken, whichever came first."""
    media = old("wamid.old", "image", id="4567", mime_type="image/jpeg", caption="the cat")
    del media["history_context"]
    bodies = [
        history(old("wamid.old", "media_placeholder")),
        calls.item_call(media, field="history"),
        history(old("wamid.old", "media_placeholder")),
    ]
    record(*(bodies[place] for place in order))

    message = Message.objects.get()
    assert (message.kind, message.text, message.source) == ("image", "the cat", "history")


@pytest.mark.parametrize("order", [0, 1])
def test_a_message_of_today_in_a_history_is_news(order: int) -> None:
    """What came as a message too is unread, also when the history had it first."""
    bodies = [history(old("wamid.one", body="hello")), text("wamid.one")]
    record(*(bodies[:: -1 if order else 1]))

    assert Message.objects.get().source == "webhook"
    assert Conversation.objects.get().unread_count == 1


@pytest.mark.parametrize(("hours", "late"), [(23, False), (25, True)])
def test_what_was_long_on_its_way_is_late(hours: int, late: bool) -> None:
    """Receivers are told that a message is older than ``LATE_AFTER``."""
    told: list[bool] = []

    def receiver(late: bool, **rest: Any) -> None:
        told.append(late)

    at = int((timezone.now() - timedelta(hours=hours)).timestamp()) - START
    SIGNALS["message_received"].connect(receiver)
    try:
        record(text("wamid.one", at=at))
        with override_settings(
            CHAKRA={
                "ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["test-secret"]}},
                "RUNNER": "worker",
                "LATE_AFTER": 3600,
            }
        ):
            record(text("wamid.two", at=at))
    finally:
        SIGNALS["message_received"].disconnect(receiver)
    assert told == [late, True]


def test_a_group_is_one_conversation() -> None:
    """Whoever speaks in a group, it is said there; the message says who."""
    bodies = [text(f"wamid.{n}", sender=who) for n, who in enumerate((ANA, "5511977776666"))]
    for body in bodies:
        body["entry"][0]["changes"][0]["value"]["messages"][0]["group_id"] = "group-1"
    record(*bodies, text("wamid.alone"))

    group = Conversation.objects.get(group_id="group-1")
    assert group.contact is None
    assert {message.contact for message in group.messages.all()} == set(Contact.objects.all())
    assert Conversation.objects.get(group_id=None).messages.count() == 1


def quality(event: str, at: int, **more: Any) -> dict[str, Any]:
    """What the platform says of our number, which it writes for people to read."""
    value = {"display_phone_number": "+55 11 90000-0000", "event": event, **more}
    return calls.change_call("phone_number_quality_update", value, time=START + at)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_is_said_of_a_number_is_kept(order: tuple[int, ...]) -> None:
    """The last word about quality and limit stays, also from before the number was named."""
    bodies = [
        text("wamid.1"),
        quality("FLAGGED", 10, current_limit="TIER_1K"),
        quality("UNFLAGGED", 20, current_limit="TIER_10K"),
    ]
    record(*(bodies[place] for place in order))

    number = BusinessNumber.objects.get()
    assert number.key == calls.PHONE_NUMBER_ID
    assert (number.quality, number.messaging_limit) == ("UNFLAGGED", "TIER_10K")
    told = datetime.fromisoformat(number.told_at["quality"])
    assert told == datetime.fromtimestamp(START + 20, UTC)
