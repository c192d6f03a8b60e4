"""What a business with 500 customers gets in a busy hour, the same in every run."""

import random
from collections.abc import Iterator
from typing import Any

from django_chakra.testing.calls import PHONE_NUMBER_ID, body, status_call, text_call

CONTACTS = 500
#: Texts of each contact; each second one in Meta's format, the others in Chakra's.
TEXTS = 4
#: Of the texts this share comes a second time: half of these in the other format.
DOUBLED = 0.25
#: Messages of ours, of which the platform says sent, delivered and read.
SENT = 834
CALLS = 5000

START = 1_763_800_000
FORMATS = ("meta", "chakra")


def phone(contact: int) -> str:
    """The number of a contact."""
    return f"55219{contact:08d}"


def outgoing(index: int) -> tuple[str, int]:
    """The id of one of our messages, and the contact it went to."""
    return f"wamid.OUT{index:08d}", index % CONTACTS


def bodies(count: int = CALLS) -> list[bytes]:
    """The first ``count`` calls, nearly in order."""
    chance = random.Random(20)
    timed = [(at + chance.uniform(0, 120), call) for at, call in _calls(chance)]
    timed.sort(key=lambda pair: pair[0])
    return [body(call) for _, call in timed[:count]]


def _calls(chance: random.Random) -> Iterator[tuple[float, dict[str, Any]]]:
    """Each call with the time of its fact."""
    for index in range(CONTACTS * TEXTS):
        at = START + index
        formats = [FORMATS[index % 2]]
        if chance.random() < DOUBLED:
            formats.append(chance.choice(FORMATS))
        for format in formats:
            yield at, _text(format, index, at)
    for index in range(SENT):
        external_id, contact = outgoing(index)
        for step, word in enumerate(("sent", "delivered", "read")):
            at = START + 2 * index + 5 * step
            yield (
                at,
                status_call(
                    FORMATS[index % 2],
                    external_id=external_id,
                    status=word,
                    timestamp=at,
                    recipient=phone(contact),
                    phone_number_id=PHONE_NUMBER_ID,
                ),
            )


def _text(format: str, index: int, at: int) -> dict[str, Any]:
    contact = index % CONTACTS
    return text_call(
        format,
        external_id=f"wamid.IN{index:08d}",
        sender=phone(contact),
        text=f"Olá, is my order {index} on its way? 📦 Thanks, and have a good day!",
        timestamp=at,
        name=f"Customer {contact}",
        phone_number_id=PHONE_NUMBER_ID,
    )
