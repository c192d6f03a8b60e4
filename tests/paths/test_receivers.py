"""A receiver that raises hears again; the others do not, and nobody is held up."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from django_chakra import process
from django_chakra.announce.failures import ENDED
from django_chakra.models import FailureState, ReceiverFailure, WebhookCall
from django_chakra.signals import SIGNALS
from tests import settings
from tests.posting import status, stored, text

from .guarantees import assert_nothing_held, assert_nothing_left, let_time_pass

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


class Receiver:
    """Raises so many times, then succeeds."""

    def __init__(self, raises: int = 0) -> None:
        self.raises = raises
        self.heard: list[str] = []

    def __call__(self, **told: Any) -> None:
        subject = told.get("message") or told["event"]
        self.heard.append(subject.external_id)
        if len(self.heard) <= self.raises:
            raise RuntimeError(f"for the {len(self.heard)}. time")


class EndOfProcess(BaseException):
    """As if the process was ended in the receiver."""


class Deadly(Receiver):
    """Ends the process, unless it raises before."""

    def __call__(self, **told: Any) -> None:
        super().__call__(**told)
        raise EndOfProcess


Connect = Callable[[str, str, Receiver], Receiver]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects a receiver to a signal under a name, for one test."""
    connected: list[tuple[str, str]] = []

    def connect(signal: str, name: str, receiver: Receiver) -> Receiver:
        SIGNALS[signal].connect(receiver, weak=False, dispatch_uid=name)
        connected.append((signal, name))
        return receiver

    yield connect
    for signal, name in connected:
        SIGNALS[signal].disconnect(dispatch_uid=name)


@pytest.mark.parametrize("signal", ["message_received", "message_read", "event_received"])
def test_a_receiver_that_raises_twice_hears_three_times(connect: Connect, signal: str) -> None:
    """It hears until it succeeds; its neighbours before and after it hear once."""
    before = connect(signal, "before", Receiver())
    bad = connect(signal, "bad", Receiver(raises=2))
    after = connect(signal, "after", Receiver())
    if signal == "message_read":
        stored(text("wamid.0"))
        process.run()
        stored(status("wamid.0", "read"))
    else:
        stored(text("wamid.0"))
    process.run()
    failure = ReceiverFailure.objects.get()
    assert (failure.receiver, failure.attempts, failure.state) == ("bad", 1, "waiting")
    assert "for the 1. time" in failure.error
    for attempt in (2, 3):
        process.sweep()
        assert len(bad.heard) == attempt - 1, "its time has not come yet"
        let_time_pass()
        process.sweep()
        assert bad.heard == ["wamid.0"] * attempt
    let_time_pass()
    process.sweep()
    assert bad.heard == ["wamid.0"] * 3
    assert before.heard == after.heard == ["wamid.0"]
    assert_nothing_left()
    assert_nothing_held()


def test_a_retry_holds_nobody_up(connect: Connect) -> None:
    """What follows in the conversation is told in its turn, also to the receiver that raised."""
    bad = connect("message_received", "bad", Receiver(raises=1))
    for n in range(3):
        stored(text(f"wamid.{n}", at=n))
    process.run()
    assert bad.heard == ["wamid.0", "wamid.1", "wamid.2"]
    let_time_pass()
    process.sweep()
    assert bad.heard == ["wamid.0", "wamid.1", "wamid.2", "wamid.0"]
    assert_nothing_left()


def test_slow_retries_hold_no_worker_up(connect: Connect) -> None:
    """After a second a sweep leaves the rest to the next one, so that new calls are taken."""

    class Slow(Receiver):
        def __call__(self, **told: Any) -> None:
            super().__call__(**told)
            time.sleep(1.1)

    slow = connect("message_received", "slow", Slow(raises=3))
    for n in range(3):
        stored(text(f"wamid.{n}", at=n))
    process.run()
    let_time_pass()
    for told in (1, 2, 3):
        assert process.sweep() == 1
        assert len(slow.heard) == 3 + told
    assert_nothing_left()


def test_a_receiver_that_never_succeeds_is_given_up_and_shown(connect: Connect) -> None:
    """After the limit the failure stays as a row that says so, and is not told again."""
    bad = connect("message_received", "bad", Receiver(raises=100))
    stored(text("wamid.0"))
    with override_settings(CHAKRA={**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": 4}):
        process.run()
        for _ in range(6):
            let_time_pass()
            process.sweep()
    assert len(bad.heard) == 4
    failure = ReceiverFailure.objects.get()
    assert (failure.state, failure.attempts) == (FailureState.GIVEN_UP, 4)
    assert failure.next_attempt_at is None
    assert "for the 4. time" in failure.error


def test_a_receiver_that_was_renamed_is_orphaned(connect: Connect) -> None:
    """A failure whose receiver is gone stays as a row that says so, and stops nobody."""
    bad = connect("message_received", "old name", Receiver(raises=1))
    stored(text("wamid.0"))
    process.run()
    SIGNALS["message_received"].disconnect(dispatch_uid="old name")
    renamed = connect("message_received", "new name", Receiver())
    let_time_pass()
    process.sweep()
    process.sweep()
    assert (bad.heard, renamed.heard) == (["wamid.0"], [])
    failure = ReceiverFailure.objects.get()
    assert (failure.state, failure.next_attempt_at) == (FailureState.ORPHANED, None)
    assert ENDED not in failure.error


def test_a_retry_that_always_ends_its_worker_is_given_up(connect: Connect) -> None:
    """A retry whose worker never came back counts as an attempt, and is given up in the end."""
    deadly = connect("message_received", "deadly", Deadly(raises=1))
    stored(text("wamid.0"))
    with override_settings(CHAKRA={**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": 3}):
        process.run()
        for _ in range(6):
            let_time_pass()
            try:
                process.sweep()
            except EndOfProcess:
                continue
    assert len(deadly.heard) <= 3
    failure = ReceiverFailure.objects.get()
    assert failure.state == FailureState.GIVEN_UP
    assert failure.error.count(ENDED) == 1


def test_one_that_ends_its_process_after_it_raised_shows_both(connect: Connect) -> None:
    """The row says that nobody came back, and what the receiver had raised before."""
    connect("message_received", "deadly", Deadly(raises=1))
    stored(text("wamid.0"))
    process.run()
    assert ENDED not in ReceiverFailure.objects.get().error
    let_time_pass()
    with pytest.raises(EndOfProcess):
        process.sweep()
    failure = ReceiverFailure.objects.get()
    assert failure.error.startswith(ENDED)
    assert "for the 1. time" in failure.error


@pytest.mark.parametrize("limit", [1, 2])
def test_one_that_only_raised_is_not_said_to_have_ended_anything(
    connect: Connect, limit: int
) -> None:
    """Also where it was tried as often as it may, or oftener, before its time came again."""
    bad = connect("message_received", "bad", Receiver(raises=100))
    stored(text("wamid.0"))
    process.run()
    if limit > 1:
        for _ in range(limit):
            let_time_pass()
            process.sweep()
    told = len(bad.heard)
    with override_settings(CHAKRA={**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": limit}):
        let_time_pass()
        process.sweep()
    assert len(bad.heard) == told
    failure = ReceiverFailure.objects.get()
    assert (failure.state, failure.attempts) == (FailureState.GIVEN_UP, limit)
    assert ENDED not in failure.error
    assert f"for the {told}. time" in failure.error


def test_a_replay_begins_anew_with_what_was_given_up(connect: Connect) -> None:
    """A receiver that raises once more hears again until it succeeds."""
    bad = connect("event_received", "bad", Receiver(raises=3))
    stored(text("wamid.0"))
    with override_settings(CHAKRA={**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": 2}):
        process.run()
        let_time_pass()
        process.sweep()
        assert ReceiverFailure.objects.get().state == FailureState.GIVEN_UP
        process.replay(WebhookCall.objects.all())
        process.run()
        failure = ReceiverFailure.objects.get()
        assert (failure.state, failure.attempts) == (FailureState.WAITING, 1)
        let_time_pass()
        process.sweep()
    assert len(bad.heard) == 4
    assert_nothing_left()
