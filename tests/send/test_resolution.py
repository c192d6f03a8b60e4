"""Which row a fact of the platform's is about: by callback data, by id, by what fits, or not."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from django_chakra import process, send
from django_chakra.models import Conversation, DeliveryStatus, Message
from django_chakra.models.callback_data import callback_data
from django_chakra.signals import message_echoed
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Taken
from django_chakra.testing.site import Poster

from ..posting import stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

ANA = "5511988887777"


def now() -> int:
    return int(timezone.now().timestamp())


def tick(format: str, wamid: str, word: str = "delivered", **more: Any) -> dict[str, Any]:
    return calls.status_call(
        format, external_id=wamid, status=word, timestamp=now(), recipient=ANA, **more
    )


def echo(wamid: str, body: str, format: str = "chakra") -> dict[str, Any]:
    item = {
        "from": calls.DISPLAY_NUMBER, "to": ANA, "id": wamid, "timestamp": str(now()),
        "type": "text", "text": {"body": body},
    }  # fmt: skip
    return calls.echo_call(format, item, by_phone=False)


def silent(fake: FakeChakra) -> None:
    """The platform takes what comes and says nothing."""
    fake.before.append(
        lambda request: Misbehaviour.silent(taken=True) if request.method == "POST" else None
    )


def lost(fake: FakeChakra, ana: Conversation, body: str = "Hi") -> tuple[Message, str]:
    """A message that was taken, and whose answer was lost; with what the platform calls it."""
    silent(fake)
    message = send.text(to=ana, body=body)
    send.run()
    fake.before.clear()
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("unknown", None)
    return message, fake.sent[-1].wamid


def test_unknown_is_not_sent_again(queued: FakeChakra, ana: Conversation) -> None:
    """However often what waits is carried; and what comes after it goes on."""
    message, _ = lost(queued, ana)
    later = send.text(to=ana, body="And this?")
    for _ in range(3):
        send.run()
    message.refresh_from_db()
    later.refresh_from_db()
    assert (message.status, later.status) == ("unknown", "accepted")
    assert [one.text for one in queued.sent] == ["Hi", "And this?"]


def test_callback_data_names_the_row(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Two unknown ones that say the same are told apart."""
    first, _ = lost(queued, ana)
    second, other = lost(queued, ana)
    data = callback_data("default", second.pk)
    chakra_post_event(tick("meta", other, callback_data=data))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.status, second.external_id) == ("delivered", other)
    assert second.resolution == "callback"
    assert (first.status, first.external_id) == ("unknown", None)


@pytest.mark.parametrize(
    "forged",
    ["dc:default:{pk}:0000000000000000", "dc:other:{pk}:{check}", "dc:default:{pk}", "{pk}"],
)
def test_forged_callback_data_names_nothing(
    forged: str, queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Another site's row of the same key is not ours."""
    message = send.text(to=ana, body="Hi")
    check = callback_data("default", message.pk).rpartition(":")[2]
    chakra_post_event(
        tick("meta", "wamid.X", callback_data=forged.format(pk=message.pk, check=check))
    )
    assert DeliveryStatus.objects.get().message is None
    message.refresh_from_db()
    assert message.external_id is None


def test_the_only_status_that_fits(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Chakra's own format brings no callback data: the recipient and the time decide."""
    message, wamid = lost(queued, ana)
    chakra_post_event(tick("chakra", wamid))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("delivered", wamid)
    assert (message.resolution, message.delivery_statuses.count()) == ("status", 1)


def test_a_status_for_somebody_else_does_not_fit(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Nor one of another time."""
    message, _ = lost(queued, ana)
    chakra_post_event(
        calls.status_call(
            "chakra",
            external_id="wamid.B",
            status="sent",
            timestamp=now(),
            recipient="5521977776666",
        )
    )
    early = now() - 3600
    chakra_post_event(
        calls.status_call(
            "chakra", external_id="wamid.C", status="sent", timestamp=early, recipient=ANA
        )
    )
    message.refresh_from_db()
    assert message.status == "unknown"


def test_ambiguous_ones_are_shown_as_such(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Two that fit two: nobody guesses."""
    first, one = lost(queued, ana)
    second, _ = lost(queued, ana)
    chakra_post_event(tick("chakra", one, "sent"))
    for message in (first, second):
        message.refresh_from_db()
        assert (message.status, message.resolution) == ("unknown", "ambiguous")
    assert DeliveryStatus.objects.get().message is None


@pytest.mark.parametrize("first", ["echo", "unknown"])
def test_the_only_echo_that_fits(
    first: str, queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """It becomes part of our row, whether the answer was lost before it came or after."""
    if first == "unknown":
        message, wamid = lost(queued, ana)
        chakra_post_event(echo(wamid, "Hi"))
    else:

        def tell(taken: Taken) -> None:
            chakra_post_event(echo(taken.message.wamid, "Hi"))

        queued.on_taken.append(tell)
        silent(queued)
        message = send.text(to=ana, body="Hi")
        send.run()
        wamid = queued.sent[-1].wamid
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("accepted", wamid)
    assert message.resolution == "echo"
    assert Message.objects.filter(direction="out").count() == 1


def test_an_echo_before_the_answer(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """One row, the one that the caller has; nobody is told of an echo of our own."""
    heard: list[Message] = []

    def hear(message: Message, **rest: Any) -> None:
        heard.append(message)

    message_echoed.connect(hear)

    def tell(taken: Taken) -> None:
        chakra_post_event(echo(taken.message.wamid, "Hi"))

    queued.on_taken.append(tell)
    message = send.text(to=ana, body="Hi")
    send.run()
    message_echoed.disconnect(hear)
    message.refresh_from_db()
    assert (message.status, message.resolution) == ("accepted", "answer")
    assert Message.objects.filter(direction="out").get() == message
    ana.refresh_from_db()
    assert (heard, ana.last_message, ana.last_human_reply_at) == ([], message, None)


def test_an_echo_after_the_answer(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """The same row, and still ours."""
    message = send.text(to=ana, body="Hi")
    send.run()
    chakra_post_event(echo(queued.sent[-1].wamid, "Hi"))
    message.refresh_from_db()
    assert (message.source, message.status) == ("send", "accepted")
    assert Message.objects.filter(direction="out").count() == 1


@pytest.mark.parametrize("format", ["chakra", "meta"])
def test_statuses_before_the_answer(
    format: str, queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """They are of the row once the answer names it, and keep what they said."""

    def tell(taken: Taken) -> None:
        data = {"callback_data": taken.message.callback_data} if format == "meta" else {}
        for word in ("sent", "read"):
            chakra_post_event(tick(format, taken.message.wamid, word, **data))

    queued.on_taken.append(tell)
    message = send.text(to=ana, body="Hi")
    send.run()
    message.refresh_from_db()
    assert message.status == "read"
    assert message.delivery_statuses.filter(announced_at__isnull=False).count() == 2


@pytest.mark.databases("postgresql", "mariadb")
@pytest.mark.parametrize("format", ["chakra", "meta"])
@pytest.mark.parametrize("seen", ["status", "echo"])
def test_answer_and_webhook_at_the_same_moment(
    seen: str, format: str, queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Two connections that can't see each other's transaction end in one row."""
    for turn in range(4):
        threads: list[threading.Thread] = []

        def tell(taken: Taken, turn: int = turn, threads: list[threading.Thread] = threads) -> None:
            wamid, data = taken.message.wamid, {"callback_data": taken.message.callback_data}
            body = (
                echo(wamid, f"Hi {turn}", format)
                if seen == "echo"
                else tick(format, wamid, **(data if format == "meta" else {}))
            )
            stored(body, secret=queued.secret)
            threads.append(in_thread(process.run))
            threads[0].start()

        queued.on_taken[:] = [tell]
        message = send.text(to=ana, body=f"Hi {turn}")
        send.run()
        threads[0].join()
        process.sweep()
        message.refresh_from_db()
        assert message.external_id == queued.sent[-1].wamid
        assert message.status == ("delivered" if seen == "status" else "accepted")
    assert Message.objects.filter(direction="out").count() == 4


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """A thread with connections of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return threading.Thread(target=run)


def test_a_late_answer_counts(queued: FakeChakra, ana: Conversation) -> None:
    """A process that was given up as stopped, and answered after all."""

    def expire(taken: Taken) -> None:
        Message.objects.filter(status="sending").update(
            claimed_until=timezone.now() - timedelta(seconds=1)
        )
        assert send.recover() == 1
        assert Message.objects.get(direction="out").status == "unknown"

    queued.on_taken.append(expire)
    message = send.text(to=ana, body="Hi")
    send.run()
    message.refresh_from_db()
    assert (message.status, message.resolution) == ("accepted", "answer")


def test_chakras_id_names_the_row(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """An answer that brings only Chakra's id; the first status teaches WhatsApp's."""
    message = send.text(to=ana, body="Hi")
    Message.objects.filter(pk=message.pk).update(status="accepted", chakra_id="c-1")
    chakra_post_event(tick("chakra", "wamid.NEW", chakra_id="c-1"))
    message.refresh_from_db()
    assert (message.external_id, message.status) == ("wamid.NEW", "delivered")
    assert message.resolution == "chakra_id"
