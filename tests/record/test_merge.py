"""Of several copies one row is made, by rules that do not ask which came first."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from django_chakra.models import Contact, Conversation, DeliveryStatus, Message, WebhookCall
from tests.posting import START, record, status, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def moment(seconds: int) -> datetime:
    """So many seconds after the start."""
    return datetime.fromtimestamp(START + seconds, UTC)


def forget() -> None:
    """Begin anew within one test."""
    DeliveryStatus.objects.all().delete()
    Conversation.objects.update(last_message=None)
    Message.objects.all().delete()
    Conversation.objects.all().delete()
    Contact.objects.all().delete()
    WebhookCall.objects.all().delete()


TOGETHER = pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])


@TOGETHER
def test_both_formats_are_one_message(together: bool) -> None:
    """What comes in Meta's format, in Chakra's and again is one row with both ids."""
    meta, chakra = text("wamid.A"), text("wamid.A", format="chakra", chakra_id="chakra-1")
    record(meta, chakra, meta, chakra, together=together)
    message = Message.objects.get()
    assert (message.external_id, message.chakra_id) == ("wamid.A", "chakra-1")
    assert message.call == WebhookCall.objects.earliest("pk")


@TOGETHER
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_newest_name_stays(order: tuple[int, ...], together: bool) -> None:
    """A contact is called by the name of the newest message; of two at one time, the greater."""
    calls = [
        text("wamid.A", at=10, name="Zoe"),
        text("wamid.B", at=20, name="Ana"),
        text("wamid.C", at=20, name="Bia"),
    ]
    record(*(calls[place] for place in order), together=together)
    contact = Contact.objects.get()
    assert (contact.name, contact.name_at) == ("Bia", moment(20))


@TOGETHER
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_fullest_copy_stays(order: tuple[int, ...], together: bool) -> None:
    """A message shows the copy that says most."""
    fuller = text("wamid.A", text="full", reply_to="wamid.Q")
    calls = [text("wamid.A", text="zzz"), fuller, text("wamid.A", text="aaa", format="chakra")]
    record(*(calls[place] for place in order), together=together)
    message = Message.objects.get()
    assert (message.text, message.reply_to_external_id) == ("full", "wamid.Q")
    assert message.payload["context"]["id"] == "wamid.Q"


@TOGETHER
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_newest_of_equally_full_copies_stays(order: tuple[int, ...], together: bool) -> None:
    """Of copies that say as much the newest by its own clock is shown, at the earliest time."""
    calls = [text("wamid.A", text=str(at), at=at) for at in (5, 10, 7)]
    record(*(calls[place] for place in order), together=together)
    message = Message.objects.get()
    assert (message.text, message.occurred_at) == ("10", moment(5))


@TOGETHER
@pytest.mark.parametrize(
    ("words", "highest"),
    [
        (("sent", "accepted"), "sent"),
        (("failed", "sent", "accepted"), "failed"),
        (("delivered", "failed", "sent"), "delivered"),
        (("read", "delivered", "failed"), "read"),
        (("played", "read", "delivered"), "read"),
        (("warning", "delivered", "deleted", "unheard-of"), "delivered"),
        (("warning", "unheard-of"), ""),
    ],
)
def test_highest_word_stays(words: tuple[str, ...], highest: str, together: bool) -> None:
    """A message shows the word of highest rank, however they came; every word is kept."""
    for order in (words, words[::-1]):
        ticks = [status("wamid.A", word, at=20 - n) for n, word in enumerate(order)]
        record(text("wamid.A"), *ticks, *ticks, together=together)
        message = Message.objects.get()
        assert message.status == highest
        assert set(message.delivery_statuses.values_list("status", flat=True)) == set(words)
        forget()


@TOGETHER
def test_words_of_payments_change_nothing(together: bool) -> None:
    """What is said of a payment stays in the history and leaves the message alone."""
    payment = status("wamid.A", "failed", extra={"type": "payment"}, error_code=1)
    record(text("wamid.A"), payment, together=together)
    message = Message.objects.get()
    assert (message.status, message.error_code, message.failed_at) == ("", None, None)
    assert message.delivery_statuses.get().type == "payment"


@TOGETHER
def test_earliest_times_stay(together: bool) -> None:
    """Of each word the message and the history keep the earliest time that was told."""
    ticks = [status("wamid.A", word, at=at) for word in ("sent", "read") for at in (30, 20, 40)]
    record(text("wamid.A"), *ticks, together=together)
    message = Message.objects.get()
    assert (message.sent_at, message.read_at) == (moment(20), moment(20))
    assert (message.delivered_at, message.failed_at) == (None, None)
    assert {row.occurred_at for row in DeliveryStatus.objects.all()} == {moment(20)}


@TOGETHER
@pytest.mark.parametrize("order", [*permutations(range(2))])
def test_cause_is_the_same_in_any_order(order: tuple[int, ...], together: bool) -> None:
    """Of the causes that two copies of a failure name the greater is shown, on both rows."""
    calls = [
        status("wamid.A", "failed", error_code=131047, error_title="Too late"),
        status("wamid.A", "failed", error_code=131042, error_title="Unpaid", format="chakra"),
    ]
    record(text("wamid.A"), *(calls[place] for place in order), together=together)
    message = Message.objects.get()
    for row in (message, message.delivery_statuses.get()):
        assert (row.error_code, row.error_title) == (131047, "Too late")


@TOGETHER
@pytest.mark.parametrize("order", [*permutations(range(2))])
def test_status_knows_every_id(order: tuple[int, ...], together: bool) -> None:
    """A status keeps Chakra's id also when the other copy says more."""
    pricing = {"pricing": {"billable": True, "category": "utility", "model": "a", "type": "b"}}
    calls = [
        status("wamid.A", "sent", extra=pricing),
        status("wamid.A", "sent", format="chakra", chakra_id="chakra-1"),
    ]
    record(*(calls[place] for place in order), together=together)
    row = DeliveryStatus.objects.get()
    assert (row.chakra_id, row.pricing_category, row.billable) == ("chakra-1", "utility", True)


@TOGETHER
def test_conversation_shows_its_newest_bubble(together: bool) -> None:
    """A conversation counts and shows by the platform's clock what it has got."""
    record(
        text("wamid.B", at=20), text("wamid.C", at=30), text("wamid.A", at=10), together=together
    )
    conversation = Conversation.objects.get()
    assert conversation.last_message is not None
    assert conversation.last_message.external_id == "wamid.C"
    assert conversation.last_at == conversation.last_inbound_at == moment(30)
    assert conversation.unread_count == 3
    assert conversation.version >= 1
    assert conversation.changed_at is not None


def test_only_what_is_after_the_mark_is_unread() -> None:
    """Unread is what stands after ``read_to``; another message adds one to it and a version."""
    record(text("wamid.A", at=10), text("wamid.B", at=20))
    Conversation.objects.update(read_to=moment(10))
    before = Conversation.objects.get().version
    record(text("wamid.C", at=30))
    conversation = Conversation.objects.get()
    assert conversation.unread_count == 2
    assert conversation.version == before + 1


def test_clock_that_runs_ahead() -> None:
    """A message from the future stands at most five minutes below its arrival."""
    ahead = int(timezone.now().timestamp()) - START + 86400
    record(text("wamid.A", at=ahead))
    message = Message.objects.get()
    assert message.occurred_at == moment(ahead)
    assert message.sort_at == message.received_at + timedelta(minutes=5)


def test_message_without_a_time() -> None:
    """A message that names no time stands where it arrived."""
    call = text("wamid.A")
    del call["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"]
    record(call)
    message = Message.objects.get()
    assert message.occurred_at is None
    assert message.sort_at == message.received_at
