"""In which step of its work a process is, as another process can see it, and after its death too.

A file per process, mapped into memory: how many of its threads are in each step just now.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

#: Which functions are which step; one that is not there any more must not go unnoticed.
STEPS = {
    "store": ["django_chakra.receive.store"],
    "claim": ["django_chakra.models.calls.CallQuerySet.claim"],
    "record": ["django_chakra.record.write"],
    "announce": ["django_chakra.signals.ChakraSignal.tell"],
    "stamp": [
        "django_chakra.announce.conversations._stamp",
        "django_chakra.announce.facts.patiently",
    ],
    "carry": ["django_chakra.send.carry._attempt", "django_chakra.send.carry.settle"],
}
NAMES = tuple(STEPS)


class Steps:
    """Those of this process; of a new file after a fork."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._lock = threading.Lock()
        self._pid = 0
        self._map: mmap.mmap | None = None

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """This thread is in a step until the block ends."""
        place = NAMES.index(name)
        self._add(place, 1)
        try:
            yield
        finally:
            self._add(place, -1)

    def _add(self, place: int, by: int) -> None:
        with self._lock:
            if self._map is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._map = opened(self._folder / str(self._pid), new=True)
            # A child that was forked in the middle of a step begins with none.
            self._map[place] = max(0, self._map[place] + by)


def opened(path: Path, *, new: bool = False) -> mmap.mmap:
    """The file of one process."""
    if new:
        path.write_bytes(bytes(len(NAMES)))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), len(NAMES))


def show(folder: str) -> None:
    """From now on this process, and those forked from it, show where they are."""
    steps = Steps(folder)
    for name, paths in STEPS.items():
        for path in paths:
            owner, attribute = _found(path)
            setattr(owner, attribute, _showing(steps, name, getattr(owner, attribute)))


def _found(path: str) -> tuple[Any, str]:
    """The module or class in which a function stands, and its name there."""
    owner, _, attribute = path.rpartition(".")
    try:
        return import_module(owner), attribute
    except ModuleNotFoundError:
        return import_string(owner), attribute


def _showing(steps: Steps, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def shown(*arguments: Any, **named: Any) -> Any:
        with steps.inside(name):
            return function(*arguments, **named)

    @wraps(function)
    def shown_between(*arguments: Any, **named: Any) -> Any:
        with steps.inside(name):
            yield from function(*arguments, **named)

    return shown_between if isgeneratorfunction(function) else shown
