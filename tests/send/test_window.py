"""The 24-hour window: when it is open, and what is refused outside it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import send
from django_chakra.exceptions import WindowClosed
from django_chakra.models import Contact, Conversation, DeliveryStatus, Message
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

DAY = 24 * 3600
OTHER = "919900000000"
TEMPLATE: dict[str, Any] = {
    "name": "order_ready",
    "language": "pt_BR",
    "body": ["Asha"],
    "category": "utility",
}


@pytest.fixture
def yesterday(fake: FakeChakra, chakra_message: Any) -> Conversation:
    """Somebody wrote, a minute too long ago."""
    message: Message = chakra_message("Hello", at=time.time() - DAY - 60)
    return Conversation.objects.get(pk=message.conversation_id)


def closes_at(conversation: Conversation) -> datetime | None:
    return Conversation.objects.get(pk=conversation.pk).window_closes_at


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(int(at), tz=UTC)


def test_it_closes_a_day_after_the_newest_bubble(
    chakra_fake: FakeChakra, chakra_message: Any
) -> None:
    """By the platform's clock, and not by when or in which order messages came."""
    now = time.time()
    conversation = chakra_message("Hello", at=now - 3600).conversation
    chakra_message("written before, heard later", conversation=conversation, at=now - 2 * DAY)
    assert closes_at(conversation) == moment(now - 3600) + timedelta(days=1)
    chakra_message("Are you there?", conversation=conversation, at=now - 60)
    assert closes_at(conversation) == moment(now - 60) + timedelta(days=1)
    assert Conversation.objects.get().window_open


def test_only_their_bubbles_open_it(
    chakra_fake: FakeChakra, chakra_message: Any, chakra_post_event: Any
) -> None:
    """No reaction, no answer of ours, no history; somebody who never wrote has none."""
    now = time.time()
    first = chakra_message("Hello", at=now - 2 * DAY)
    conversation: Conversation = first.conversation
    number = conversation.contact.identities.get().value  # type: ignore[union-attr]
    closed = closes_at(conversation)
    chakra_message("From the inbox", conversation=conversation, direction="out", at=now)
    reaction = {"message_id": first.external_id, "emoji": "👍"}
    chakra_message(reaction, type="reaction", conversation=conversation, at=now)
    old = {"from": number, "id": "wamid.old", "timestamp": str(int(now)), "type": "text"}
    history = {"threads": [{"id": number, "messages": [{**old, "text": {"body": "Old"}}]}]}
    document = calls.item_call(history, field="history", key="history", contacts=[])
    chakra_post_event(document)
    assert conversation.messages.count() == 4
    assert closes_at(conversation) == closed
    assert not Conversation.objects.get().window_open


def test_a_wrong_clock_does_not_hold_it_open(chakra_fake: FakeChakra, chakra_message: Any) -> None:
    """A time in the future counts for five minutes more at most."""
    message = chakra_message("From tomorrow", at=time.time() + 30 * DAY)
    assert closes_at(message.conversation) <= timezone.now() + timedelta(days=1, minutes=5)  # type: ignore[operator]


def test_a_group_has_none(fake: FakeChakra, chakra_post_event: Any) -> None:
    """Its members may always be written to; the sample is of long ago."""
    chakra_post_event("meta/messages__text_group")
    Message.objects.update(sort_at=timezone.now() - timedelta(days=9))
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(days=9))
    group = Conversation.objects.get()
    assert (group.window_open, group.window_closes_at) == (True, None)
    message = send.text(to=group, body="Hi all")
    message.refresh_from_db()
    assert message.error_code != 131047
    assert len(fake.ledger.entries("request")) == 1


SESSION: dict[str, Any] = {
    "text": lambda to: send.text(to=to, body="Hi"),
    "image": lambda to: send.image(to=to, link="https://example.com/a.png"),
    "buttons": lambda to: send.buttons(to=to, body="?", buttons=[{"id": "y", "title": "Yes"}]),
    "reaction": lambda to: send.reaction(to=to, message_id="wamid.x", emoji="👍"),
}


@pytest.mark.parametrize("kind", SESSION)
def test_outside_it_nothing_is_written(
    fake: FakeChakra, yesterday: Conversation, kind: str
) -> None:
    """What is no template raises, with the time when the window closed."""
    with pytest.raises(WindowClosed, match="only a template") as caught:
        SESSION[kind](yesterday)
    assert caught.value.closed_at == closes_at(yesterday)
    assert not Message.objects.filter(direction="out").exists()
    assert fake.ledger.entries("request") == []


def test_to_somebody_new_nothing_is_written(fake: FakeChakra) -> None:
    """Who never wrote has no window; no contact is made."""
    with pytest.raises(WindowClosed) as caught:
        send.text(to=OTHER, body="Hi")
    assert caught.value.closed_at is None
    assert not Contact.objects.exists()
    assert not Conversation.objects.exists()


def test_templates_and_receipts_pass(fake: FakeChakra, yesterday: Conversation) -> None:
    """They need no window."""
    rows = [
        send.template(to=yesterday, **TEMPLATE),
        send.mapped_template(to=yesterday, **TEMPLATE),
        send.mark_read(Message.objects.get(direction="in")),
    ]
    assert len(fake.ledger.entries("request")) == 3
    for row in rows:
        row.refresh_from_db()
        assert row.status == "accepted", row.attempt_log


def test_the_platform_may_decide(fake: FakeChakra, yesterday: Conversation, settings: Any) -> None:
    """With WINDOW "allow" the request is made, whatever comes of it."""
    settings.CHAKRA = {**settings.CHAKRA, "WINDOW": "allow"}
    message = send.text(to=yesterday, body="Hi")
    message.refresh_from_db()
    assert len(fake.ledger.entries("request")) == 1
    assert message.status in ("accepted", "failed")


def test_what_waited_too_long_fails_here(queued: FakeChakra, chakra_message: Any) -> None:
    """A window that closed meanwhile: the platform's code and no request; a template still goes."""
    question = chakra_message("Hello", at=time.time() - 60)
    message = send.text(to=question, body="Hi")
    template = send.template(to=question, **TEMPLATE)
    long_ago = timezone.now() - timedelta(days=1, seconds=1)
    Message.objects.filter(pk=question.pk).update(sort_at=long_ago)
    Conversation.objects.update(last_inbound_at=long_ago)
    send.run()
    message.refresh_from_db()
    template.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", 131047)
    assert DeliveryStatus.objects.get(message=message).error_code == 131047
    assert template.status == "accepted"
    assert [one.kind for one in queued.sent] == ["template"]
    assert len(queued.ledger.entries("request")) == 1


def test_a_window_that_opened_again_lets_it_pass(queued: FakeChakra, chakra_message: Any) -> None:
    """What counts is the window when it is sent."""
    question = chakra_message("Hello", at=time.time() - DAY + 30)
    message = send.text(to=question, body="Hi")
    chakra_message("Are you there?", conversation=question.conversation, at=time.time())
    Message.objects.filter(pk=question.pk).update(sort_at=timezone.now() - timedelta(days=2))
    send.run()
    message.refresh_from_db()
    assert message.status == "accepted"
