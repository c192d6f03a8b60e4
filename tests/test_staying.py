"""Commands that stay until they are stopped: whenever that is, they hear of it."""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from django_chakra.management.staying import asked_to_stop
from tests.paths.processes import start

LINES = 200


@pytest.mark.processes
def test_a_signal_is_heard_wherever_it_comes_in_a_wait() -> None:
    """At each line of Python that the wait runs through, with whatever locks it holds there."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with start("tests.test_staying", env=env, stdout=subprocess.PIPE) as child:
        try:
            said, _ = child.communicate(timeout=60)
        finally:
            child.kill()
    tried, heard = map(int, said.split())
    assert tried == heard > 1


def test_other_threads_hear_of_it() -> None:
    """One that waits for long, and one that waits for ever, soon after they were asked."""
    heard: list[bool] = []
    with asked_to_stop() as stop:
        waiting = [
            threading.Thread(target=lambda seconds=seconds: heard.append(stop.wait(seconds)))
            for seconds in (3600, None)
        ]
        for thread in waiting:
            thread.start()
        assert not stop.wait(0.01)
        stop.set()
        for thread in waiting:
            thread.join(30)
    assert heard == [True, True]


def told_at(line: int) -> tuple[bool, bool]:
    """Whether a wait has so many lines, and whether a signal at this one was heard."""
    left = line

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                signal.raise_signal(signal.SIGTERM)
        return trace

    with asked_to_stop() as stop:
        sys.settrace(trace)
        try:
            heard = stop.wait(0.02)
        finally:
            sys.settrace(None)
        return left <= 0, heard or stop.is_set()


def main() -> None:
    """Try each line; say how many there were, and at how many it was heard."""
    tried = heard = 0
    for line in range(1, LINES):
        came, was_heard = told_at(line)
        if not came:
            break
        tried, heard = tried + 1, heard + was_heard
    print(tried, heard)


if __name__ == "__main__":
    main()
