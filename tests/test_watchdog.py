"""Receivers that take long: named wherever they run, bounded only where they may be."""

import json
import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from django_chakra import watchdog
from django_chakra.models import Message
from django_chakra.signals import SIGNALS, ChakraSignal
from tests.paths.processes import start

SECRET = "for nobody else"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread looks often, and ends soon."""
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(watchdog, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(watchdog, "_own", watchdog.Watch())


@pytest.fixture
def signal() -> Iterator[ChakraSignal]:
    made = ChakraSignal("test_signal")
    yield made
    del SIGNALS["test_signal"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, str]]]:
    """Level and words of what was logged of receivers."""
    caplog.set_level(logging.INFO, "django_chakra.announce")
    return lambda: [(one.levelname, one.getMessage()) for one in caplog.records]


def until(true: Callable[[], object]) -> None:
    """Look again and again until it is true."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.01)


def warning_after(seconds: float) -> override_settings:
    return override_settings(CHAKRA={"RECEIVER_WARN_SECONDS": seconds})


def watching() -> int:
    """How many threads look after receivers."""
    return [one.name for one in threading.enumerate()].count("chakra-watchdog")


def test_one_that_takes_long_is_named_once(signal: ChakraSignal, log: Any) -> None:
    """With its signal, what it is about, since when and where; and once more when it has ended."""
    about = Message(pk=17, text=SECRET, external_id=SECRET)

    def waits_for_the_log(**told: Any) -> None:
        until(log)
        time.sleep(0.2)  # for a second warning, if there was one

    def quick(**told: Any) -> None:
        pass

    for receiver in (quick, waits_for_the_log, quick):
        signal.connect(receiver, dispatch_uid=receiver.__name__)
    with warning_after(0.05):
        assert [error for _, error in signal.tell(Message, message=about)] == [None, None]
    (warning, named), (info, ended) = log()
    assert (warning, info) == ("WARNING", "INFO")
    assert named.startswith(
        "Receiver waits_for_the_log of test_signal is still at message 17 after 0 seconds, in "
    )
    assert "test_watchdog.py:" in named
    assert ended.startswith(
        "Receiver waits_for_the_log of test_signal has ended with message 17 after"
    )
    assert SECRET not in named + ended


def test_nobody_is_named_where_nobody_wants_it(signal: ChakraSignal, log: Any) -> None:
    """RECEIVER_WARN_SECONDS 0 is never."""
    signal.connect(lambda **told: time.sleep(0.3), weak=False)
    with warning_after(0):
        assert [error for _, error in signal.tell(None)] == [None]
    assert log() == []


def test_the_thread_ends_and_begins_again(signal: ChakraSignal) -> None:
    """One looks after all receivers of a process, and none while there are none."""
    signal.connect(lambda **told: None, weak=False)
    for _ in range(2):
        until(lambda: not watching())
        for _ in range(50):
            list(signal.tell(None))
        assert watching() == 1


def test_no_thread_can_be_started(signal: ChakraSignal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers are told all the same."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    heard: list[int] = []
    signal.connect(lambda **told: heard.append(1), weak=False)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    for _ in range(2):
        assert [error for _, error in signal.tell(None)] == [None]
    assert heard == [1, 1]


def test_settings_that_are_none_stop_nobody(signal: ChakraSignal, log: Any) -> None:
    """Receivers are told, and the log says that nobody is named."""
    signal.connect(lambda **told: until(log), weak=False)
    with override_settings(CHAKRA="default"):
        assert [error for _, error in signal.tell(None)] == [None]
    assert log()[0] == ("ERROR", "Receivers can't be named")


def test_watching_costs_no_statement(
    signal: ChakraSignal, log: Any, django_assert_num_queries: Any, db: None
) -> None:
    """Neither telling nor naming asks the database."""
    about = Message(pk=17)
    signal.connect(lambda **told: until(log), weak=False)
    with warning_after(0.05), django_assert_num_queries(0):
        list(signal.tell(Message, message=about))


# In processes of their own: the alarm of this one is the test runner's.


def tried(what: str, *, seconds: float = 0.2) -> dict[str, Any]:
    """What a child found out, whose receiver takes a second and may take ``seconds``."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with start("tests.hanging.child", what, str(seconds), env=env, stdout=subprocess.PIPE) as child:
        found: dict[str, Any] = json.loads(child.communicate()[0])
    return found


@pytest.mark.processes
@pytest.mark.parametrize(("seconds", "came"), [(0.2, "ReceiverTimeout"), (60, "NoneType")])
def test_what_is_limited_is_interrupted(seconds: float, came: str) -> None:
    """After its time; in any case the alarm is then off, and its handler the one before."""
    expected = {"came": came, "is_put_back": True, "alarm": [0, 0]}
    assert tried("limited", seconds=seconds) == expected


@pytest.mark.processes
def test_no_limit_is_none() -> None:
    """RECEIVER_SECONDS 0 interrupts nobody."""
    assert tried("limited", seconds=0)["came"] == "NoneType"


@pytest.mark.processes
def test_only_the_main_thread_is_interrupted() -> None:
    """No other one can be."""
    assert tried("in_a_thread") == {"came": "NoneType"}


@pytest.mark.processes
def test_an_alarm_that_is_in_use_is_left_alone() -> None:
    """Its timer goes on, and nobody is interrupted."""
    assert tried("with_an_alarm_of_its_own") == {"came": "NoneType", "is_set": True}


@pytest.mark.processes
def test_a_forked_process_has_a_watch_of_its_own() -> None:
    """One thread of its own, whatever its parent was doing."""
    assert tried("forked") == {"came": "ReceiverTimeout", "watched": 1}
