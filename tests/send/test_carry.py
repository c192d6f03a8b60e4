"""What waits is sent oldest first, one at a time in a conversation, and each at most once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from django_chakra import process, send
from django_chakra.exceptions import WindowClosed
from django_chakra.models import BusinessNumber, Conversation, DeliveryStatus, Message
from django_chakra.send import claim
from django_chakra.signals import message_failed, message_received
from django_chakra.testing.fake import FakeChakra, Reply, Taken
from django_chakra.testing.fake.misbehaviour import misbehave
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.site import Poster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

BRUNO = "5521977776666"


def words() -> list[tuple[str, str]]:
    rows = Message.objects.filter(direction="out").order_by("pk")
    return list(rows.values_list("text", "status"))


def soon() -> None:
    """What has to wait has waited."""
    Message.objects.update(next_attempt_at=None)
    Conversation.objects.update(send_after=None)
    BusinessNumber.objects.update(send_after=None)


def refuse(fake: FakeChakra, code: int, *, only: str = "", status: int = 400) -> None:
    """The platform answers with this code of Meta's, as long as the hook is there."""
    document = {"error": {"message": "No", "code": code, "error_data": {"details": "Because"}}}

    def answer(request: Any) -> Reply | None:
        is_meant = request.method == "POST" and only.encode() in request.body
        return Reply.of(document, status) if is_meant else None

    fake.before[:] = [answer]


def test_of_two_waits_the_longer_counts(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Any
) -> None:
    """Whoever was told to wait for ten minutes is not let go by a later answer of five seconds."""
    chakra_post_event("meta/messages__text", messages__id="wamid.B", messages__from=BRUNO,
                      contacts__wa_id=BRUNO)  # fmt: skip
    other = Conversation.objects.exclude(pk=ana.pk).get()
    waits = iter([600, 5])

    def answer(request: Any) -> Reply:
        if request.method == "POST" and len(waited) == 0:
            waited.append(1)
            send.carry(other.pk)  # on its way at the same time, and answered first
        return Reply(429, {"retry-after": str(next(waits))}, b"{}")

    waited: list[int] = []
    for conversation in (ana, other):
        send.text(to=conversation, body="Hi")
    queued.before.append(answer)
    send.carry(ana.pk)
    after = BusinessNumber.objects.get(pk=ana.number_id).send_after
    assert after is not None
    assert after - timezone.now() > timedelta(minutes=9)


def test_a_429_holds_what_comes_after(queued: FakeChakra, ana: Conversation) -> None:
    """Order stays; and it waits as long as the platform asked."""
    misbehave(queued, "429:first=1,seconds=60")
    for body in ("one", "two"):
        send.text(to=ana, body=body)
    send.run()
    assert words() == [("one", "queued"), ("two", "queued")]
    assert send.run() == 0
    first = Message.objects.get(text="one")
    assert first.next_attempt_at is not None
    assert timedelta(seconds=50) < first.next_attempt_at - timezone.now() < timedelta(seconds=70)
    assert first.attempt_log[0]["outcome"] == "again"
    soon()
    send.run()
    assert words() == [("one", "accepted"), ("two", "accepted")]
    assert [one.text for one in queued.sent] == ["one", "two"]


def test_no_connection_is_tried_again(queued: FakeChakra, ana: Conversation) -> None:
    """Nothing has left us."""
    misbehave(queued, "unreachable:first=1")
    message = send.text(to=ana, body="Hi")
    send.run()
    assert words() == [("Hi", "queued")]
    soon()
    send.run()
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("accepted", 2)


@pytest.mark.parametrize("code", [130429, 131056, 80007])
def test_throttling_is_no_failure(code: int, queued: FakeChakra, ana: Conversation) -> None:
    """Whatever HTTP status it comes with."""
    refuse(queued, code)
    send.text(to=ana, body="Hi")
    send.run()
    message = Message.objects.get(direction="out")
    assert (message.status, message.attempt_log[0]["code"]) == ("queued", code)
    assert message.error_code is None


@pytest.mark.parametrize(("code", "held"), [(130429, True), (80007, True), (131056, False)])
def test_who_else_has_to_wait(
    code: int, held: bool, queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Everybody of the number; or the one recipient to whom it was too much."""
    chakra_post_event("meta/messages__text", messages__id="wamid.B", messages__from=BRUNO,
                      contacts__wa_id=BRUNO)  # fmt: skip
    refuse(queued, code, only="to Ana")
    send.text(to=ana, body="to Ana")
    send.run()
    send.text(to=BRUNO, body="to Bruno")
    send.run()
    assert words() == [("to Ana", "queued"), ("to Bruno", "queued" if held else "accepted")]


def test_a_refusal_is_a_failure_that_is_told(queued: FakeChakra, ana: Conversation) -> None:
    """With the platform's code and words, on the row, in its history, and by the signal."""
    heard: list[Any] = []

    def hear(message: Message, delivery_status: DeliveryStatus, **rest: Any) -> None:
        heard.append((message.pk, delivery_status.error_code))

    message_failed.connect(hear)
    refuse(queued, 131026)
    message = send.text(to=ana, body="one")
    later = send.text(to=ana, body="two")
    refuse(queued, 131026, only="one")
    send.run()
    message_failed.disconnect(hear)
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", 131026)
    assert (message.error_title, message.error_details) == ("No", "Because")
    assert message.failed_at is not None
    assert heard == [(message.pk, 131026)]
    later.refresh_from_db()
    assert later.status == "accepted"


@pytest.mark.parametrize("rule", ["500", "html", "timeout-after", "timeout-before", "cut-after"])
def test_no_answer_is_unknown_and_holds_nobody(
    rule: str, queued: FakeChakra, ana: Conversation
) -> None:
    """It may have been taken: it is not sent again, and what follows is sent."""
    misbehave(queued, f"{rule}:first=1")
    for body in ("one", "two"):
        send.text(to=ana, body=body)
    send.run()
    send.run()
    assert words() == [("one", "unknown"), ("two", "accepted")]


def test_errors_in_an_answer_of_200_are_a_refusal(queued: FakeChakra, ana: Conversation) -> None:
    """As the platform's own SDK has it."""
    queued.before.append(lambda request: errors(200, "Something went wrong"))
    send.text(to=ana, body="Hi")
    send.run()
    assert words() == [("Hi", "failed")]


def test_wrong_settings_wait_for_right_ones(
    queued: FakeChakra, ana: Conversation, settings: Any
) -> None:
    """An account without a token: the message waits, and says why."""
    given = settings.CHAKRA
    accounts = {alias: {**one, "ACCESS_TOKEN": ""} for alias, one in given["ACCOUNTS"].items()}
    settings.CHAKRA = {**given, "ACCOUNTS": accounts}
    message = send.text(to=ana, body="Hi")
    send.run()
    message.refresh_from_db()
    assert message.status == "queued"
    assert "ACCESS_TOKEN" in message.attempt_log[0]["words"]
    settings.CHAKRA = given
    soon()
    send.run()
    assert words() == [("Hi", "accepted")]


def test_what_waited_too_long_is_not_sent(queued: FakeChakra, ana: Conversation) -> None:
    """A day late it would only confuse."""
    message = send.text(to=ana, body="Hi")
    Message.objects.filter(pk=message.pk).update(received_at=timezone.now() - timedelta(hours=25))
    send.run()
    message.refresh_from_db()
    assert (message.status, queued.sent) == ("failed", [])
    assert "SEND_WITHIN" in message.error_title


def test_a_rest_between_two_messages(queued: FakeChakra, ana: Conversation, settings: Any) -> None:
    """RECIPIENT_SECONDS, in whatever process they are sent."""
    settings.CHAKRA = {**settings.CHAKRA, "RECIPIENT_SECONDS": 60}
    for body in ("one", "two"):
        send.text(to=ana, body=body)
    send.run()
    send.run()
    assert words() == [("one", "accepted"), ("two", "queued")]
    soon()
    send.run()
    assert words() == [("one", "accepted"), ("two", "accepted")]


def test_one_at_a_time(queued: FakeChakra, ana: Conversation) -> None:
    """While one is on its way nobody takes the next, not even one that should have been first."""
    send.text(to=ana, body="one")
    send.text(to=ana, body="two")

    def look(taken: Taken) -> None:
        Message.objects.filter(text="two").update(sort_at=timezone.now() - timedelta(days=1))
        assert claim(ana.pk) is None

    queued.on_taken.append(look)
    send.run()
    assert words() == [("one", "accepted"), ("two", "accepted")]


@pytest.mark.databases("postgresql", "mariadb")
def test_many_threads_send_each_message_once(queued: FakeChakra, ana: Conversation) -> None:
    """And in their order."""
    for n in range(40):
        send.text(to=ana, body=f"{n:02}")
    together = threading.Barrier(6)

    def work() -> None:
        try:
            together.wait()
            for _ in range(20):
                send.carry(ana.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.text for one in queued.sent] == [f"{n:02}" for n in range(40)]
    assert {status for _, status in words()} == {"accepted"}


def test_what_a_receiver_sends_leaves_after_all_were_told(
    fake: FakeChakra, chakra_post_event: Poster
) -> None:
    """A slow platform does not come between two receivers of one conversation."""
    order: list[str] = []

    def answer(message: Message, **rest: Any) -> None:
        order.append("answers")
        send.text(to=message, body="Thanks")

    def second(message: Message, **rest: Any) -> None:
        order.append("told")

    message_received.connect(answer)
    message_received.connect(second)
    fake.on_taken.append(lambda taken: order.append("sent"))
    chakra_post_event("meta/messages__text")
    message_received.disconnect(answer)
    message_received.disconnect(second)
    assert order == ["answers", "told", "sent"]
    assert words() == [("Thanks", "accepted")]


def test_a_stopped_process_leaves_unknown(queued: FakeChakra, ana: Conversation) -> None:
    """After its time, and what comes after goes on."""
    send.text(to=ana, body="one")
    send.text(to=ana, body="two")
    assert claim(ana.pk) is not None
    assert send.run() == 0
    Message.objects.filter(text="one").update(claimed_until=timezone.now() - timedelta(seconds=1))
    send.run()
    assert words() == [("one", "unknown"), ("two", "accepted")]
    assert Message.objects.get(text="one").attempt_log[0]["outcome"] == "unknown"


def test_a_closed_window_is_refused_before_anything_is_written(
    queued: FakeChakra, ana: Conversation
) -> None:
    """By an exception that says since when."""
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(WindowClosed, match="only a template"):
        send.text(to=ana, body="Hi")
    assert words() == []


def test_the_loop_of_the_worker_finds_nothing_twice(queued: FakeChakra, ana: Conversation) -> None:
    """What is done is not due."""
    send.text(to=ana, body="Hi")
    assert (send.run(), send.run()) == (1, 0)
    assert process.sweep() == 0


def test_a_worker_waits_until_all_were_told(queued: FakeChakra, ana: Conversation) -> None:
    """While a conversation is leased by who tells what came in, nothing of ours leaves in it."""
    send.text(to=ana, body="Hi")
    Conversation.objects.update(announcing_until=timezone.now() + timedelta(seconds=60))
    assert send.run() == 0
    Conversation.objects.update(announcing_until=None)
    assert send.run() == 1
