"""``chakra_process --watch`` as real processes: in order, stopped, killed, idle, in time."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from django_chakra.models import CallState, Conversation, Message, WebhookCall
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing import calls
from tests.posting import stored, text

from .guarantees import (
    assert_heard,
    assert_not_interleaved,
    assert_nothing_held,
    assert_nothing_left,
    let_time_pass,
)
from .hearing import NAMES, Heard, heard
from .processes import environment, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

Worker = subprocess.Popen[str]


@contextmanager
def workers(log: Path, count: int, *, batch: int = 20, **options: Any) -> Iterator[list[Worker]]:
    """So many workers; those that still run in the end are asked to stop, and must do so well."""
    arguments = ["django", "chakra_process", "--watch", "--batch", str(batch)]
    env = environment(log, **options)
    started = [start(*arguments, env=env, stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for worker in started:
            assert worker.stdout is not None
            assert worker.stdout.readline().startswith("Waiting for calls")
        yield started
        for worker in started:
            worker.send_signal(signal.SIGTERM)
        assert {worker.wait(30) for worker in started} <= {0, -signal.SIGKILL}
    finally:
        for worker in started:
            with worker:
                worker.kill()


def wait_until(true: Callable[[], bool], seconds: float = 40) -> None:
    """Look again and again until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)


def all_announced() -> bool:
    """Whether every call is processed and every message told."""
    if WebhookCall.objects.exclude(state=CallState.PROCESSED).exists():
        return False
    return not Message.objects.filter(announced_at=None).exists()


HOUR = timedelta(hours=1)
CONVERSATIONS, MESSAGES = 200, 6


def message(person: int, n: int) -> dict[str, Any]:
    """The n-th text of a person."""
    return text(f"wamid.{person} {n}", sender=f"55118{person:08}", at=n)


def out_of_order(numbers: range) -> None:
    """Post these messages of everybody in many calls, most with several people in them."""
    chance = random.Random(4)
    all_of_them = [message(person, n) for person in range(CONVERSATIONS) for n in numbers]
    chance.shuffle(all_of_them)
    while all_of_them:
        size = chance.choice([1, 5, 25, 50])
        stored(calls.batch_call(*all_of_them[:size]))
        del all_of_them[:size]


def by_person(hearings: list[Heard]) -> dict[str, list[Heard]]:
    """What one of the receivers heard first of each message, by person."""
    found: dict[str, list[Heard]] = {}
    seen = set()
    for one in hearings:
        if one.receiver == NAMES[0] and one.about not in seen:
            seen.add(one.about)
            found.setdefault(one.about.split()[0], []).append(one)
    return found


@pytest.mark.databases("postgresql")
def test_four_workers_keep_the_order_of_200_conversations(tmp_path: Path) -> None:
    """Each is told one message at a time, once; all that was due when it was taken up, in order."""
    log = tmp_path / "heard"
    out_of_order(range(2))
    with workers(log, 4):
        wait_until(all_announced)
        # Held, so that all the rest is due before anybody takes it up.
        held = {"announcing_by": "the test", "announcing_until": DatabaseNow() + HOUR}
        assert Conversation.objects.update(**held) == CONVERSATIONS
        out_of_order(range(2, MESSAGES))
        wait_until(lambda: not WebhookCall.objects.exclude(state=CallState.PROCESSED).exists())
        assert Message.objects.filter(announced_at=None).count() == 4 * CONVERSATIONS
        Conversation.objects.update(announcing_by="", announcing_until=None)
        wait_until(all_announced)
    hearings = heard(log)
    assert len({one.process for one in hearings}) > 1
    assert len(hearings) == len(NAMES) * CONVERSATIONS * MESSAGES
    assert_not_interleaved(hearings)
    told = by_person(hearings)
    assert len(told) == CONVERSATIONS
    for one in told.values():
        late = [each.about for each in one[2:]]
        assert late == sorted(late)
    assert_nothing_left()
    assert_nothing_held()


@pytest.mark.databases
def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """After SIGKILL in the middle another worker does what was left, in order."""
    log = tmp_path / "heard"
    for person in range(10):
        stored(calls.batch_call(*(message(person, n) for n in reversed(range(5)))))
    with workers(log, 1, seconds=0.01) as (worker,):
        wait_until(lambda: len(heard(log)) > 15)
        worker.kill()
    assert not all_announced()
    let_time_pass()
    with workers(log, 1):
        wait_until(all_announced)
    for name, one in by_person(heard(log)).items():
        assert [each.about for each in one] == [f"{name} {n}" for n in range(5)]
    assert len(by_person(heard(log))) == 10
    assert_nothing_left()


@pytest.mark.databases
def test_sigterm_lets_a_worker_finish_what_is_in_hand(tmp_path: Path) -> None:
    """A worker that is asked to stop tells all that it took, takes no more, and exits with 0."""
    log = tmp_path / "heard"
    for n in range(20):
        stored(message(n // 10, n % 10))
    with workers(log, 1, batch=10, seconds=0.02) as (worker,):
        wait_until(lambda: len(heard(log)) > 2)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    expected = [f"wamid.0 {n}" for n in range(10)]
    assert_heard(heard(log), expected, at_most=1)
    assert_nothing_held()
    states = WebhookCall.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["processed"] * 10 + ["received"] * 10


@pytest.mark.databases("postgresql")
def test_an_idle_worker_asks_at_most_twice_a_second(tmp_path: Path) -> None:
    """An idle worker sends at most two statements per second, its sweeps counted in."""
    log = tmp_path / "statements"
    env = environment(tmp_path / "heard") | {"TEST_STATEMENTS": str(log)}
    arguments = ["django", "chakra_process", "--watch"]
    with start(*arguments, env=env, stdout=subprocess.PIPE) as worker:
        try:
            wait_until(log.exists)
            time.sleep(1)  # the first look and sweep are no idling
            began, before = time.monotonic(), len(log.read_text())
            time.sleep(11)
            count = len(log.read_text()) - before
            took = time.monotonic() - began
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(10) == 0
    assert count > 5
    assert count / took <= 2
