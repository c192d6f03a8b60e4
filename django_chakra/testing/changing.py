"""Samples made to fit: other values in them, new ids, times of now. Pure; nothing is changed here
but copies.
"""

from __future__ import annotations

import copy
import re
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

#: Keys by which the platform names a message.
IDS = ("id", "externalId", "messageId")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Above this a time is in milliseconds: in seconds it would be the year 5138.
_MILLISECONDS = 10**11


class Place(NamedTuple):
    """A value in a document: in which object or list it is, under what, and how one gets there."""

    container: Any
    key: Any
    trail: tuple[str | int, ...]

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.container[self.key]


def changed(document: Any, path: str, change: Callable[[Any], Any]) -> Any:
    """A copy in which every place of this path has another value.

    Args:
        path: keys with dots between, from anywhere: ``text.body`` is meant wherever it stands.
            Numbers of lists may be left out: ``messages.id``, or ``messages.0.id`` for the first.
            A last key that is not there is added to what the others name.
        change: gives the new value for the old one (None where there was none).

    Raises:
        KeyError: no place of this path is there, nor one to add it to.
    """
    made = copy.deepcopy(document)
    parts = path.split(".")
    places = [place for place in _walk(made) if _ends(place.trail, parts)]
    if not places and len(parts) > 1:
        above = [place.value for place in _walk(made) if _ends(place.trail, parts[:-1])]
        places = [Place(one, parts[-1], ()) for one in _objects(above)]
    if not places:
        raise KeyError(path)
    for container, key, _ in places:
        old = container.get(key) if isinstance(container, dict) else container[key]
        container[key] = change(old)
    return made


def put(document: Any, path: str, value: Any) -> Any:
    """As :func:`changed`, with one value for all places."""
    return changed(document, path, lambda old: value)


def timely(document: Any, now: float) -> Any:
    """A copy whose newest ``timestamp`` is ``now``; the distances between them stay."""
    made = copy.deepcopy(document)
    times = [place for place in _walk(made) if place.key == "timestamp" and _is_time(place.value)]
    if not times:
        return made
    later = int(now) - max(_seconds(place.value) for place in times)
    for container, key, _ in times:
        old = container[key]
        new = int(old) + later * (1000 if int(old) > _MILLISECONDS else 1)
        container[key] = str(new) if isinstance(old, str) else new
    return made


def renamed(document: Any) -> Any:
    """A copy whose messages have new ids: other messages to whoever knows those of the sample.

    What they answer or react to keeps its id, unless it is in the document too.
    """
    made = copy.deepcopy(document)
    new: dict[str, str] = {}
    for place in _walk(made):
        value = place.value
        is_id = place.key in IDS and place.trail[-2:-1] != ("context",)
        if is_id and isinstance(value, str):
            if value.startswith("wamid."):
                new.setdefault(value, f"wamid.{secrets.token_hex(12)}")
            elif _UUID.fullmatch(value):
                new.setdefault(value, str(uuid.uuid4()))
    for container, key, _ in list(_walk(made)):
        if isinstance(container[key], str):
            container[key] = new.get(container[key], container[key])
    return made


def _walk(value: Any, trail: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every place, the outer ones first."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, below in inner:
        yield Place(value, key, (*trail, key))
        yield from _walk(below, (*trail, key))


def _ends(trail: tuple[str | int, ...], parts: list[str]) -> bool:
    """Whether a trail ends with these words; numbers of lists between them may be left out."""
    left = list(parts)
    for word in reversed(trail):
        if left and str(word) == left[-1]:
            left.pop()
        elif not left or isinstance(word, str) or len(left) == len(parts):
            break
    return not left


def _objects(values: list[Any]) -> Iterator[dict[str, Any]]:
    """The objects among these, and those of lists among them."""
    for value in values:
        inner = value if isinstance(value, list) else [value]
        yield from (one for one in inner if isinstance(one, dict))


def _is_time(value: Any) -> bool:
    return isinstance(value, int | str) and bool(re.fullmatch(r"\d{10,13}", str(value)))


def _seconds(value: Any) -> int:
    return int(value) // 1000 if int(value) > _MILLISECONDS else int(value)
