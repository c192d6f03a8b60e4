"""What was left by somebody who fell silent is told with care, by one who takes over."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import process, schedule
from django_chakra.events import Event
from django_chakra.models import Conversation, Message, ReceiverFailure, WebhookCall
from django_chakra.models.fields import DatabaseNow
from django_chakra.signals import event_received, message_received
from django_chakra.testing import calls
from tests.posting import BRUNO, stored, text

from .guarantees import assert_nothing_held, assert_nothing_left, let_time_pass

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


class Hears:
    """Writes down what it hears, and whether that was written down as a failure meanwhile."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.marked: list[bool] = []
        self.then: Callable[[], object] = lambda: None
        self.raises = 0

    def __call__(self, message: Message, **_: Any) -> None:
        self.heard.append(str(message.external_id))
        self.marked.append(ReceiverFailure.objects.filter(message=message).exists())
        if len(self.heard) == 1:
            self.then()
        if len(self.heard) <= self.raises:
            raise RuntimeError("not now")


Pair = tuple[Hears, Hears]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two receivers."""
    both = Hears(), Hears()
    for name, receiver in zip("ab", both, strict=True):
        message_received.connect(receiver, weak=False, dispatch_uid=name)
    yield both
    for name in "ab":
        message_received.disconnect(dispatch_uid=name)


def leave() -> None:
    """As if who holds the conversation had fallen silent long ago."""
    past = DatabaseNow() - timedelta(hours=1)
    Conversation.objects.update(announcing_by="the silent", announcing_until=past)


def left(*ids: str) -> None:
    """Messages of a conversation whose holder fell silent."""
    stored(text("wamid.first"))
    process.run()
    leave()
    for n, external_id in enumerate(ids):
        stored(text(external_id, at=n + 1))
    process.run()


def by_another() -> None:
    """Another worker comes when everything has run out."""
    let_time_pass()
    process.sweep()


def taken_over() -> None:
    """Another worker comes when the lease has run out, and nothing else."""
    leave()
    process.sweep()


def forget(pair: Pair) -> None:
    """Begin anew."""
    for one in pair:
        one.heard.clear()
        one.marked.clear()


def test_a_recorder_leaves_it_to_the_sweep(pair: Pair) -> None:
    """What is recorded in it counts as a change, stays due, and is told by who takes over."""
    left()
    forget(pair)
    before = Conversation.objects.get()
    stored(text("wamid.A", at=1))
    process.run()
    after = Conversation.objects.get()
    assert after.version > before.version
    assert (after.announcing_by, after.announcing_version) == (
        "the silent",
        before.announcing_version,
    )
    assert pair[0].heard == []
    process.sweep()
    assert [one.heard for one in pair] == [["wamid.A"], ["wamid.A"]]
    assert_nothing_left()
    assert_nothing_held()


def test_after_an_answer_it_is_told_at_once(pair: Pair) -> None:
    """Inline the next answer may be hours away: so it sweeps also when it has just done so."""
    process.inline(stored(text("wamid.first")).pk)
    leave()
    forget(pair)
    process.inline(stored(text("wamid.A", at=1)).pk)
    assert [one.heard for one in pair] == [["wamid.A"], ["wamid.A"]]
    assert_nothing_left()
    assert_nothing_held()


def test_what_was_left_is_told_with_care_and_what_comes_as_usual(pair: Pair) -> None:
    """Each receiver is written down while it is told; not so of what came meanwhile."""
    left("wamid.A", "wamid.B")
    forget(pair)
    pair[0].then = lambda: (stored(text("wamid.C", at=9)), process.run())
    process.sweep()
    for one in pair:
        assert one.heard == ["wamid.A", "wamid.B", "wamid.C"]
        assert one.marked == [True, True, False]
    assert_nothing_left()
    assert_nothing_held()


def test_who_has_no_more_time_leaves_it_as_it_was(pair: Pair) -> None:
    """The next one goes on at once, with as much care."""
    left("wamid.A", "wamid.B", "wamid.C")
    forget(pair)
    over = threading.Event()
    pair[0].then = over.set
    with schedule.limited(over):
        process.sweep()
    assert pair[1].heard == ["wamid.A"]
    row = Conversation.objects.get()
    assert row.announcing_by
    assert row.announcing_until is not None
    assert row.announcing_until <= timezone.now() + timedelta(seconds=5)
    process.sweep()
    for one in pair:
        assert one.heard == ["wamid.A", "wamid.B", "wamid.C"]
        assert all(one.marked)
    assert_nothing_left()
    assert_nothing_held()


def test_who_comes_back_after_it_was_taken_over_tells_no_more(pair: Pair) -> None:
    """Who took over tells all but what the first one has in hand, and nothing is told twice."""
    left("wamid.A", "wamid.B")
    forget(pair)
    pair[0].then = taken_over
    process.sweep()
    assert [one.heard for one in pair] == [["wamid.A", "wamid.B"]] * 2
    assert_nothing_left()
    assert_nothing_held()


def test_a_failure_that_is_there_keeps_its_attempts(pair: Pair) -> None:
    """A receiver that is tried again while it is told has had two attempts when both fail."""
    left("wamid.A")
    forget(pair)
    pair[0].then, pair[0].raises = by_another, 2
    process.sweep()
    assert [one.heard for one in pair] == [["wamid.A"] * 2, ["wamid.A"]]
    assert ReceiverFailure.objects.get().attempts == 2
    assert_nothing_held()


def test_a_failure_that_is_gone_stays_gone(pair: Pair) -> None:
    """A retry that fails after somebody else told the receiver well writes nothing down."""
    pair[0].raises = 1
    stored(text("wamid.A"))
    process.run()
    pair[0].heard.clear()
    pair[0].then = ReceiverFailure.objects.all().delete
    let_time_pass()
    process.sweep()
    assert pair[0].heard == ["wamid.A"]
    assert_nothing_left()


def test_one_that_raises_hears_again_as_ever(pair: Pair) -> None:
    """It is put off like any other, and what follows is told."""
    left("wamid.A", "wamid.B")
    forget(pair)
    pair[0].raises = 1
    process.sweep()
    assert [one.heard for one in pair] == [["wamid.A", "wamid.B"]] * 2
    failure = ReceiverFailure.objects.get()
    assert (failure.receiver, failure.attempts) == ("a", 1)
    assert "not now" in failure.error
    let_time_pass()
    process.sweep()
    assert pair[0].heard == ["wamid.A", "wamid.B", "wamid.A"]
    assert_nothing_left()


def leave_call() -> None:
    """As if who tells the facts of the call had fallen silent long ago."""
    past = DatabaseNow() - timedelta(hours=1)
    WebhookCall.objects.update(claimed_by="the silent", claimed_until=past)


def test_who_lost_a_call_tells_no_more_of_its_facts(settings: Any) -> None:
    """The rest is told by the retries of who took over, in order, with all attempts left."""
    settings.CHAKRA = {**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": 1}
    heard: list[str] = []
    rows: list[int] = []

    def receiver(event: Event, **_: Any) -> None:
        heard.append(event.external_id)  # type: ignore[attr-defined]  # a message's
        rows.append(ReceiverFailure.objects.count())
        if heard == ["wamid.0", "wamid.1"]:
            leave_call()
            process.sweep()

    ids = [f"wamid.{n}" for n in range(4)]
    stored(calls.batch_call(*(text(one, at=n) for n, one in enumerate(ids))))
    event_received.connect(lambda **_: None, weak=False, dispatch_uid="none")
    process.run()
    WebhookCall.objects.update(announced_at=None, announce_at=DatabaseNow() - timedelta(hours=1))
    leave_call()
    event_received.connect(receiver, weak=False, dispatch_uid="facts")
    try:
        process.sweep()
        assert heard == ids[:2]
        let_time_pass()
        process.sweep()
    finally:
        for name in ("none", "facts"):
            event_received.disconnect(dispatch_uid=name)
    # What was told before it was lost, the one who took over could not know.
    assert heard == [*ids[:2], ids[0], *ids[2:]]
    assert rows[:2] == [1, 1]
    assert_nothing_left()


class EndOfProcess(BaseException):
    """As if the process was ended in the receiver."""


def end(**_: Any) -> None:
    raise EndOfProcess


def test_facts_that_end_each_process_keep_nothing_else_waiting(pair: Pair) -> None:
    """A sweep begins with the oldest: so messages are told, and retries, whatever facts do."""
    left("wamid.A")
    forget(pair)
    pair[0].raises = 1
    event_received.connect(end, weak=False, dispatch_uid="end")
    try:
        for n in range(4):
            stored(text(f"wamid.new{n}", sender=BRUNO))
            with pytest.raises(EndOfProcess):
                process.run()
            leave_call()
            with pytest.raises(EndOfProcess):
                process.sweep()
            failures = ReceiverFailure.objects.filter(receiver="a")
            failures.update(next_attempt_at=DatabaseNow() - timedelta(hours=1))
    finally:
        event_received.disconnect(dispatch_uid="end")
    assert [one.heard for one in pair] == [["wamid.A"] * 2, ["wamid.A"]]
