"""What the tests of the families share: their samples, and what is read out of a call."""

import json
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from django_chakra.events import (
    Event,
    Identity,
    read,
)
from django_chakra.testing import samples

E = TypeVar("E", bound=Event)

TABLES = Path(__file__).parent.parent / "table"
FAMILIES = ("voice_calls", "groups", "people", "conversions", "handovers", "errors")
NAMES = [
    name
    for family in FAMILIES
    for name in tomllib.loads((TABLES / f"{family}.toml").read_text(encoding="utf-8"))
]

ANA = Identity("phone", "5511988887777")
ANA_ID = Identity("user_id", "BR.1234567890123456789")

#: Texts for people, which are kept whole; every other text is short.
WHOLE = {"text", "detail", "description", "subject", "error_details", "metadata", "summary"}
LONG = {"callback_data": 512} | dict.fromkeys(
    ("deeplink_payload", "cta_payload", "invite_link", "click_id", "tracking_token"), 1024
)
SHORT = dict.fromkeys(
    ("event", "direction", "type", "action", "value", "reason", "initiated_by", "status"), 64
)


def value_of(document: dict[str, Any]) -> dict[str, Any]:
    """The value of a sample's only change."""
    value: dict[str, Any] = document["entry"][0]["changes"][0]["value"]
    return value


def events(document: dict[str, Any]) -> list[Event]:
    """All events of a call."""
    return read(json.dumps(document).encode())


def one(kind: type[E], document: dict[str, Any]) -> E:
    """The only event of a call, which is of that class."""
    (event,) = events(document)
    assert isinstance(event, kind), event
    return event


def changed(name: str, key: str, **changes: Any) -> dict[str, Any]:
    """A sample of Meta's with changes in the first item of a list; ``...`` takes a key away."""
    document = samples.load(f"meta/{name}")
    item = value_of(document)[key][0] | changes
    value_of(document)[key][0] = {name: part for name, part in item.items() if part is not ...}
    return document
