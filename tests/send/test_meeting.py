"""A message of ours meets another process, another message like it, or the end of its window."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from django_chakra import send
from django_chakra.models import Conversation, Message
from django_chakra.send.carry import claim
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Request, Taken
from django_chakra.testing.fake.statuses import echo, status
from django_chakra.testing.site import Poster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def lose_first(fake: FakeChakra, *, taken: bool) -> None:
    """Of the first request there is no answer."""
    left = [Misbehaviour.silent(taken=taken)]

    def decide(request: Request) -> Misbehaviour | None:
        return left.pop() if left else None

    fake.before.append(decide)


def test_a_status_of_what_is_on_its_way_is_not_anothers(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Chakra's format names no row: a tick that comes before the answer waits for the answer."""
    lose_first(queued, taken=False)
    lost, sent = send.text(to=ana, body="Hi"), send.text(to=ana, body="Ho")

    def tell(taken: Taken) -> None:
        fact = status(queued.events, taken.message, "delivered", taken.message.accepted_at)
        chakra_post_event(fact.documents["chakra"])

    queued.on_taken.append(tell)
    send.run()
    for row in (lost, sent):
        row.refresh_from_db()
    assert (lost.status, lost.external_id) == ("unknown", None)
    assert (sent.status, sent.external_id) == ("delivered", queued.sent[-1].wamid)


def test_an_echo_and_ticks_in_one_delivery_become_ours(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster, caplog: Any
) -> None:
    """The echo, which has another wording, made a row; of two ticks the first takes it in."""
    lose_first(queued, taken=True)
    message = send.text(to=ana, body="Hi")

    def tell(taken: Taken) -> None:
        document = json.dumps(echo(queued.events, taken.message).documents["chakra"])
        chakra_post_event(document.replace('"Hi"', '"Hi!"').encode())

    queued.on_taken.append(tell)
    send.run()
    [taken] = queued.sent
    assert Message.objects.filter(direction="out").count() == 2
    ticks = [
        status(queued.events, taken, word, taken.accepted_at).documents["meta"]
        for word in ("sent", "delivered")
    ]
    chakra_post_event(calls.batch_call(*ticks))
    message.refresh_from_db()
    assert (message.status, message.external_id, message.text) == ("delivered", taken.wamid, "Hi")
    assert Message.objects.filter(direction="out").count() == 1
    assert "could not be recorded" not in caplog.text


def test_who_pauses_takes_no_message_of_another(queued: FakeChakra, ana: Conversation) -> None:
    """A process that sleeps for longer than its claim wakes up with its own message."""
    first, second = send.text(to=ana, body="1"), send.text(to=ana, body="2")
    others: list[Message | None] = []

    def pause(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("UPDATE") and "sending_in" in sql and not others:
            others.append(None)
            late = timezone.now() - timedelta(seconds=1)
            Message.objects.filter(pk=first.pk).update(claimed_until=late)
            assert send.recover() == 1
            others.append(claim(ana.pk))
        return result

    with connection.execute_wrapper(pause):
        mine = claim(ana.pk)
    assert (mine, others[-1]) == (first, second)


def test_what_answers_while_it_is_given_up_keeps_its_end(
    queued: FakeChakra, ana: Conversation
) -> None:
    """Whoever finds the claim run out does nothing where the answer was written down meanwhile."""
    message = send.text(to=ana, body="Hi")
    assert claim(ana.pk) == message
    Message.objects.filter(pk=message.pk).update(
        claimed_until=timezone.now() - timedelta(seconds=1)
    )

    def answer(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "sending_in" in sql and message.status == "queued":
            message.status = "answered"
            Message.objects.filter(pk=message.pk).update(
                status="queued", sending_in=None, claimed_until=None
            )
        return execute(sql, *rest)

    with connection.execute_wrapper(answer):
        send.recover()
    message.refresh_from_db()
    assert message.status == "queued"


def test_a_window_that_closed_meanwhile(queued: FakeChakra, ana: Conversation) -> None:
    """What waited until the window closed is not sent, and says so."""
    message = send.text(to=ana, body="Hi")
    Message.objects.filter(direction="in").update(sort_at=timezone.now() - timedelta(hours=25))
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    send.run()
    message.refresh_from_db()
    assert (message.status, message.error_code, queued.sent) == ("failed", 131047, [])
    assert not [one for one in queued.ledger.entries("request") if one["method"] == "POST"]
