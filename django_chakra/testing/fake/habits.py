"""Which events follow a send, and how: a plain object, read from a script or made by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

#: Those that are a chance, from 0 to 1.
CHANCES = ("reads", "fails", "never", "doubled", "delayed", "early", "shuffled", "echoes")
REVIEWS = ("approved", "rejected", "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the platform does after it took a message. Chances are drawn per message, seeded.

    Raises:
        ValueError: a value is impossible; the words say which.
    """

    #: Seconds from taking until each of them.
    sent_after: float = 0.1
    delivered_after: float = 0.5
    read_after: float = 2.0
    #: Chance that a delivered message is read.
    reads: float = 1.0
    #: Chance that a message fails: "failed" follows "sent", and nothing else.
    fails: float = 0.0
    #: Chance of each event that it is never posted.
    never: float = 0.0
    #: Chance of each event that it is posted a second time.
    doubled: float = 0.0
    #: Chance of each event that it comes ``delay`` seconds late.
    delayed: float = 0.0
    delay: float = 30.0
    #: Chance of a message that its "sent" is posted before its send is answered.
    early: float = 0.0
    #: Chance of a message that its events come in another order.
    shuffled: float = 0.0
    #: Chance of a message that it comes back as an echo of the inbox, as Chakra's format has it.
    echoes: float = 0.0
    #: What becomes of a template that waits for its review, and after how many seconds.
    review: str = "approved"
    review_after: float = 1.0
    #: Patterns of names of templates that are rejected whatever ``review`` says ("*_sale").
    rejects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, getattr(self, one.name))

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Habits:
        """Habits of a file.

        Raises:
            ValueError: there is no such habit, or its value is impossible.
        """
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                raise ValueError(f"{name!r} is no habit; there are {', '.join(known)}")
        rejects = given.get("rejects", [])
        if not isinstance(rejects, list | tuple):
            raise ValueError("rejects is a list of patterns")
        return cls(**{**given, "rejects": tuple(rejects)})


def _check(name: str, value: Any) -> None:
    """Complain of a value that no habit of this name has."""
    if name == "review":
        if value not in REVIEWS:
            raise ValueError(f"review is one of {', '.join(REVIEWS)}, not {value!r}")
    elif name == "rejects":
        if not all(isinstance(one, str) for one in value):
            raise ValueError("rejects is a list of patterns")
    elif isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"{name} is a number from 0, not {value!r}")
    elif name in CHANCES and value > 1:
        raise ValueError(f"{name} is a chance from 0 to 1, not {value!r}")
