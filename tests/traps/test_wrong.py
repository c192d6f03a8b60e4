"""Traps 10 to 17: what others misread."""

from datetime import UTC, datetime
from typing import Any

import pytest

from django_chakra.events import Event, FlowChanged, HistoryReported
from django_chakra.models import Contact, Conversation, DeliveryStatus, Direction, Message
from django_chakra.testing import samples
from tests.posting import ANA, BRUNO, START

from .delivery import call_of, ids, message, taken, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_trap_10_contact_by_position() -> None:
    """Who wrote is found by number, in either spelling, or by user id, wherever they stand."""
    contacts = [
        {"profile": {"name": "Bruno"}, "wa_id": BRUNO},
        {"profile": {"name": "Fabio"}, "wa_id": "553188887777"},
        {"profile": {"name": "Zoe"}, "user_id": "BR.1234567890"},
        {"profile": {"name": "Ana"}, "wa_id": ANA},
    ]
    others = {"wamid.B": "5531988887777", "wamid.C": None}
    items = [message("wamid.A"), *(message(i, **{"from": other}) for i, other in others.items())]
    items[-1]["from_user_id"] = "BR.1234567890"
    taken(call_of({"contacts": contacts, "messages": items}))
    named = Message.objects.order_by("external_id").values_list("contact__name", flat=True)
    assert list(named) == ["Ana", "Fabio", "Zoe"]
    assert Contact.objects.count() == 3


def test_trap_11_forwarded_without_an_id() -> None:
    """What was forwarded, seldom or often, names no message and is read all the same."""
    contexts: list[Any] = [{"forwarded": True}, {"frequently_forwarded": True}, {}, [], None]
    items = [message(f"wamid.{n}", context=context) for n, context in enumerate(contexts)]
    taken(call_of({"messages": items}))
    assert len(ids()) == len(contexts)
    assert set(Message.objects.values_list("reply_to_external_id", flat=True)) == {""}


def test_trap_12_what_the_type_names() -> None:
    """The object of a type may be missing, a list, or something else under that name."""
    items = [
        message("wamid.A", type="image"),
        message("wamid.B", type="image", image=[{"caption": "in a list"}]),
        message("wamid.C", type="contacts", contacts=[{"name": {"formatted_name": "Dr. Who"}}]),
        message("wamid.D", type="contacts", contacts={"name": "no list"}),
        message("wamid.E", type="id"),
        message("wamid.F", type="from"),
    ]
    call = taken(call_of({"messages": items}))
    assert call.unreadable == 0
    assert ids() == [item["id"] for item in items]
    assert Message.objects.get(kind="contacts", text__gt="").text == "Dr. Who"


def test_trap_13_reactions_are_no_bubbles() -> None:
    """Reactions, with an emoji or without, edits and revokes are no messages of a chat."""
    target = {"message_id": "wamid.A"}
    original: dict[str, Any] = {"original_message_id": "wamid.A"}
    edit = {**original, "message": {"type": "text", "text": {"body": "new"}}}
    items = [
        message("wamid.A"),
        message("wamid.B", type="reaction", reaction={**target, "emoji": "👍"}),
        message("wamid.C", type="reaction", reaction={**target, "emoji": ""}),
        message("wamid.D", type="reaction", reaction=target),
        message("wamid.E", type="edit", edit=edit),
        message("wamid.F", type="revoke", revoke=original),
    ]
    taken(call_of({"messages": items}))
    roles = Message.objects.order_by("external_id").values_list("role", flat=True)
    assert list(roles) == ["bubble", "reaction", "reaction", "reaction", "edit", "revoke"]
    conversation = Conversation.objects.get()
    assert conversation.unread_count == 1
    assert conversation.last_message == Message.objects.get(role="bubble")


def test_trap_14_ours_is_never_inbound() -> None:
    """What the business wrote is outbound, as an echo, in a history, or among its own messages."""
    echo = {**message("wamid.A", to=ANA), "from": "5511900000000"}
    thread = {"messages": [{**echo, "id": "wamid.B"}]}
    taken(
        call_of({"message_echoes": [echo]}, field="smb_message_echoes"),
        call_of({"history": [{"threads": [thread]}]}, field="history"),
        call_of({"messages": [{**echo, "id": "wamid.C"}]}),
    )
    assert ids() == ["wamid.A", "wamid.B"]
    assert set(Message.objects.values_list("direction", flat=True)) == {Direction.OUT}
    assert Conversation.objects.get().unread_count == 0


def test_trap_15_a_payment_is_no_delivery() -> None:
    """A failed payment, or a rejected call, leaves the message it names as it was."""
    echo = {**message("wamid.A", to=ANA), "from": "5511900000000"}
    taken(
        call_of({"message_echoes": [echo]}, field="message_echoes"),
        call_of({"statuses": [tick("wamid.A", "delivered")]}),
        call_of({"statuses": [tick("wamid.A", "failed", type="payment", errors=[{"code": 1}])]}),
        call_of({"statuses": [tick("wamid.A", "REJECTED", type="call")]}, field="calls"),
    )
    found = Message.objects.get()
    assert (found.status, found.error_code, found.failed_at) == ("delivered", None, None)
    types = found.delivery_statuses.order_by("type").values_list("type", "status")
    assert list(types) == [("call", "rejected"), ("message", "delivered"), ("payment", "failed")]


def test_trap_16_errors_that_are_no_errors_of_ours(heard: list[Event]) -> None:
    """A flow's statistic and a declined history are what they are, and no message fails."""
    taken(*map(samples.load, ("meta/flows__client_error_rate", "meta/history__declined")))
    assert [type(event) for event in heard] == [FlowChanged, HistoryReported]
    assert not Message.objects.exists()
    assert not DeliveryStatus.objects.exists()


def test_trap_17_seconds_and_milliseconds() -> None:
    """A time is the same moment in seconds or milliseconds, as a number or as digits."""
    spelt = [START, str(START), START * 1000, str(START * 1000)]
    items = [message(f"wamid.{n}", timestamp=at) for n, at in enumerate(spelt)]
    taken(call_of({"messages": items}))
    times = set(Message.objects.values_list("occurred_at", flat=True))
    assert times == {datetime.fromtimestamp(START, UTC)}
    assert len(ids()) == 4
