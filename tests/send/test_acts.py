"""Sending again, cancelling, and asking the platform what became of a message."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from django_chakra import process, send, signals
from django_chakra.exceptions import (
    AuthenticationFailed,
    MarketingStopped,
    NumberNeeded,
    SendRefused,
    WindowClosed,
)
from django_chakra.models import (
    Campaign,
    Contact,
    ContactIdentity,
    Conversation,
    Message,
    MessageStatus,
)
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Reply
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.state import Message as Kept
from django_chakra.testing.fake.taking import keep

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

ANA = "5511988887777"


def fresh(message: Message) -> Message:
    """The row as it is now."""
    return Message.objects.get(pk=message.pk)


def lost(fake: FakeChakra, body: str = "Hi", *, taken: bool = True, to: Any = ANA) -> Message:
    """A message to which no answer came: the platform has it, or not."""
    fake.before.append(lambda request: Misbehaviour.cut(taken=taken))
    message = send.text(to=to, body=body)
    send.run()
    fake.before.clear()
    message = fresh(message)
    assert (message.status, message.external_id) == ("unknown", None), message.attempt_log
    return message


def failed(fake: FakeChakra, ana: Conversation) -> Message:
    """A message that the platform refused."""
    fake.state.windows.clear()
    message = send.text(to=ana, body="Hi", reply_to=ana.messages.get())
    send.run()
    fake.state.open_window(ANA, phone_number_id=fake.phone_number_id, at=fake.clock.now())
    message = fresh(message)
    assert message.status == "failed"
    return message


def written(fake: FakeChakra, text: str, *, later: float = 0, **more: Any) -> Kept:
    """A message to Ana that nobody told us of."""
    return keep(
        fake, customer=ANA, kind="text", body={"body": text}, at=fake.clock.now() + later,
        phone_number_id=fake.phone_number_id, **more,
    )  # fmt: skip


def asked(fake: FakeChakra) -> int:
    """How often it was asked for its list."""
    entries = fake.ledger.entries("request")
    return sum("list-chat-messages" in str(entry) for entry in entries)


def move_window(conversation: Conversation, hours: float) -> None:
    """Let the customer have written so many hours ago."""
    at = timezone.now() - timedelta(hours=hours)
    Conversation.objects.filter(pk=conversation.pk).update(last_inbound_at=at)


# Again


def test_again_sends_the_same(queued: FakeChakra, ana: Conversation) -> None:
    """The retry is a new message with the same content, which names the first one."""
    staff = User.objects.create_user("maria")
    first = failed(queued, ana)
    retry = send.again(first, author=staff)
    send.run()
    retry = fresh(retry)
    assert (retry.status, retry.retry_of, retry.author) == ("accepted", first, staff)
    assert (retry.payload, retry.text, retry.reply_to) == (first.payload, "Hi", first.reply_to)
    assert [one.text for one in queued.sent] == ["Hi"]
    assert fresh(first).status == "failed"


def test_again_once(queued: FakeChakra, ana: Conversation) -> None:
    """However often it is asked for, and whatever became of both, there is one retry."""
    first = failed(queued, ana)
    with transaction.atomic():
        retries = [send.again(first), send.again(first)]
    send.run()
    Message.objects.filter(pk=first.pk).update(status="delivered")
    retries.append(send.again(fresh(first)))
    assert len({retry.pk for retry in retries}) == 1
    assert len(queued.sent) == 1


def test_the_retry_itself_may_be_sent_again(queued: FakeChakra, ana: Conversation) -> None:
    """Each message has one retry, and so has each retry."""
    first = failed(queued, ana)
    second = send.again(first)
    with pytest.raises(SendRefused, match="queued"):
        send.again(second)
    send.cancel(second)
    third = send.again(second)
    assert (third.retry_of, Message.objects.filter(direction="out").count()) == (second, 3)


def test_what_may_be_sent_again(queued: FakeChakra, ana: Conversation) -> None:
    """What has not arrived, as far as anybody knows, and nothing that may be on its way."""
    for status in MessageStatus.values:
        message = send.text(to=ana, body=status)
        Message.objects.filter(pk=message.pk).update(status=status)
        with contextlib.suppress(SendRefused):
            send.again(message)
    retries = Message.objects.filter(retry_of__isnull=False)
    assert sorted(row.text for row in retries) == ["cancelled", "failed", "unknown", "withheld"]


def test_nobody_sends_again_what_others_sent(queued: FakeChakra, ana: Conversation) -> None:
    """A customer's message, an echo, a read receipt: refused."""
    receipt = send.mark_read(ana.messages.get())
    Message.objects.filter(pk=receipt.pk).update(status="failed")
    theirs = ana.messages.get(direction="in")
    echo = send.text(to=ana, body="Hi")
    Message.objects.filter(pk=echo.pk).update(status="failed", source="echo_inbox")
    for message in (receipt, theirs, echo):
        with pytest.raises(SendRefused):
            send.again(message)


def test_another_message_with_that_key(queued: FakeChakra, ana: Conversation) -> None:
    """A key of the host's that looks like ours is no retry."""
    first = failed(queued, ana)
    send.text(to=ana, body="Other", idempotency_key=f"again:{first.pk}")
    with pytest.raises(SendRefused, match="idempotency"):
        send.again(first)


def test_again_looks_at_the_window_anew(queued: FakeChakra, ana: Conversation) -> None:
    """What could be sent yesterday may need a template today."""
    first = failed(queued, ana)
    move_window(ana, 25)
    with pytest.raises(WindowClosed):
        send.again(first)
    assert first.retries.count() == 0


def test_again_looks_at_marketing_anew(queued: FakeChakra, ana: Conversation) -> None:
    """A template to somebody who wants no marketing since: refused, unless it is none."""
    template = next(one for one in queued.state.templates.values() if one.status == "APPROVED")
    first = send.template(to=ana, name=template.name, language=template.language, body=["Asha"])
    send.cancel(first)
    Contact.objects.update(marketing_stopped_at=timezone.now())
    with pytest.raises(MarketingStopped):
        send.again(first)
    send.again(first, category="utility")
    send.run()
    assert [one.kind for one in queued.sent] == ["template"]


def test_again_in_a_campaign_waits_with_it(queued: FakeChakra, ana: Conversation) -> None:
    """A retry belongs to the campaign, and leaves when that goes on."""
    campaign = Campaign.objects.create(account="default", name="May")
    first = failed(queued, ana)
    Message.objects.filter(pk=first.pk).update(campaign=campaign)
    campaign.hold("paused")
    retry = send.again(first)
    send.run()
    assert (fresh(retry).status, fresh(retry).campaign) == ("paused", campaign)
    assert queued.sent == []


# Cancel


def test_cancel(queued: FakeChakra, ana: Conversation) -> None:
    """What waits never leaves, and says who did that; what came after it goes on."""
    first, second = send.text(to=ana, body="One"), send.text(to=ana, body="Two")
    assert send.cancel(first, author=User.objects.create_user("maria")) == 1
    send.run()
    assert (fresh(first).status, fresh(second).status) == ("cancelled", "accepted")
    assert [one.text for one in queued.sent] == ["Two"]
    assert fresh(first).error_title.startswith("Cancelled ")
    assert fresh(first).error_title.endswith(" UTC by maria")
    assert send.cancel(first) == 0


def test_cancel_many(queued: FakeChakra, ana: Conversation, monkeypatch: Any) -> None:
    """Of a queryset, also one with joins and over several batches, those that wait."""
    monkeypatch.setattr("django_chakra.send.acts.BATCH", 2)
    messages = [send.text(to=ana, body=str(number)) for number in range(6)]
    for message, status in zip(messages, ("sending", "accepted", "paused"), strict=False):
        Message.objects.filter(pk=message.pk).update(status=status)
    chosen = Message.objects.filter(conversation__contact__name="Ana")
    assert send.cancel(chosen) == 4
    statuses = [fresh(message).status for message in messages]
    assert statuses == ["sending", "accepted", *["cancelled"] * 4]
    assert ana.messages.get(direction="in").status == ""


def test_what_is_being_sent_goes_on(queued: FakeChakra, ana: Conversation) -> None:
    """A cancel that comes while the request is on its way changes nothing."""
    message = send.text(to=ana, body="Hi")
    counts = []

    def meanwhile(request: Any) -> None:
        counts.append(send.cancel(message))

    queued.before.append(meanwhile)
    send.run()
    assert (counts, fresh(message).status) == ([0], "accepted")


# Check


@pytest.fixture
def delivered() -> Iterator[list[Message]]:
    """The messages of which receivers hear that they were delivered."""
    told: list[Message] = []

    def hears(message: Message, **named: Any) -> None:
        told.append(message)

    signals.message_delivered.connect(hears, dispatch_uid="acts")
    yield told
    signals.message_delivered.disconnect(dispatch_uid="acts")


@pytest.mark.parametrize("runner", ["inline", "worker"])
def test_check_finds_it(
    fake: FakeChakra,
    ana: Conversation,
    delivered: list[Message],
    settings: Any,
    chakra_post_event: Any,
    runner: str,
) -> None:
    """The only one that fits: it has its name, and the platform's word is told, once."""
    message = lost(fake)
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": runner}
    [taken] = fake.sent
    taken.status = "DELIVERED"
    checked = send.check(message)
    assert (checked.finding, checked.words) == ("found", "The platform has it: it is delivered.")
    assert delivered == ([message] if runner == "inline" else [])
    # The webhook comes late.
    chakra_post_event(
        calls.status_call(
            "chakra",
            external_id=taken.wamid,
            status="delivered",
            timestamp=int(taken.accepted_at),
            recipient=ANA,
        )
    )
    process.sweep()
    message = fresh(message)
    assert (message.external_id, message.chakra_id) == (taken.wamid, taken.chakra_id)
    assert (message.status, message.resolution) == ("delivered", "check")
    assert delivered == [message]
    assert message.delivery_statuses.count() == 1
    assert send.check(message).finding == "known"


def test_check_links_what_waited(
    queued: FakeChakra, ana: Conversation, delivered: list[Message], chakra_post_event: Any
) -> None:
    """Statuses that were here first, of a time that fits nothing, are the message's."""
    message = lost(queued)
    [taken] = queued.sent
    post = calls.status_call(
        "chakra", external_id=taken.wamid, status="delivered", timestamp=1_700_000_000,
        recipient=ANA,
    )  # fmt: skip
    chakra_post_event(post)
    assert fresh(message).status == "unknown"
    assert send.check(message).finding == "found"
    process.sweep()
    assert (fresh(message).status, delivered) == ("delivered", [message])


def test_check_of_what_never_arrived(queued: FakeChakra, ana: Conversation) -> None:
    """Nothing like it: it stays unknown, and the check says so."""
    message = lost(queued, taken=False)
    written(queued, "Hi", later=-600)
    written(queued, "Hi", later=600)
    written(queued, "Something else")
    written(queued, "Hi", direction="INBOUND")
    keep(
        queued, customer=ANA, kind="image", body={"link": "https://example.com/1"},
        at=queued.clock.now(), phone_number_id=queued.phone_number_id,
    )  # fmt: skip
    checked = send.check(message)
    assert checked.finding == "nothing"
    assert "shows nothing like it" in checked.words
    assert (fresh(message).status, fresh(message).resolution) == ("unknown", "")


def test_check_leaves_other_rows_alone(queued: FakeChakra, ana: Conversation) -> None:
    """What is known to be another message of ours is no candidate."""
    send.text(to=ana, body="Hi")
    send.run()
    message = lost(queued, taken=False)
    assert send.check(message).finding == "nothing"
    again = lost(queued)
    assert send.check(again).finding == "several"  # the first one may be it as well


def test_check_of_several(queued: FakeChakra, ana: Conversation) -> None:
    """Where two would fit it is nobody's, and says so."""
    message = lost(queued)
    written(queued, "Hi")
    checked = send.check(message)
    assert checked.finding == "several"
    assert (fresh(message).status, fresh(message).resolution) == ("unknown", "ambiguous")


def test_check_finds_neighbours(queued: FakeChakra, ana: Conversation) -> None:
    """Others to the same customer are found along the way; a picture by its kind."""
    one, two = lost(queued, "One"), lost(queued, "Two")
    queued.before.append(lambda request: Misbehaviour.cut(taken=True))
    picture = send.image(to=ana, link="https://example.com/cat.png")
    send.run()
    queued.before.clear()
    assert send.check(two).finding == "found"
    names = [fresh(message).external_id for message in (one, two, picture)]
    assert names == [taken.wamid for taken in queued.sent]


def test_check_takes_in_an_echo(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Any
) -> None:
    """A copy of it that came by webhook and fitted nothing becomes part of our row."""
    message = lost(queued)
    [taken] = queued.sent
    item = {
        "from": calls.DISPLAY_NUMBER, "to": ANA, "id": taken.wamid, "timestamp": "1700000000",
        "type": "text", "text": {"body": "Hi"},
    }  # fmt: skip
    chakra_post_event(calls.echo_call("chakra", item, by_phone=False))
    assert Message.objects.filter(direction="out").count() == 2
    assert send.check(message).finding == "found"
    assert Message.objects.get(direction="out").external_id == taken.wamid


def test_check_of_what_whatsapp_has_not_named(queued: FakeChakra, ana: Conversation) -> None:
    """One that fits and has no wamid is not the message's name, nor nothing."""
    message = lost(queued)
    queued.sent[0].wamid = ""
    assert send.check(message).finding == "unnamed"
    assert fresh(message).status == "unknown"


def test_check_stops_at_its_time(queued: FakeChakra, ana: Conversation) -> None:
    """Of a long list the newest pages are asked for, as far as the message."""
    for number in range(120):
        written(queued, str(number), later=-1000 + number)
    message = lost(queued)
    assert send.check(message).looked_at == 3  # with what Ana wrote, and one that is too old
    assert asked(queued) == 1


def test_check_does_not_see_so_far(queued: FakeChakra, ana: Conversation, monkeypatch: Any) -> None:
    """A list that does not go back to the message says nothing of it."""
    monkeypatch.setattr("django_chakra.send.checking.MOST", 10)
    message = lost(queued)
    for number in range(10):
        written(queued, str(number), later=100 + number)
    assert send.check(message).finding == "unseen"


def test_check_of_what_is_not_unknown(queued: FakeChakra, ana: Conversation) -> None:
    """The platform is not asked for what it can't know."""
    message = send.text(to=ana, body="Hi")
    receipt = send.mark_read(ana.messages.get(direction="in"))
    Message.objects.filter(pk=receipt.pk).update(status="unknown")
    for status in ("queued", "paused", "sending", "failed", "cancelled", "withheld"):
        Message.objects.filter(pk=message.pk).update(status=status)
        for row in (message, receipt):
            with pytest.raises(SendRefused):
                send.check(row)
    assert asked(queued) == 0


def test_check_needs_a_phone_number(queued: FakeChakra, ana: Conversation) -> None:
    """Of somebody known by user id alone the platform lists nothing; a known number is used."""
    message = lost(queued)
    body = {**message.payload, "recipient": "IN.1A2B3C4D5E6F7G8H9I0J"}
    Message.objects.filter(pk=message.pk).update(payload={**body, "to": ""})
    assert send.check(message).finding == "found"
    Message.objects.filter(pk=message.pk).update(external_id=None, status="unknown")
    ContactIdentity.objects.all().delete()
    with pytest.raises(NumberNeeded):
        send.check(message)


def test_check_without_an_answer(queued: FakeChakra, ana: Conversation) -> None:
    """The error is the caller's, and nothing has changed."""
    message = lost(queued)
    queued.before.append(lambda request: errors(401, "Who are you?"))
    with pytest.raises(AuthenticationFailed):
        send.check(message)
    assert fresh(message).status == "unknown"


def test_check_reads_any_list(queued: FakeChakra, ana: Conversation) -> None:
    """Entries of another shape are passed over."""
    message = lost(queued)
    entries: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        {"direction": 3, "timestamp": "soon"},
        {"context": "\0"},
    ]
    queued.before.append(lambda request: Reply.of({"_data": entries}))
    assert send.check(message).finding == "nothing"
