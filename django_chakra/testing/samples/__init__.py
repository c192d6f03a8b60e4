"""Samples: JSON files standing for what the platform posts, and for what it answers.

One per event variant, whose name says format, list or event, and variant
(``meta/messages__text``); one per answer of the API, named like our call
(``processes.list``); and small files of the kinds that customers send (``picture.jpg``). All values
are invented.
"""

import json
from importlib.resources import files
from typing import Any

_WEBHOOKS = files(__name__) / "webhooks"
_API = files(__name__) / "api"
_FILES = files(__name__) / "files"


def names() -> list[str]:
    """The names of all samples of calls, sorted, without ``.json``."""
    return sorted(
        f"{folder.name}/{entry.name.removesuffix('.json')}"
        for folder in _WEBHOOKS.iterdir()
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    )


def load(name: str) -> dict[str, Any]:
    """The sample of that name, as a new object each time; FileNotFoundError when there is none."""
    text = (_WEBHOOKS / f"{name}.json").read_text(encoding="utf-8")
    sample: dict[str, Any] = json.loads(text)
    return sample


def answer(name: str) -> Any:
    """The whole answer of the API of that name, new each time; FileNotFoundError without one."""
    return json.loads((_API / f"{name}.json").read_text(encoding="utf-8"))


def answers() -> list[str]:
    """The names of all samples of answers, sorted, without ``.json``."""
    return sorted(
        entry.name.removesuffix(".json") for entry in _API.iterdir() if entry.name.endswith(".json")
    )


def file(name: str) -> bytes:
    """The bytes of a small file ("picture.jpg"); FileNotFoundError when there is none."""
    return (_FILES / name).read_bytes()
