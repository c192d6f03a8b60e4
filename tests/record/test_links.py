"""What came apart is brought together, and what belongs to others stays apart."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import F

from django_chakra import process
from django_chakra.models import (
    BusinessNumber,
    Contact,
    Conversation,
    DeliveryStatus,
    Message,
    WebhookCall,
)
from django_chakra.testing.calls import PHONE_NUMBER_ID, WABA_ID
from tests.host.models import Assignment, Ticket
from tests.posting import START, process_all, status, stored, text
from tests.tables import differences, tables

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

VAGUE = f"waba:{WABA_ID}"
"""The key of a number that is not known yet."""


def record(*calls: dict[str, Any], account: str = "default") -> None:
    """Store these calls and process each alone."""
    for call in calls:
        stored(call, account=account)
        process_all()


def only() -> Conversation:
    """The one conversation there is."""
    return Conversation.objects.select_related("number").get()


@pytest.mark.parametrize("format", ["meta", "chakra"])
def test_status_before_its_message(format: str) -> None:
    """A delivery status that comes first waits, and belongs to its message once that is known."""
    record(status("wamid.A", "delivered", format=format, at=5))
    early = DeliveryStatus.objects.get()
    assert (early.message, early.announce_at, early.announced_at) == (None, None, None)
    record(text("wamid.A"))
    message = Message.objects.get()
    assert message.delivery_statuses.get().announced_at is not None
    assert message.status == "delivered"
    assert message.delivered_at == datetime.fromtimestamp(START + 5, UTC)


def test_status_that_rests_and_comes_again_beside_its_message() -> None:
    """A copy of it in the batch of its message leads the one row there, and it is told."""
    record(status("wamid.A", "read", format="chakra"))
    stored(text("wamid.A"))
    stored(status("wamid.A", "read", format="meta"))
    process_all()
    row = DeliveryStatus.objects.get()
    assert row.message == Message.objects.get()
    assert (row.announce_at, row.announced_at is not None) == (None, True)


def test_status_that_knows_only_chakras_id() -> None:
    """A status without a wamid finds its message by Chakra's own id, whichever came first."""
    for order in (1, -1):
        name = f"wamid.{order}"
        message = text(name, format="chakra", chakra_id=f"own {order}")
        tick = status(name, "sent", format="chakra", chakra_id=f"own {order}")
        del tick["payload"]["externalId"]
        record(*[message, tick][::order])
        found = Message.objects.get(external_id=name)
        assert (found.status, found.delivery_statuses.count()) == ("sent", 1)


@pytest.mark.parametrize("order", [1, -1])
def test_reply_and_what_it_quotes(order: int) -> None:
    """A reply leads to the message it quotes, whichever of them came first."""
    record(*[text("wamid.A"), text("wamid.B", at=60, reply_to="wamid.A")][::order])
    reply = Message.objects.get(external_id="wamid.B")
    assert reply.reply_to == Message.objects.get(external_id="wamid.A")
    assert reply.reply_to_external_id == "wamid.A"


def test_reply_beside_what_it_quotes() -> None:
    """Both may come in one batch."""
    stored(text("wamid.B", at=60, reply_to="wamid.A"))
    stored(text("wamid.A"))
    process_all()
    assert Message.objects.get(external_id="wamid.B").reply_to is not None


@pytest.mark.parametrize("formats", [("chakra", "meta"), ("meta", "chakra")])
def test_number_that_is_named_by_one_format(formats: tuple[str, str]) -> None:
    """A message that Chakra sent without a number stands with the number that Meta names."""
    record(*(text("wamid.A", format=format) for format in formats))
    assert only().number.key == PHONE_NUMBER_ID
    assert Message.objects.get().conversation == only()
    assert set(BusinessNumber.objects.values_list("key", flat=True)) == {PHONE_NUMBER_ID, VAGUE}


@pytest.mark.parametrize("order", [1, -1])
def test_number_that_another_message_names(order: int) -> None:
    """A contact's one conversation under a WABA is the number's as soon as one is named."""
    record(*[text("wamid.A", format="chakra"), text("wamid.B", at=60)][::order])
    assert only().number.key == PHONE_NUMBER_ID
    assert only().messages.count() == only().unread_count == 2


def test_number_that_nothing_names() -> None:
    """Without even a WABA a message stands under ``?`` until its number is named."""
    call = text("wamid.A", format="chakra")
    del call["payload"]["wabaId"]
    record(call)
    assert only().number.key == "?"
    record(text("wamid.A"))
    assert only().number.key == PHONE_NUMBER_ID


def test_host_rows_of_a_conversation_that_gets_its_number() -> None:
    """A conversation keeps its key, and so the rows of a host project, when its number is named."""
    record(text("wamid.A", format="chakra"))
    Ticket.objects.create(conversation=only(), title="open")
    Assignment.objects.create(conversation=only(), title="for Bia")
    before = only()
    assert before.number.key == VAGUE
    record(text("wamid.B"))
    assert (only().pk, only().number.key) == (before.pk, PHONE_NUMBER_ID)
    assert (only().tickets.get().title, only().assignment.title) == ("open", "for Bia")


def between_two_numbers() -> Conversation:
    """Of a contact who writes to two numbers: the conversation of what names neither."""
    record(text("wamid.1"), text("wamid.2", phone_number_id="300000000000002"))
    record(text("wamid.A", format="chakra", at=60))
    return Conversation.objects.get(number__key=VAGUE)


def test_host_rows_follow_their_messages() -> None:
    """Rows of a host project that led to an emptied conversation lead to where its messages are."""
    emptied = between_two_numbers()
    Ticket.objects.create(conversation=emptied, title="one")
    Ticket.objects.create(conversation=emptied, title="two")
    Assignment.objects.create(conversation=emptied, title="for Bia")
    record(text("wamid.A", at=60))
    assert not Conversation.objects.filter(pk=emptied.pk).exists()
    kept = Conversation.objects.get(number__key=PHONE_NUMBER_ID)
    assert (kept.messages.count(), kept.tickets.count()) == (2, 2)
    assert kept.assignment.title == "for Bia"
    assert kept.unread_count == 2


def test_host_rows_that_can_not_follow() -> None:
    """Where a constraint of the host's forbids to join them, the emptied conversation stays."""
    emptied = between_two_numbers()
    for conversation in Conversation.objects.all():
        Assignment.objects.create(conversation=conversation, title=conversation.number.key)
    Ticket.objects.create(conversation=emptied, title="open")
    record(text("wamid.A", at=60))
    emptied.refresh_from_db()
    assert (emptied.assignment.title, emptied.tickets.count()) == (VAGUE, 1)
    assert (emptied.messages.count(), emptied.last_message, emptied.unread_count) == (0, None, 0)
    assert Message.objects.filter(conversation__number__key=PHONE_NUMBER_ID).count() == 2
    assert {call.state for call in WebhookCall.objects.all()} == {"processed"}


def test_conversation_that_keeps_a_message() -> None:
    """Only what is known moves: a conversation stays as long as one message is in it."""
    left = between_two_numbers()
    record(text("wamid.B", format="chakra", at=90), text("wamid.A", at=60))
    left.refresh_from_db()
    assert left.last_message is not None
    assert left.last_message.external_id == "wamid.B"
    assert left.unread_count == 1


def test_number_that_is_never_named() -> None:
    """Of two numbers of a WABA none is guessed, whenever the second one was heard of."""
    calls = [
        text("wamid.1"),
        text("wamid.A", format="chakra", at=60),
        text("wamid.2", phone_number_id="300000000000002"),
    ]
    record(*calls)
    for place in (0, 2, 1):
        record(calls[place], account="other")
    assert differences("default", "other") == []


def test_replies_that_missed_what_they_quote() -> None:
    """A reply and what it quotes find each other, whichever of the two is announced later."""
    record(text("wamid.A"), text("wamid.B", at=1, reply_to="wamid.A"))
    for late in ("wamid.A", "wamid.B"):
        # As two workers leave it that recorded both in the same moment, unseen by each other.
        Message.objects.filter(external_id="wamid.B").update(reply_to=None)
        Message.objects.filter(external_id=late).update(announce_at=F("received_at"))
        process.sweep()
        reply = Message.objects.select_related("reply_to").get(external_id="wamid.B")
        assert reply.reply_to is not None, late
        assert reply.reply_to.external_id == "wamid.A"


def test_two_numbers_of_one_contact() -> None:
    """A contact has one conversation with each of our numbers."""
    record(text("wamid.A"), text("wamid.B", phone_number_id="300000000000002"))
    assert Contact.objects.count() == 1
    assert Conversation.objects.count() == 2


def test_same_ids_in_two_accounts() -> None:
    """Two accounts may get the same ids: each has its own rows, and neither hears of the other."""
    record(text("wamid.A", text="mine"), status("wamid.A", "sent"))
    before = tables("default")
    record(
        status("wamid.A", "failed", error_code=1),
        text("wamid.A", text="theirs", name="Other"),
        text("wamid.B", reply_to="wamid.A", name="Other"),
        account="other",
    )
    assert tables("default") == before
    found = Message.objects.filter(external_id="wamid.A")
    mine, theirs = found.get(account="default"), found.get(account="other")
    assert (mine.text, mine.status) == ("mine", "sent")
    assert (theirs.text, theirs.status) == ("theirs", "failed")
    assert Contact.objects.count() == BusinessNumber.objects.count() == 2
    assert Conversation.objects.count() == 2
    assert differences("default", "other") != []


def test_status_of_another_account() -> None:
    """A status is never linked to another account's message, in neither order."""
    record(status("wamid.A", "read"), account="other")
    record(text("wamid.A"))
    record(status("wamid.A", "delivered"), account="other")
    assert Message.objects.get().status == ""
    assert set(DeliveryStatus.objects.values_list("message", flat=True)) == {None}
