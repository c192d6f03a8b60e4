"""What goes wrong on purpose, as a client sees it: without a socket, and really."""

import time
from collections.abc import Callable

import pytest

from django_chakra.client import Chakra, Patience
from django_chakra.exceptions import ApiError, NoAnswer, NotSent, RateLimited, ServerError
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Reply, Request

from .prepared import CUSTOMER

LIMIT = 0.3


@pytest.fixture(autouse=True)
def hasty(chakra: Chakra) -> None:
    """One try, and little time."""
    chakra.http.timeout = (1.0, LIMIT)
    chakra.http.patience = Patience(tries=1)


def told(how: Reply | Misbehaviour) -> Callable[[Request], Reply | Misbehaviour | None]:
    """A hook that says so of every message."""
    return lambda request: how if request.endpoint == "session_messages.send" else None


def send(chakra: Chakra) -> None:
    chakra.session_messages.send(to=CUSTOMER, type="text", text={"body": "Hi"})


HTML = Reply(500, {"content-type": "text/html"}, b"<h1>Sorry</h1>")
BUSY = Reply.of({"_errors": ["Slow down"]}, 429, retry_after="7")


@pytest.mark.parametrize(
    ("how", "error", "end", "taken"),
    [
        (BUSY, RateLimited, "answer", False),
        (HTML, ServerError, "answer", False),
        (Misbehaviour.instead(HTML, taken=True), ServerError, "answer", True),
        (Misbehaviour.silent(taken=False), NoAnswer, "silent", False),
        (Misbehaviour.silent(taken=True), NoAnswer, "silent", True),
        (Misbehaviour.slow(5), NoAnswer, "answer", True),
        (Misbehaviour.cut(taken=False), NoAnswer, "cut", False),
        (Misbehaviour.cut(taken=True), NoAnswer, "cut", True),
        (Misbehaviour.cut(taken=True, after=5), NoAnswer, "cut", True),
    ],
)
def test_what_goes_wrong(
    how: Reply | Misbehaviour,
    error: type[ApiError],
    end: str,
    taken: bool,
    chakra: Chakra,
    fake: FakeChakra,
) -> None:
    """The client has the error it would have, and only what was taken is in book and state."""
    before = len(fake.state.messages)
    heard: list[object] = []
    fake.on_taken.append(heard.append)
    fake.before.append(told(how))

    with pytest.raises(error):
        send(chakra)

    assert len(fake.state.messages) - before == len(heard) == int(taken)
    request, answer = fake.ledger.entries()[-2:]
    assert (request["kind"], request["taken"], "wamid" in request) == ("request", taken, taken)
    assert (answer["kind"], answer["end"]) == ("answer", end)
    assert answer["number"] == request["number"]


def test_unreachable(chakra: Chakra, fake: FakeChakra) -> None:
    """Without a socket there was no connection; on one that is open it can only be cut."""
    fake.before.append(told(Misbehaviour.unreachable()))

    with pytest.raises(NotSent if "api.chakrahq.com" in chakra.http.base_url else NoAnswer):
        send(chakra)
    assert fake.ledger.entries("request")[-1]["taken"] is False


def test_slow_is_late(chakra: Chakra, fake: FakeChakra) -> None:
    """A slow answer is a good one; the time is the fake's clock's, or really passes."""
    fake.before.append(told(Misbehaviour.slow(0.2)))
    began, stood = time.monotonic(), fake.clock.now()

    send(chakra)

    passed = fake.clock.now() - stood
    assert max(passed, time.monotonic() - began) >= 0.2


def test_retry_after_is_told(chakra: Chakra, fake: FakeChakra) -> None:
    """Headers of an answer arrive."""
    fake.before.append(told(BUSY))
    with pytest.raises(RateLimited) as caught:
        send(chakra)
    assert caught.value.retry_after == 7


def test_the_first_hook_that_decides_decides(chakra: Chakra, fake: FakeChakra) -> None:
    """Hooks are asked in their order, with what is known of the request."""
    asked: list[str] = []

    def look(request: Request) -> None:
        asked.append(request.endpoint)

    fake.before += [look, told(HTML), told(BUSY)]
    with pytest.raises(ServerError):
        send(chakra)
    chakra.health.check()
    assert asked == ["session_messages.send", "health.check"]


def test_an_answer_is_told_after_it_left(chakra: Chakra, fake: FakeChakra) -> None:
    """The hooks run in this order: before, taken, answered; nothing is answered that was cut."""
    order: list[str] = []
    fake.before.append(lambda request: order.append("before"))
    fake.on_taken.append(lambda taken: order.append("taken"))
    fake.on_answered.append(lambda request, reply: order.append(f"answered {reply.status}"))

    send(chakra)
    fake.before.append(told(Misbehaviour.cut(taken=True)))
    with pytest.raises(NoAnswer):
        send(chakra)

    deadline = time.monotonic() + 5
    while len(order) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert order == ["before", "taken", "answered 200", "before", "taken"]


def test_a_hook_may_ask_the_fake(chakra: Chakra, fake: FakeChakra) -> None:
    """A hook that calls the platform again, as a site does that hears an event, is answered."""
    statuses: list[int] = []

    def again(taken: object) -> None:
        statuses.append(fake.handle("GET", "/v1/health", {}, b"").status)

    fake.on_taken.append(again)
    send(chakra)
    assert statuses == [401]


def test_nothing_shows_a_token_or_a_body(chakra: Chakra, fake: FakeChakra) -> None:
    """Neither the ledger nor a repr has the token, a body or a secret in it."""
    seen: list[object] = []
    fake.on_taken.append(seen.append)
    fake.on_answered.append(lambda request, reply: seen.append((request, reply)))
    chakra.session_messages.send(to=CUSTOMER, type="text", text={"body": "the old harbour"})

    shown = repr(fake) + repr(fake.ledger.entries()) + repr(seen[1:])
    assert fake.token not in shown
    assert fake.secret not in shown
    assert "harbour" not in shown
