"""One thing that the platform tells a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FORMATS = ("chakra", "meta")


@dataclass(frozen=True, slots=True)
class Fact:
    """What is told, in each format that has it."""

    #: As the package names its events: "status.sent", "message.text", "template.status", …
    name: str
    #: Of the message; of a template its id, of a number the number's.
    id: str
    #: The bodies by format; a format that has no such event is absent.
    documents: Mapping[str, dict[str, Any]] = field(repr=False)
    #: The word of a status, a review or a quality change.
    word: str = ""
    #: 2 for the second time.
    copy: int = 1
