"""Samples: one JSON file per event variant, standing for what the platform posts.

A name says format, list or event, and variant: ``meta/messages__text``. All values are invented.
"""

import json
from importlib.resources import files
from typing import Any

_WEBHOOKS = files(__name__) / "webhooks"


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
