"""A message is written down with the caller's data, and carried after the commit."""

from typing import Any

import pytest
from django.db import transaction

from django_chakra import send
from django_chakra.models import Conversation, Message
from django_chakra.testing.fake import FakeChakra

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_a_text_is_sent_and_accepted(fake: FakeChakra, ana: Conversation) -> None:
    """One call: the row is there, the platform has it, and its name is known."""
    message = send.text(to="+55 11 98888-7777", body="Your order is on its way")
    message.refresh_from_db()
    [taken] = fake.sent
    assert (message.status, message.external_id) == ("accepted", taken.wamid)
    assert message.conversation == ana
    assert (taken.text, taken.to) == ("Your order is on its way", "5511988887777")
    assert (message.attempts, [one["outcome"] for one in message.attempt_log]) == (1, ["accepted"])
    ana.refresh_from_db()
    assert ana.last_message == message


def test_nothing_is_sent_when_the_caller_rolls_back(fake: FakeChakra, ana: Conversation) -> None:
    """Neither row nor request."""
    with transaction.atomic():
        send.text(to=ana, body="Hi")
        transaction.set_rollback(True)
    assert fake.sent == []
    assert not Message.objects.filter(direction="out").exists()


def test_nothing_is_sent_before_the_commit(fake: FakeChakra, ana: Conversation) -> None:
    """The request leaves once the caller's transaction is there to stay."""
    with transaction.atomic():
        send.text(to=ana, body="Hi")
        assert fake.sent == []
    assert [one.text for one in fake.sent] == ["Hi"]


def test_somebody_new_gets_a_template(fake: FakeChakra) -> None:
    """A contact and a conversation are made for a number that never wrote."""
    template = next(one for one in fake.state.templates.values() if one.status == "APPROVED")
    message = send.template(
        to="919900000000", name=template.name, language=template.language, body=["Asha"]
    )
    message.refresh_from_db()
    assert message.status == "accepted", message.attempt_log
    assert message.conversation.contact.identities.get().value == "919900000000"  # type: ignore[union-attr]


def test_every_status_lands_on_the_row(
    fake: FakeChakra, ana: Conversation, chakra_post_due: Any, chakra_clock: Any
) -> None:
    """Sent, delivered and read are rows of the message, which shows the highest."""
    message = send.text(to=ana, body="Hi")
    chakra_clock.move(60)
    chakra_post_due()
    message.refresh_from_db()
    assert message.status == "read"
    assert message.delivery_statuses.count() == 3
