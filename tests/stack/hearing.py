"""Receivers of every signal, who write down what they heard, and what they made of it.

``quiet`` takes it; ``raises`` refuses some of it at random; ``answers`` writes to some customers.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from django_chakra import send
from django_chakra.models import DeliveryStatus, Message, WebhookCall
from django_chakra.signals import SIGNALS

RECEIVERS = ("quiet", "raises", "answers")
#: Of what ``raises`` hears it refuses so much; the same thing may be refused again.
REFUSED = 0.04
#: Every so many texts are answered.
ANSWERED = 4


class Refused(Exception):
    """A receiver has its moods."""


class Heard(NamedTuple):
    """One telling of one thing to one receiver. Times are of one clock for all processes."""

    receiver: str
    signal: str
    #: "message <id>", "status <id> <word>", or "fact <call> <kind>".
    about: str
    #: 0 for a fact.
    conversation: int
    #: Place in the conversation: the platform's time, then the time of arrival.
    at: float
    arrived: float
    began: float
    ended: float
    process: int
    #: It refused it, or there is only the beginning.
    raised: bool


def connect(log: str, seconds: float = 0.0, refused: float = REFUSED) -> None:
    """Connect them to every signal; each takes so many seconds."""
    for name, signal in SIGNALS.items():
        for receiver in RECEIVERS:
            signal.connect(
                _receiver(log, receiver, name, seconds, refused),
                weak=False,
                dispatch_uid=f"{receiver} of {name}",
            )


def _receiver(
    log: str, receiver: str, signal: str, seconds: float, refused: float
) -> Callable[..., None]:
    def hear(**told: Any) -> None:
        began = time.monotonic()
        time.sleep(seconds)
        raises = receiver == "raises" and random.random() < refused
        if receiver == "answers" and signal == "message_received":
            answer(told["message"])
        what, conversation, at, arrived = about(told)
        entry = Heard(
            receiver, signal, what, conversation, at, arrived,
            began, time.monotonic(), os.getpid(), raises,
        )  # fmt: skip
        write(log, json.dumps(entry))
        if raises:
            raise Refused

    return hear


def answer(message: Message) -> None:
    """Answer some texts, each once however often this is heard."""
    if message.kind == "text" and message.pk % ANSWERED == 0:
        with transaction.atomic():
            send.text(
                to=message.conversation,
                body="We are on it",
                idempotency_key=f"answer to {message.pk}",
            )


def about(told: dict[str, Any]) -> tuple[str, int, float, float]:
    """What a telling is about, in which conversation, and its place there; see :class:`Heard`."""
    status: DeliveryStatus | None = told.get("delivery_status")
    message: Message | None = told.get("message")
    if status is not None and message is not None:
        at = (status.occurred_at or status.received_at).timestamp()
        what = f"status {status.external_id} {status.status}"
        return what, message.conversation_id, at, status.received_at.timestamp()
    if message is not None:
        at, arrived = message.sort_at.timestamp(), message.received_at.timestamp()
        return f"message {message.external_id}", message.conversation_id, at, arrived
    call: WebhookCall = told["call"]
    return f"fact {call.pk} {told['event'].kind}", 0, 0.0, 0.0


def write(log: str, line: str) -> None:
    """Add a line, in one piece, so that processes don't write into each other's."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{line}\n".encode())
    os.close(file)


def heard(log: Path) -> Iterator[Heard]:
    """All that was heard so far, in the order in which it was written down."""
    if log.exists():
        with log.open() as lines:
            yield from (Heard(*json.loads(line)) for line in lines)
