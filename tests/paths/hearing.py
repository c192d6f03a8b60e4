"""Receivers that write down what they hear, one line each, so that it outlives their process."""

import json
import os
import signal as signals
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from django_chakra.events import Event
from django_chakra.models import DeliveryStatus, Message, WebhookCall
from django_chakra.signals import SIGNALS

NAMES = ("first", "second")


class Heard(NamedTuple):
    """One receiver was told of one thing; the times are of one clock for all processes."""

    receiver: str
    signal: str
    about: str
    conversation: int
    """0 for a fact."""
    at: float
    """By the platform's clock."""
    began: float
    ended: float
    process: int


class Killer(NamedTuple):
    """A receiver that ends its process; connected between the others."""

    signal: str
    about: str
    """On which message or fact it does so: a part of what :class:`Heard` says."""
    raises: int = 0
    """So many times it raises first."""
    name: str = "killer"


def connect(
    log: str, seconds: float = 0, facts: bool = False, killer: dict[str, Any] | None = None
) -> None:
    """Connect two receivers of every signal that tells of messages and statuses.

    Each takes ``seconds`` before it writes. With ``facts``, of ``event_received`` too.
    """
    if killer:
        wicked = Killer(**killer)
        SIGNALS[wicked.signal].connect(
            _receiver(Path(log), NAMES[0], wicked.signal, seconds),
            weak=False,
            dispatch_uid=f"{NAMES[0]} of {wicked.signal}",
        )
        SIGNALS[wicked.signal].connect(
            _killer(Path(log), wicked), weak=False, dispatch_uid=wicked.name
        )
    for name, signal in SIGNALS.items():
        if name == "event_received" and not facts:
            continue
        for receiver in NAMES:
            signal.connect(
                _receiver(Path(log), receiver, name, seconds),
                weak=False,
                dispatch_uid=f"{receiver} of {name}",
            )


def _receiver(log: Path, receiver: str, signal: str, seconds: float) -> Callable[..., None]:
    def hear(**told: Any) -> None:
        began = time.monotonic()
        if seconds:
            time.sleep(seconds)
        about, conversation, at = _about(told)
        entry = Heard(
            receiver, signal, about, conversation, at, began, time.monotonic(), os.getpid()
        )
        # In one piece, so that processes don't write into each other's lines.
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, (json.dumps(entry) + "\n").encode())
        os.close(file)

    return hear


def _killer(log: Path, killer: Killer) -> Callable[..., None]:
    hear = _receiver(log, killer.name, killer.signal, 0)

    def end(**told: Any) -> None:
        hear(**told)
        about = _about(told)[0]
        if not killer.about or killer.about not in about:
            return
        if count(log, killer.name, about) <= killer.raises:
            raise RuntimeError("not this time")
        os.kill(os.getpid(), signals.SIGKILL)

    return end


def count(log: Path, receiver: str, about: str) -> int:
    """How often a receiver was told of this."""
    return [(one.receiver, one.about) for one in heard(log)].count((receiver, about))


def _about(told: dict[str, Any]) -> tuple[str, int, float]:
    status: DeliveryStatus | None = told.get("delivery_status")
    message: Message | None = told.get("message")
    if status is not None and message is not None:
        assert status.message_id == message.pk
        at = status.occurred_at or status.received_at
        about = f"{message.external_id} {status.status}"
        return about, message.conversation_id, at.timestamp()
    if message is not None:
        return str(message.external_id), message.conversation_id, message.sort_at.timestamp()
    event: Event = told["event"]
    call: WebhookCall = told["call"]
    return f"call {call.pk} {event.kind} {getattr(event, 'external_id', '')}", 0, 0.0


def heard(log: Path) -> list[Heard]:
    """All that was heard so far, in the order in which it was written down."""
    if not log.exists():
        return []
    return [Heard(*json.loads(line)) for line in log.read_text().splitlines()]
