"""One huge delivery with everything in it costs as many statements as one of a tenth."""

import json
import random
import re
from collections.abc import Iterator
from difflib import ndiff
from typing import Any

import pytest

from django_chakra import process
from django_chakra.events import read
from django_chakra.models import DeliveryStatus, Message
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls, samples
from tests.posting import process_all, stored
from tests.record.poison import TEXT, refused
from tests.tables import differences
from tests.test_statement_counts import statements

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = range(2_900_000, 3_000_000)
TABLE = re.compile(r'"django_chakra(_[a-z]+)"')
MOST_TEXT = 4096
"""Characters of one text."""

BESIDES = (
    "meta/history__text",
    "meta/messages__text_group",
    "meta/messages__text_reply",
    "meta/messages__text_username",
    "meta/smb_message_echoes__edit",
    "meta/smb_message_echoes__image",
    "meta/smb_message_echoes__reaction",
    "meta/smb_message_echoes__revoke",
    "meta/smb_message_echoes__text",
    "meta/statuses__group_read",
)
"""What makes rows of its own without a kind of its own."""

AGAIN = (
    "meta/messages__text",
    "meta/messages__image",
    "meta/messages__media_placeholder",
    "meta/messages__reaction",
    "meta/messages__edit",
    "meta/messages__revoke",
    "meta/messages__text_group",
    "meta/smb_message_echoes__text",
    "meta/statuses__delivered",
    "meta/statuses__failed",
)
"""What comes a second time and says more, as the platform's repeats and late media do."""

Call = dict[str, Any]


def chosen() -> list[str]:
    """A sample of Meta's for each kind of event, and a few besides."""
    found: dict[tuple[str, str], str] = {}
    for name in samples.names():
        events = read(calls.body(name)) if name.startswith("meta/") else []
        if len(events) == 1:
            found.setdefault((type(events[0]).__name__, events[0].kind), name)
    return [*found.values(), *BESIDES]


def updates(size: int, start: int) -> list[Call]:
    """So many updates of all kinds in turn, each about somebody else.

    Ids are those of its round: what replies, reacts or edits finds in the delivery what it is
    about.
    """
    names = chosen()
    return [unique(names[n % len(names)], n // len(names), n) for n in range(start, start + size)]


def known(size: int) -> list[Call]:
    """So many of the first updates once more, with a key that they had not."""
    names = chosen()
    pairs = [(name, turn) for turn in range(size // len(AGAIN)) for name in AGAIN]
    found = [unique(name, turn, turn * len(names) + names.index(name)) for name, turn in pairs]
    for call in found:
        value = call["entry"][0]["changes"][0]["value"]
        for key in ("messages", "message_echoes", "statuses"):
            for item in value.get(key, []):
                item["origin"] = "repeated"
    return found


def unique(name: str, turn: int, place: int) -> Call:
    """A sample with the messages and groups of this turn and the people of this place."""
    text = json.dumps(samples.load(name))
    # Statuses are about what was echoed.
    text = text.replace("EXAMPLE-OUT-", "EXAMPLE-ECHO-")
    text = re.sub(r"(wamid|wacid)\.[\w+/=.-]*", rf"\g<0>-{turn}", text)
    text = re.sub(r'(?<="group_id": ")[^"]+', rf"\g<0>-{turn}", text)
    text = re.sub(r"BR\.(ENT\.)?", rf"\g<0>{place:05}", text)
    # The last digits tell the people of one sample apart; ours stays.
    text = re.sub(r"5511(?!90000)\d{5}(\d{4})", rf"5511{place:05}\1", text)
    call: Call = json.loads(text)
    return call


def delivery(parts: list[Call], size: int = 0) -> bytes:
    """One body with all of these as Meta writes it, its texts so long that it has so many bytes."""
    entries = [entry for call in parts for entry in call["entry"]]
    document = {"object": "whatsapp_business_account", "entry": entries}
    texts = [
        message["text"]
        for entry in entries
        for change in entry["changes"]
        for key in ("messages", "message_echoes")
        for message in change["value"].get(key, [])
        if message.get("type") == "text"
    ]
    missing = size - len(json.dumps(document))
    if missing > 0:
        # Twelve bytes in Meta's spelling: \ud83d\ude00.
        padding = "😀" * (missing // len(texts) // 12)
        assert len(padding) < MOST_TEXT
        for part in texts:
            part["body"] += padding
    return json.dumps(document).encode()


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Which signals were sent, to a receiver of all of them."""
    found: list[str] = []

    def receiver(signal: Any, **named: Any) -> None:
        found.append(signal.name)

    for signal in SIGNALS.values():
        signal.connect(receiver)
    yield found
    for signal in SIGNALS.values():
        signal.disconnect(receiver)


@pytest.mark.databases("postgresql")
def test_a_thousand_updates(heard: list[str]) -> None:
    """A delivery of 2.9 MB with 1,000 updates of all kinds takes as many statements as 100.

    A tenth of them speaks of what is known, the others of people and messages that are new.
    """
    stored(delivery(updates(1000, 0)))
    process_all()
    counted = {}
    for size, start in ((100, 2000), (1000, 4000)):
        parts = [*updates(size - size // 10, start), *known(size // 10)]
        random.Random(size).shuffle(parts)
        body = delivery(parts, SIZE[0] + 10_000 if size == 1000 else 0)
        call = stored(body)
        heard.clear()
        data, _ = statements(process.run)
        counted[size] = [sql.split()[0] + TABLE.search(sql)[1] for sql in data]  # type: ignore[index]  # all name one
        call.refresh_from_db()
        assert (call.state, call.unreadable) == ("processed", 0)
        assert heard.count("event_received") >= size
    assert len(body) in SIZE
    # It holds what it should: what belongs together was brought together.
    assert heard.count("message_received") > 200
    assert len(set(heard)) > 15
    assert not Message.objects.exclude(announce_at=None).exists()
    assert DeliveryStatus.objects.exclude(message=None).count() > 100
    assert Message.objects.exclude(target=None).count() > 100
    assert Message.objects.filter(payload__origin="repeated").count() > 50
    assert len(counted[100]) == len(counted[1000]), "\n".join(ndiff(counted[100], counted[1000]))
    # One of them asks whether echoes tell what became of messages whose end is unknown, two keep
    # templates, one keeps files.
    assert len(counted[1000]) <= 64, "\n".join(counted[1000])


@pytest.mark.databases
def test_one_bad_fact_in_the_middle() -> None:
    """A fact that the database refuses costs its 300 neighbours of all kinds nothing."""
    good = updates(300, 0)
    middle = unique("meta/messages__text", 9999, 9999)
    bad = json.loads(json.dumps(middle))
    bad["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = TEXT
    stored(delivery(good), account="other")
    call = stored(delivery([*good[:150], bad, *good[150:]]))
    with refused():
        process_all()
    assert differences("default", "other") == []
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("received", 1)
