"""A task whose time is over begins nothing more; what it leaves is told once, by the next one."""

import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from django_chakra import process, schedule
from django_chakra.models import CallState, ReceiverFailure, WebhookCall
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls
from tests.paths.guarantees import assert_nothing_held, assert_nothing_left, let_time_pass
from tests.posting import BRUNO, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


class Slow:
    """Receivers after whose n-th word the time is over."""

    def __init__(self) -> None:
        self.over, self.heard, self.last = threading.Event(), list[str](), 0

    def __call__(self, **told: Any) -> None:
        self.heard.append((told.get("message") or told["event"]).external_id)
        if len(self.heard) == self.last:
            self.over.set()

    def hear(self, *, last: int) -> int:
        """Process what is due as a task does, until so many were told; how many that were."""
        before, self.last = len(self.heard), last
        self.over.clear()
        with schedule.limited(self.over):
            process.sweep()
            process.run()
        return len(self.heard) - before


@pytest.fixture
def slow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """It hears the signal of the test's parameter; a round ends with each message."""
    receiver = Slow()
    SIGNALS[request.param].connect(receiver, weak=False, dispatch_uid="slow")
    # By its name: the package has a function of that name too.
    monkeypatch.setattr(import_module("django_chakra.announce.conversations"), "ROUND_SECONDS", 0)
    yield receiver
    SIGNALS[request.param].disconnect(dispatch_uid="slow")


def batch(*ids: str, **more: Any) -> dict[str, Any]:
    """A call with these texts."""
    return calls.batch_call(*(text(one, at=n, **more) for n, one in enumerate(ids)))


@pytest.mark.parametrize("slow", ["message_received"], indirect=True)
def test_conversations_are_given_back(slow: Slow) -> None:
    """Nobody has to wait for a lease to run out: the next one goes on, in order."""
    stored(batch("wamid.A", "wamid.B", "wamid.C"))
    assert slow.hear(last=1) == 1
    assert_nothing_held()
    assert slow.hear(last=2) == 1
    assert slow.hear(last=9) == 1
    assert slow.heard == ["wamid.A", "wamid.B", "wamid.C"]
    assert_nothing_left()
    assert_nothing_held()


@pytest.mark.parametrize("slow", ["message_received"], indirect=True)
def test_nothing_is_told_by_whoever_has_no_time(slow: Slow) -> None:
    """Calls that were recorded as the time ran out are told by the next one."""
    stored(text("wamid.A"))
    slow.over.set()
    with schedule.limited(slow.over):
        process.run()
    assert WebhookCall.objects.get().state == CallState.PROCESSED
    assert slow.heard == []
    assert slow.hear(last=9) == 1
    assert_nothing_left()


@pytest.mark.parametrize("slow", ["event_received"], indirect=True)
def test_calls_are_left_to_the_next(slow: Slow) -> None:
    """Of two calls the second is not begun, and nobody's while it waits."""
    stored(text("wamid.A"))
    stored(text("wamid.B", sender=BRUNO))
    assert slow.hear(last=1) == 1
    assert not WebhookCall.objects.filter(claimed_until__isnull=False).exists()
    assert slow.hear(last=9) == 1
    assert sorted(slow.heard) == ["wamid.A", "wamid.B"]
    assert_nothing_left()


@pytest.mark.parametrize("slow", ["event_received"], indirect=True)
def test_facts_of_a_long_call_are_told_one_by_one(slow: Slow, settings: Any) -> None:
    """Else a call that takes longer than a task may would be told from the start for ever.

    Nobody has tried to tell what is left: it has all its attempts, were it only one.
    """
    settings.CHAKRA = {**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": 1}
    ids = [f"wamid.{n}" for n in range(5)]
    stored(batch(*ids))
    assert slow.hear(last=2) == 2
    assert ReceiverFailure.objects.count() == 3
    let_time_pass()
    assert slow.hear(last=3) == 1
    assert ReceiverFailure.objects.count() == 2
    let_time_pass()
    assert slow.hear(last=9) == 2
    assert sorted(slow.heard) == ids
    assert_nothing_left()
