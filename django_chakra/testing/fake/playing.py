"""Play a script: its steps by the clock, its answers to what we send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from . import customers, reviews
from .facts import Fact
from .script import Customer, Line, Script
from .state import Message

if TYPE_CHECKING:
    from . import FakeChakra

WITH_A_VALUE: dict[str, Callable[..., Fact]] = {
    "text": customers.text,
    "reply": customers.reply,
    "click": customers.click,
    "react": customers.react,
    "edit": customers.edit,
}


def play(fake: FakeChakra, script: Script) -> None:
    """Let a script happen on a fake from now on; its events are posted as all others.

    Its habits become the fake's. Several scripts may be played at once; the last one's habits stay.
    """
    fake.events.habits = script.habits
    player = Player(fake, script)
    player.begin(fake.clock.now())
    if script.answers:
        fake.events.after.append(player.answer)


class Player:
    """One script on one fake."""

    def __init__(self, fake: FakeChakra, script: Script) -> None:
        self._fake = fake
        self._script = script
        self._lock = threading.Lock()
        self._answered: dict[tuple[int, str], int] = {}

    def begin(self, at: float) -> None:
        """Queue all steps, and the next beginning where the script repeats."""
        for line in self._script.steps:
            at += line.after
            self._queue(line, line.customer, at)
        if self._script.repeat is not None:
            again = at + self._script.repeat
            self._fake.events.at(again, lambda: self.begin(again))

    def answer(self, message: Message) -> None:
        """Queue what is to follow a message of ours."""
        chance = self._fake.events.chance(f"answers {self._script.name} {message.wamid}")
        for place, line in enumerate(self._script.answers):
            is_drawn = chance.random() < line.rate
            if _fits(line, message) and is_drawn and self._is_left(place, line, message.to):
                who = line.customer or Customer(message.to)
                self._queue(line, who, message.accepted_at + line.after)

    def _is_left(self, place: int, line: Line, customer: str) -> bool:
        """Whether a line may happen once more for a customer."""
        with self._lock:
            done = self._answered.get((place, customer), 0)
            if line.times and done >= line.times:
                return False
            self._answered[place, customer] = done + 1
        return True

    def _queue(self, line: Line, who: Customer | None, at: float) -> None:
        self._fake.events.at(at, lambda: self._do(line, who))

    def _do(self, line: Line, who: Customer | None) -> Fact | None:
        now, events = self._fake.clock.now(), self._fake.events
        try:
            fact = acted(self._fake, line, who)
        except LookupError as error:
            to = who.number if who else ""
            self._fake.ledger.write("missed", now, act=line.act, to=to, reason=str(error))
            return None
        chance = events.chance(f"copies {fact.id}")
        if chance.random() < events.habits.doubled:
            events.tell(replace(fact, copy=2), at=now + chance.random())
        return fact


def acted(fake: FakeChakra, line: Line, who: Customer | None) -> Fact:
    """Do what a line says.

    Raises:
        LookupError: there is nothing to do it with.
    """
    if who is None or line.act == "quality":
        return reviews.quality(fake.events, line.value)
    if line.act in customers.MIME_TYPES:
        return customers.media(fake, who.number, line.act, caption=line.value, name=who.name)
    if line.act in ("phone", "inbox"):
        return customers.echo(fake, who.number, line.value, by_phone=line.act == "phone")
    if line.act == "location":
        return customers.wrote(fake, who.number, "location", dict(line.value), name=who.name)
    if line.act == "revoke":
        return customers.revoke(fake, who.number, name=who.name)
    return WITH_A_VALUE[line.act](fake, who.number, line.value, name=who.name)


def _fits(line: Line, message: Message) -> bool:
    """Whether a line answers a message."""
    if line.to not in ("", message.kind):
        return False
    if line.customer is not None and line.customer.number != message.to:
        return False
    return line.contains.casefold() in (message.text or "").casefold()
