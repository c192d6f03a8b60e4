"""A process of its own that tries one thing with receivers that take long, and says what came."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

# ruff: noqa: E402  settings are needed first
from django.test import override_settings

from django_chakra import watchdog
from django_chakra.signals import ChakraSignal

SIGNAL = ChakraSignal("of_a_child")


def takes_long(**told: Any) -> None:
    """Longer than all limits here."""
    time.sleep(1)


def outcome() -> str:
    """What telling the receiver came to."""
    [(_, error)] = SIGNAL.tell(None)
    return type(error).__name__


def limited() -> dict[str, Any]:
    """In the main thread; the alarm is off afterwards, and its handler the one before."""
    before = signal.getsignal(signal.SIGALRM)
    came = outcome()
    is_put_back = signal.getsignal(signal.SIGALRM) is before
    return {"came": came, "is_put_back": is_put_back, "alarm": signal.getitimer(signal.ITIMER_REAL)}


def in_a_thread() -> dict[str, Any]:
    """In another thread, which can't be interrupted."""
    came: list[str] = []
    thread = threading.Thread(target=lambda: came.append(outcome()))
    thread.start()
    thread.join()
    return {"came": came[0]}


def with_an_alarm_of_its_own() -> dict[str, Any]:
    """In a program that has set the alarm for itself."""
    signal.setitimer(signal.ITIMER_REAL, 100)
    return {"came": outcome(), "is_set": signal.getitimer(signal.ITIMER_REAL)[0] > 90}


def forked() -> dict[str, Any]:
    """In a process that was forked while another receiver ran and was watched."""
    running = threading.Thread(target=outcome)
    running.start()
    until(lambda: bool(watchdog._own._running))
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        came = outcome()
        watched = [one.name for one in threading.enumerate()].count("chakra-watchdog")
        os.write(write, json.dumps({"came": came, "watched": watched}).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    running.join()
    answer: dict[str, Any] = json.loads(os.read(read, 1000))
    return answer


def until(true: Callable[[], bool]) -> None:
    """Look again and again until it is true."""
    while not true():
        time.sleep(0.01)


def main(name: str, seconds: str) -> None:
    """Try it, where receivers may take so many seconds."""
    SIGNAL.connect(takes_long)
    watchdog.LOOK_SECONDS = 0.05
    with override_settings(CHAKRA={"RECEIVER_SECONDS": float(seconds)}), watchdog.limiting():
        print(json.dumps(globals()[name]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
