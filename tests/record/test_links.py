"""What came apart is brought together, and what belongs to others stays apart."""

from datetime import UTC, datetime
from typing import Any

import pytest

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
    assert set(BusinessNumber.objects.values_list("key", flat=True)) == {
        PHONE_NUMBER_ID,
        f"waba:{WABA_ID}",
    }


def test_number_that_nothing_names() -> None:
    """Without even an account of WhatsApp's a message stands under ``?`` until it is known."""
    call = text("wamid.A", format="chakra")
    del call["payload"]["wabaId"]
    record(call)
    assert only().number.key == "?"
    record(text("wamid.A", format="chakra"))
    record(text("wamid.A"))
    assert only().number.key == PHONE_NUMBER_ID


def test_host_rows_follow_their_conversation() -> None:
    """Rows of a host project that led to the emptied conversation lead to the one that stays."""
    record(text("wamid.A", format="chakra"))
    tickets = [Ticket.objects.create(conversation=only(), title=title) for title in "ab"]
    Assignment.objects.create(conversation=only(), title="for Bia")
    record(text("wamid.A"))
    kept = only()
    assert kept.number.key == PHONE_NUMBER_ID
    assert {ticket.title for ticket in tickets} == set(kept.tickets.values_list("title", flat=True))
    assert kept.assignment.title == "for Bia"


def test_host_rows_that_can_not_follow() -> None:
    """Where a constraint of the host's forbids to join them, the emptied conversation stays."""
    record(text("wamid.B"))
    Assignment.objects.create(conversation=only(), title="of the number")
    record(text("wamid.A", format="chakra"))
    emptied = Conversation.objects.get(number__key=f"waba:{WABA_ID}")
    Assignment.objects.create(conversation=emptied, title="of the account")
    Ticket.objects.create(conversation=emptied, title="open")
    record(text("wamid.A"))
    emptied.refresh_from_db()
    assert emptied.assignment.title == "of the account"
    assert emptied.tickets.count() == 1
    assert (emptied.messages.count(), emptied.last_message, emptied.unread_count) == (0, None, 0)
    assert Message.objects.filter(conversation__number__key=PHONE_NUMBER_ID).count() == 2
    assert {call.state for call in WebhookCall.objects.all()} == {"processed"}


def test_conversation_that_keeps_a_message() -> None:
    """Only what is known moves: a conversation stays as long as one message is in it."""
    record(text("wamid.A", format="chakra"), text("wamid.B", format="chakra", at=60))
    record(text("wamid.A"))
    left = Conversation.objects.get(number__key=f"waba:{WABA_ID}")
    assert left.last_message is not None
    assert left.last_message.external_id == "wamid.B"
    assert left.unread_count == 1


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
    mine, theirs = (Message.objects.get(account=name, external_id="wamid.A") for name in ("default", "other"))
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
