"""What goes wrong on purpose, by rules: with a rate, every n-th time, or the first times; seeded.

```python
misbehave(fake, "429:0.05")                       # one request in twenty, as chance has it
misbehave(fake, "500:first=3,on=POST *messages")  # the first three sends
misbehave(fake, "slow:every=10,seconds=2")
misbehave(fake, "429:1,retry-after=date")
```

A rule is a name, and after a colon any of these, with commas between them (all of them apply):
a chance from 0 to 1; ``every=N``; ``first=N``; ``on=METHOD PATH`` or ``on=PATH`` with ``*`` and
``?``; ``seconds=S`` (of "slow", and of "429" the wait it asks for); ``retry-after=seconds`` or
``date`` or ``no``; ``secret=WORDS`` (of "old-secret"). Without any it is always. The names:

=================  ===========================================================================
``429``            too many requests, with ``Retry-After``
``500``            an answer of the server's in Chakra's envelope
``html``           502, and a page in HTML
``errors``         200 with something in ``_errors``
``slow``           a good answer, late
``timeout-before`` no answer, nothing taken
``timeout-after``  no answer, taken
``cut-before``     the connection is reset, nothing taken
``cut-after``      the same, taken
``cut-inside``     the same, taken, in the middle of the answer
``unreachable``    there is no connection
``expired-media``  the file is gone (requests for files only)
``revoked``        from then on the token is none; ``fake.token = …`` gives a new one
``unsigned``       events without a signature (``on`` is asked of the event's name)
``old-secret``     events signed with another secret
=================  ===========================================================================

Files that come wrong (``wrong-hash``, ``html-media``, ``endless-media``, …) have a table of their
own in :mod:`.spoiling`; these rules are asked of requests for bytes only.

What the answers say is a guess where the platform's own words are unknown.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from . import spoiling
from .facts import Fact
from .replies import HTML, errors
from .wire import Misbehaviour, Reply, Request

if TYPE_CHECKING:
    from . import FakeChakra

NAMES = (
    "429", "500", "html", "errors", "slow", "timeout-before", "timeout-after", "cut-before",
    "cut-after", "cut-inside", "unreachable", "expired-media", "revoked", "unsigned", "old-secret",
    *spoiling.NAMES,
)  # fmt: skip
OF_EVENTS = ("unsigned", "old-secret")
OLD_SECRET = "example-old-secret"  # noqa: S105  of a fake
FILES = frozenset({"media.fetch", "media.show", "media.attachments"})
PLAIN = {
    "timeout-before": Misbehaviour.silent(taken=False),
    "timeout-after": Misbehaviour.silent(taken=True),
    "cut-before": Misbehaviour.cut(taken=False),
    "cut-after": Misbehaviour.cut(taken=True),
    "cut-inside": Misbehaviour.cut(taken=True, after=10),
    "unreachable": Misbehaviour.unreachable(),
    "500": Misbehaviour.instead(errors(500, "Internal server error")),
    "html": Misbehaviour.instead(Reply(502, {"content-type": "text/html; charset=utf-8"}, HTML)),
    "errors": Misbehaviour.instead(errors(200, "Something went wrong")),
    "expired-media": Misbehaviour.instead(errors(404, "Media not found")),
}


Before = Callable[[Request], Misbehaviour | None]


def _number(text: str, key: str, value: str) -> float:
    """A number from 0; of a rate to 1."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= (1 if key == "rate" else 10**6):
        what = "a chance from 0 to 1" if key == "rate" else "a number from 0"
        raise ValueError(f"{text!r}: {value!r} is not {what}")
    return number


def _count(text: str, key: str, value: str) -> int:
    """A whole number from 1."""
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise ValueError(f"{text!r}: {key} is a whole number from 1, not {value!r}")
    return int(value)


def _words(text: str, key: str, value: str) -> str:
    """Any words, or of "retry-after" one of three."""
    if not value or (key == "retry_after" and value not in ("seconds", "date", "no")):
        raise ValueError(f"{text!r}: {key.replace('_', '-')} can't be {value!r}")
    return value


_READERS: dict[str, Callable[[str, str, str], Any]] = {
    "rate": _number,
    "every": _count,
    "first": _count,
    "on": _words,
    "seconds": _number,
    "retry_after": _words,
    "secret": _words,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, read. See the module."""

    name: str
    rate: float = 1.0
    every: int = 0
    first: int = 0
    on: str = "*"
    seconds: float = 5.0
    retry_after: str = "seconds"
    secret: str = field(default=OLD_SECRET, repr=False)

    @classmethod
    def read(cls, text: str) -> Rule:
        """The rule that a text is.

        Raises:
            ValueError: it is none; the words say why.
        """
        name, _, rest = text.partition(":")
        if name not in NAMES:
            raise ValueError(f"{name!r} is no misbehaviour; there are {', '.join(NAMES)}")
        given: dict[str, str] = {}
        for part in rest.split(",") if rest else []:
            key, equals, value = part.partition("=")
            key = key.strip().replace("-", "_") if equals else "rate"
            if key not in _READERS:
                raise ValueError(f"{text!r}: {part!r} is not understood")
            if key in given:
                raise ValueError(f"{text!r}: {part!r} comes twice")
            given[key] = (value if equals else part).strip()
        return cls(name, **{key: _READERS[key](text, key, value) for key, value in given.items()})


class Chances:
    """Counts and draws for a rule; threads may ask at once."""

    def __init__(self, rule: Rule, chance: random.Random) -> None:
        self.rule = rule
        self._chance = chance
        self._lock = threading.Lock()
        self._met = 0

    def hits(self) -> bool:
        """Whether this time, one that the rule's pattern fits, is hit."""
        rule = self.rule
        with self._lock:
            self._met += 1
            drawn = self._chance.random()
            is_nth = not rule.every or self._met % rule.every == 0
            is_first = not rule.first or self._met <= rule.first
        return is_nth and is_first and drawn < rule.rate


def misbehave(fake: FakeChakra, text: str) -> Rule:
    """Add a rule to a fake. Rules are asked in their order, and the first that hits decides.

    Raises:
        ValueError: the text is no rule.
    """
    rule = Rule.read(text)
    chances = Chances(rule, fake.events.chance(f"misbehaviour {text}"))
    if rule.name in OF_EVENTS:
        secret = rule.secret if rule.name == "old-secret" else ""

        def choose(fact: Fact, format: str) -> str | None:
            return secret if fnmatchcase(fact.name, rule.on) and chances.hits() else None

        fake.events.signing.append(choose)
    elif rule.name == "revoked":
        fake.before.append(_revoking(fake, rule, chances))
    elif rule.name in spoiling.NAMES:

        def spoil(request: Request) -> Misbehaviour | None:
            is_hit = spoiling.is_of_bytes(request) and fits(rule, request) and chances.hits()
            return spoiling.spoiled(fake, rule.name, request) if is_hit else None

        fake.before.append(spoil)
    else:

        def decide(request: Request) -> Misbehaviour | None:
            return behaviour(rule, request) if fits(rule, request) and chances.hits() else None

        fake.before.append(decide)
    return rule


def fits(rule: Rule, request: Request) -> bool:
    """Whether a rule is about a request."""
    if rule.name == "expired-media":
        is_file = request.path.startswith(("/media/", "/public-media/"))
        if not is_file and request.endpoint not in FILES:
            return False
    method, _, path = rule.on.rpartition(" ")
    return method in ("", request.method) and fnmatchcase(request.path, path)


def behaviour(rule: Rule, request: Request) -> Misbehaviour:
    """What a hit does to a request."""
    if rule.name == "slow":
        return Misbehaviour.slow(rule.seconds)
    if rule.name != "429":
        return PLAIN[rule.name]
    wait = {
        "seconds": {"retry-after": f"{rule.seconds:.0f}"},
        "date": {"retry-after": formatdate(request.at + rule.seconds, usegmt=True)},
        "no": {},
    }[rule.retry_after]
    reply = errors(429, "Too many requests")
    return Misbehaviour.instead(Reply(429, {**reply.headers, **wait}, reply.body))


def _revoking(fake: FakeChakra, rule: Rule, chances: Chances) -> Before:
    """Refuse the token that the fake had at the hit, until it is given another one."""
    revoked: set[str] = set()

    def decide(request: Request) -> Misbehaviour | None:
        if fits(rule, request) and chances.hits():
            revoked.add(fake.token)
        if fake.token in revoked and "authorization" in request.headers:
            return Misbehaviour.instead(errors(401, "Unauthorized"))
        return None

    return decide
