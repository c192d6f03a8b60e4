"""What the fake posts after a send, in which format, how often and when, and what its book says."""

import threading
import time
from collections import Counter
from typing import Any

import pytest

from django_chakra.testing.fake import Clock, FakeChakra, Habits, Reply, Request, pumping, serve

from . import prepared
from .site import ANA, URL, Site, client_of, made, pass_time, say


def run(habits: Habits, count: int = 40, **options: Any) -> tuple[FakeChakra, Site]:
    """Some sends, and all that follows them."""
    fake, site = made(habits, **options), Site()
    fake.events.post = site
    with client_of(fake) as client:
        for place in range(count):
            say(client, f"Hi {place}", callback_data=f"row-{place}")
    pass_time(fake, site)
    return fake, site


def events(fake: FakeChakra) -> list[tuple[str, str, int]]:
    return [(one["wamid"], one["word"], one["copy"]) for one in fake.ledger.entries("event")]


def test_a_send_is_sent_delivered_and_read() -> None:
    """In that order, in both formats; the fake's own message is what the last of them says."""
    fake, site = made(), Site()
    with client_of(fake) as client:
        wamid = say(client, callback_data="row-1")
    seen: list[str] = []
    for seconds in (0.0, 0.1, 0.4, 1.5):
        fake.clock.move(seconds)
        fake.post_due(site)
        seen.append(fake.state.messages[wamid].status)

    assert seen == ["ACCEPTED", "SENT", "DELIVERED", "READ"]
    told = site.read()
    assert [(one.format, one.kind) for one in told] == [
        (format, f"status.{word}")
        for word in ("sent", "delivered", "read")
        for format in ("chakra", "meta")
    ]
    assert {one.external_id for one in told} == {wamid}
    assert {one.recipient for one in told} == {ANA}
    assert {one.callback_data for one in told if one.format == "meta"} == {"row-1"}
    assert {one.chakra_id for one in told if one.format == "chakra"} == {
        fake.state.messages[wamid].chakra_id
    }


@pytest.mark.parametrize("format", ["chakra", "meta"])
def test_a_failure_has_a_code(format: str) -> None:
    """A message that fails was sent, and is neither delivered nor read."""
    fake, site = run(Habits(fails=1), 5, format=format)
    assert site.kinds().count("status.failed") == 5
    assert set(site.kinds()) == {"status.sent", "status.failed"}
    failed = [one for one in site.read() if one.status == "failed"]
    assert all(one.error_code and one.error_title and one.format == format for one in failed)
    assert {one.status for one in fake.state.messages.values()} == {"", "FAILED"}


def test_the_book_has_every_post() -> None:
    """With where it went, its digest, and the answer it got; 0 where there was none."""
    fake, site = made(), Site(status=503)
    with client_of(fake) as client:
        wamid = say(client)
        fake.clock.move(0.1)
        assert fake.post_due(site) == 2

        def broken(url: str, headers: object, body: bytes) -> int:
            raise ConnectionRefusedError

        fake.clock.move(0.4)
        assert fake.post_due(broken) == 2
    book = fake.ledger.entries("event")
    assert [one["status"] for one in book] == [503, 503, 0, 0]
    assert {(one["url"], one["wamid"], one["signed"]) for one in book} == {(URL, wamid, "secret")}
    assert [one["format"] for one in book] == ["chakra", "meta"] * 2


def test_without_a_url_nothing_is_posted() -> None:
    """Messages become what they become all the same."""
    fake, site = run(Habits(), 3, webhook_url="")
    assert site.posts == []
    assert {one.status for one in fake.state.messages.values()} == {"", "READ"}


def test_where_events_go_follows_the_plugin() -> None:
    """A webhook that is changed over the API is where the next event goes."""
    fake, site = made(webhook_url=""), Site()
    with client_of(fake) as client:
        client.plugin_config.update(passThroughWebhookUrl=URL)
        say(client)
    pass_time(fake, site)
    assert [one.format for one in site.read()] == ["meta"] * 3


def test_events_without_a_function_to_post() -> None:
    """Posting through nothing is a mistake of the caller's."""
    with pytest.raises(ValueError, match="post"):
        made().post_due()


def test_doubled() -> None:
    """All come twice with the same body."""
    fake, site = run(Habits(doubled=1), 10)
    assert set(Counter(body for *_, body in site.posts).values()) == {2}
    assert Counter(copy for *_, copy in events(fake)) == {1: 60, 2: 60}


def test_never() -> None:
    """What is not posted is in the book as kept, and nowhere else."""
    fake, site = run(Habits(never=0.5), format="chakra")
    kept = {(one["wamid"], one["word"]) for one in fake.ledger.entries("kept")}
    told = {(one.external_id, one.status) for one in site.read()}
    assert kept
    assert not kept & told
    assert len(kept) + len(told) == 40 * 3


def test_shuffled() -> None:
    """No message's events come in their order; their own times are those of the platform."""
    fake, site = run(Habits(shuffled=1), format="meta")
    words: dict[str, list[str]] = {}
    for one in site.read():
        words.setdefault(one.external_id, []).append(one.status)
    assert len(words) == 40
    right = ["sent", "delivered", "read"]
    assert all(len(each) == 3 and each != right for each in words.values())
    assert [(one["wamid"], one["word"]) for one in fake.ledger.entries("event")] == [
        (one.external_id, one.status) for one in site.read()
    ]


def test_delayed() -> None:
    """What comes late has the time at which it happened."""
    fake, site = run(Habits(delayed=1, delay=20, reads=0), 3, format="meta")
    assert {one["at"] - prepared.NOW > 20 for one in fake.ledger.entries("event")} == {True}
    assert {one.occurred_at.timestamp() - prepared.NOW for one in site.read()} == {0.0}


def test_early() -> None:
    """The book has the event before the answer to its send."""
    fake, _ = run(Habits(early=1), 3, format="chakra")
    kinds = [(one["kind"], one.get("word", "")) for one in fake.ledger.entries()]
    assert kinds[:9] == [("request", ""), ("event", "sent"), ("answer", "")] * 3


def test_echoes_of_sends() -> None:
    """The inbox shows what was sent, where Chakra's webhook is asked to tell it."""
    _, site = run(Habits(echoes=1), 2, format="both")
    echoes = [one for one in site.read() if one.kind == "message_echo.inbox"]
    assert [one.format for one in echoes] == ["chakra"] * 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"redas": 1}, "'redas' is no habit"),
        ({"reads": 1.5}, "reads is a chance"),
        ({"delay": -1}, "delay is a number"),
        ({"delay": True}, "delay is a number"),
        ({"review": "maybe"}, "review is one of"),
        ({"rejects": "x"}, "rejects is a list"),
        ({"rejects": [1]}, "rejects is a list"),
    ],
)
def test_wrong_habits_are_told(given: dict[str, Any], words: str) -> None:
    """By name, and with what they may be."""
    with pytest.raises(ValueError, match=words):
        Habits.read(given)


def test_the_same_seed_gives_the_same_book() -> None:
    """Two runs differ in nothing, not even in times where the clock stands; another seed does."""
    habits = Habits(
        never=0.2, doubled=0.2, delayed=0.2, shuffled=0.5, early=0.3, fails=0.2, echoes=0.1
    )
    books = [run(habits, seed=seed)[0].ledger.entries() for seed in (7, 7, 8)]
    assert books[0] == books[1]
    assert [one.get("word") for one in books[0]] != [one.get("word") for one in books[2]]


def test_over_http_nothing_is_lost() -> None:
    """Sends over a socket, events over another: the receiver has what the book says was taken."""
    count = 60
    hears, site = FakeChakra(), Site()
    sender = made(Habits(read_after=0, delivered_after=0, sent_after=0, early=0.2), seed=3)
    sender.clock = Clock()
    sender.hear(ANA)
    took: list[bytes] = []
    hears.before.append(lambda request: took.append(request.body))
    with serve(hears) as url, serve(sender) as base, pumping(sender, interval=0.001):
        sender.state.plugin_configuration |= {
            "chakraWebhookUrl": f"{url}/a/", "passThroughWebhookUrl": f"{url}/b/",
        }  # fmt: skip
        with prepared.client(base) as client:
            client.plugin_id = sender.plugin_id
            client.phone_number_id = sender.phone_number_id
            for _ in range(count):
                say(client)
            while sender.events.waiting or len(took) < count * 6:
                sender.clock.sleep(0.005)
    site.posts = [(URL, True, body) for body in took]
    assert Counter(site.kinds()) == dict.fromkeys(
        ("status.sent", "status.delivered", "status.read"), count * 2
    )
    book = sender.ledger.entries("event")
    assert len(book) == count * 6
    assert {one["status"] for one in book} == {401}


def test_what_comes_before_an_answer_needs_no_connection_that_waits_for_it() -> None:
    """A site that sends from the thread in which it was told hears of that too, at once."""
    hears, sender = FakeChakra(), made(Habits(early=1.0), format="chakra")
    sender.clock = Clock()
    sender.hear(ANA)
    first, second = threading.Event(), threading.Event()
    with serve(hears) as url, serve(sender) as base, pumping(sender):
        sender.state.plugin_configuration["chakraWebhookUrl"] = f"{url}/"
        with prepared.client(base) as client:
            client.plugin_id = sender.plugin_id
            client.phone_number_id = sender.phone_number_id

            def send_one_more(request: Request, reply: Reply) -> None:
                if first.wait(5) and not second.is_set():
                    second.set()
                    say(client, "and this")

            hears.on_answered.append(send_one_more)
            say(client)
            first.set()
            until = time.monotonic() + 5
            while len(sender.ledger.entries("event")) < 6:
                assert time.monotonic() < until
                time.sleep(0.01)
    assert [one["status"] for one in sender.ledger.entries("event")] == [401] * 6
