"""What follows a message: sent, delivered, read or failed, and an echo."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import calls
from .facts import FORMATS, Fact
from .state import Message

if TYPE_CHECKING:
    from .events import Events

#: Ranks of what a message may be; a lower one that comes later changes nothing.
RANKS = ("ACCEPTED", "SENT", "FAILED", "DELIVERED", "READ")
FAILURES = (
    (131026, "Message undeliverable"),
    (131049, "This message was not delivered to maintain healthy ecosystem engagement."),
    (131042, "Business eligibility payment issue"),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One event of a message, with the time at which it is posted."""

    due_at: float
    happen: Callable[[], Fact]
    #: Whether it is posted before the send is answered.
    early: bool = False


def planned(events: Events, message: Message) -> list[Planned]:
    """The events that will be posted for a message, by the habits and its own chance.

    What is left out on purpose is in the ledger as ``kept``.
    """
    habits, chance = events.habits, events.chance(f"statuses {message.wamid}")
    words = _words(events, chance)
    failure = chance.choice(FAILURES)
    is_early, is_shuffled = chance.random() < habits.early, chance.random() < habits.shuffled
    times = [message.accepted_at + after for _, after in words]
    if is_shuffled:
        times = _shuffled(times, chance)
    plan: list[Planned] = []
    for (word, after), time in zip(words, times, strict=True):
        is_kept, is_doubled = chance.random() < habits.never, chance.random() < habits.doubled
        due = time + habits.delay * (chance.random() < habits.delayed)
        if is_kept:
            events.fake.ledger.write(
                "kept", message.accepted_at, event=f"status.{word}", wamid=message.wamid, word=word
            )
            continue
        fact = status(events, message, word, message.accepted_at + after, failure)
        early = is_early and word == words[0][0]
        at = message.accepted_at + after
        plan.append(Planned(due, _happening(events, message, fact, at), early))
        if is_doubled:
            again = replace(fact, copy=2)
            plan.append(Planned(due + chance.random(), _happening(events, message, again, at)))
    if chance.random() < habits.echoes:
        echoed = echo(events, message)
        plan.append(Planned(message.accepted_at + habits.sent_after, lambda: echoed))
    return plan


def status(
    events: Events, message: Message, word: str, at: float, failure: tuple[int, str] = FAILURES[0]
) -> Fact:
    """A status of a message, in both formats; ``failure`` is of the word "failed"."""
    code, title = failure if word == "failed" else (None, "")

    def call(format: str, **more: Any) -> dict[str, Any]:
        return calls.status_call(
            format,
            external_id=message.wamid,
            status=word,
            timestamp=int(at),
            recipient=message.to,
            waba_id=events.fake.waba_id,
            error_code=code,
            error_title=title,
            **more,
        )

    meta: dict[str, Any] = {
        "phone_number_id": message.phone_number_id,
        "callback_data": message.callback_data,
    }
    chakra = call("chakra", chakra_id=message.chakra_id)
    documents = {"chakra": chakra, "meta": call("meta", **meta)}
    return Fact(f"status.{word}", message.wamid, documents, word)


def echo(events: Events, message: Message, *, by_phone: bool = False) -> Fact:
    """A message of ours as the inbox, or the phone, shows it to us."""
    item = {
        "from": calls.DISPLAY_NUMBER,
        "to": message.to,
        "id": message.wamid,
        "timestamp": str(int(message.accepted_at)),
        "type": message.kind,
        message.kind: message.body,
    }
    documents = {
        format: calls.echo_call(
            format,
            item,
            by_phone=by_phone,
            waba_id=events.fake.waba_id,
            phone_number_id=message.phone_number_id,
        )
        for format in FORMATS
    }
    return Fact(f"message_echo.{'phone' if by_phone else 'inbox'}", message.wamid, documents)


def _words(events: Events, chance: random.Random) -> list[tuple[str, float]]:
    """Which statuses there are, and how many seconds after the message."""
    habits = events.habits
    fails, reads = chance.random() < habits.fails, chance.random() < habits.reads
    words = [("sent", habits.sent_after)]
    if fails:
        return [*words, ("failed", habits.delivered_after)]
    words.append(("delivered", habits.delivered_after))
    return [*words, ("read", habits.read_after)] if reads else words


def _shuffled(times: list[float], chance: random.Random) -> list[float]:
    """Another order of them; with two or more it is never the same."""
    shift = chance.randrange(1, max(len(times), 2))
    return times[shift:] + times[:shift]


def _happening(events: Events, message: Message, fact: Fact, at: float) -> Callable[[], Fact]:
    """Let the fake's own message be what the fact says, when it is told."""

    def happen() -> Fact:
        with events.fake.lock:
            word = fact.word.upper()
            if RANKS.index(word) > RANKS.index(message.status):
                message.status = word
                message.updated_at = max(message.updated_at, at)
        return fact

    return happen
