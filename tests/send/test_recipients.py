"""Who a message goes to, by whatever they are given, and from which number."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from django_chakra import send
from django_chakra.exceptions import ConfigurationError, NumberNeeded, SendRefused
from django_chakra.models import BusinessNumber, Contact, Conversation, Message
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

OTHER = "919900000000"
BSUID = "BR.1234567890"
READY: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "category": "utility"}

TO: dict[str, Callable[[Conversation], Any]] = {
    "digits": lambda ana: ANA,
    "as people write it": lambda ana: "+55 (11) 98888-7777",
    "without the ninth digit": lambda ana: "+55 11 8888-7777",
    "contact": lambda ana: ana.contact,
    "conversation": lambda ana: ana,
    "message": lambda ana: ana.messages.get(),
}


@pytest.mark.parametrize("to", TO)
def test_recipients(fake: FakeChakra, ana: Conversation, to: str) -> None:
    """Whoever they are given by, it is one conversation and the number that wrote."""
    message = send.text(to=TO[to](ana), body="Hi")
    message.refresh_from_db()
    assert (message.conversation, message.status) == (ana, "accepted")
    assert [one.to for one in fake.sent] == [ANA]
    assert Conversation.objects.count() == Contact.objects.count() == 1


def test_somebody_without_a_number(
    fake: FakeChakra,
    chakra_contact: Any,
    chakra_conversation: Any,
    chakra_message: Any,
    bodies: list[dict[str, Any]],
) -> None:
    """A BSUID goes under its own key; Chakra's endpoint for numbers is refused before."""
    contact: Contact = chakra_contact(phone="", user_id=BSUID)
    conversation = chakra_conversation(contact=contact)
    chakra_message("Hello", conversation=conversation)
    for to in contact, BSUID:
        message = send.text(to=to, body="Hi")
        assert message.conversation == conversation
    assert [(body["recipient"], body.get("to")) for body in bodies] == [(BSUID, None)] * 2
    with pytest.raises(NumberNeeded):
        send.mapped_template(to=contact, **READY)
    assert Message.objects.filter(direction="out").count() == 2


def test_who_became_another_contact(
    fake: FakeChakra, ana: Conversation, chakra_contact: Any
) -> None:
    """A row that was joined with another one stands for it."""
    gone = chakra_contact(phone="", user_id="BR.OldExample", merged_into=ana.contact)
    gone.identities.all().delete()
    message = send.text(to=gone, body="Hi")
    assert message.conversation == ana
    assert [one.to for one in fake.sent] == [ANA]


def test_another_number_of_ours(
    fake: FakeChakra, ana: Conversation, bodies: list[dict[str, Any]]
) -> None:
    """What is named is sent from; that number has a conversation, and a window, of its own."""
    second = "300000000000009"
    template = {**READY, "body": ["Ana"]}
    message = send.template(to=TO["contact"](ana), phone_number_id=second, **template)
    assert message.conversation != ana
    assert message.conversation.contact == ana.contact
    assert message.conversation.number.key == second
    assert f"/{second}/messages" in bodies[0]["path"]
    with pytest.raises(SendRefused, match="another number"):
        send.text(to=ana, body="Hi", phone_number_id=second)


def test_the_author_is_kept(fake: FakeChakra, ana: Conversation) -> None:
    """What a person of ours wrote is a human's reply; what code wrote is not."""
    send.text(to=ana, body="from code")
    ana.refresh_from_db()
    assert ana.last_human_reply_at is None
    user = User.objects.create_user("bea")
    message = send.text(to=ana, body="Hi", author=user)
    ana.refresh_from_db()
    assert Message.objects.get(pk=message.pk).author == user
    assert ana.last_human_reply_at == message.sort_at


def test_rows_of_ours_that_are_named_wrongly(
    fake: FakeChakra, ana: Conversation, chakra_post_event: Any
) -> None:
    """Another account's rows, and what the platform has not named yet, are refused."""
    chakra_post_event("meta/messages__text", account="other")
    theirs = Message.objects.get(account="other")
    with pytest.raises(SendRefused, match="'other'"):
        send.text(to=theirs, body="Hi", account="default")
    with pytest.raises(SendRefused, match="'other'"):
        send.text(to=ana, body="Hi", reply_to=theirs)
    unnamed = Message(conversation=ana, account="default", direction="in")
    acts: list[Callable[[], Message]] = [
        lambda: send.text(to=ana, body="Hi", reply_to=unnamed),
        lambda: send.reaction(to=unnamed, emoji="👍"),
        lambda: send.mark_read(unnamed),
    ]
    for act in acts:
        with pytest.raises(SendRefused, match="not named"):
            act()
    ours = send.text(to=ana, body="Hi")
    ours.refresh_from_db()
    with pytest.raises(SendRefused, match="customer"):
        send.mark_read(ours)


def test_no_number_to_send_from(fake: FakeChakra, settings: Any) -> None:
    """Without PHONE_NUMBER_ID somebody new can't be written to; the exception names the key."""
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["s"]}}}
    with pytest.raises(ConfigurationError, match="PHONE_NUMBER_ID"):
        send.template(to=OTHER, **READY)
    assert not BusinessNumber.objects.exists()
