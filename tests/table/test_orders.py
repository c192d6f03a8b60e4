"""All samples in any order, doubled, split and joined leave the same tables."""

import json
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client

from django_chakra import process
from django_chakra.testing import samples
from tests.posting import post, process_all
from tests.tables import differences

from .reading import FOLDER

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases("sqlite", "postgresql"),
]

IDS = re.compile(
    r"(?:wamid\.|wacid\.|gBEG|ABGG)[\w+/=.-]*"
    r"|(?P<chakra>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)

Call = dict[str, Any]


def as_they_are() -> list[Call]:
    """The samples, of which many speak of the same messages: one as a text, one as an image."""
    return [samples.load(name) for name in samples.names()]


def with_ids_of_their_own() -> list[Call]:
    """The samples with ids of messages and calls that no two of them share."""
    return [
        json.loads(IDS.sub(partial(_own, place), json.dumps(call)))
        for place, call in enumerate(as_they_are())
    ]


def _own(place: int, found: re.Match[str]) -> str:
    """The id as the sample at this place spells it; one of Chakra's keeps the form of a UUID."""
    if found["chakra"]:
        return f"{place:08x}{found[0][8:]}"
    return f"{found[0]}-{place}"


def shuffled(calls: list[Call], seed: int) -> list[Call]:
    return random.Random(seed).sample(calls, len(calls))


def split(call: Call) -> list[Call]:
    """A delivery of Meta's as one call for each of its facts; Chakra's hold one fact each."""
    if "entry" not in call:
        return [call]
    return [
        {**call, "entry": [{**entry, "changes": [{**change, "value": value}]}]}
        for entry in call["entry"]
        for change in entry["changes"]
        for value in _values(change["value"])
    ]


def _values(value: Any) -> Iterator[Any]:
    """A value of lists as one for each item, with those who are named beside it."""
    if not isinstance(value, dict) or "metadata" not in value:
        yield value
        return
    lists = {key: part for key, part in value.items() if isinstance(part, list)}
    people = {key: lists.pop(key) for key in ("contacts",) if len(lists) > 1 and key in lists}
    beside = {key: part for key, part in value.items() if key not in lists}
    frame = {key: part for key, part in beside.items() if key in ("metadata", "messaging_product")}
    for key, items in lists.items():
        for item in items:
            for part in _chunks(item) if key == "history" else [item]:
                yield {**frame, **people, key: [part]}
    if beside.keys() - frame.keys() - people.keys() or not lists:
        yield beside


def _chunks(chunk: Any) -> Iterator[Any]:
    """A chunk of a history as one for each of its messages."""
    threads = chunk.get("threads")
    if not threads:
        yield chunk
        return
    for thread in threads:
        for message in thread["messages"]:
            yield {**chunk, "threads": [{**thread, "messages": [message]}]}


def joined(calls: list[Call], size: int) -> list[Call]:
    """Deliveries of Meta's with the entries of so many; Chakra's between them."""
    metas = [call for call in calls if "entry" in call]
    rest = [call for call in calls if "entry" not in call]
    for start in range(0, len(metas), size):
        entries = [entry for call in metas[start : start + size] for entry in call["entry"]]
        rest.append({"object": "whatsapp_business_account", "entry": entries})
    return rest


def ways(calls: list[Call]) -> dict[str, list[Call]]:
    """All the ways in which the same facts may come."""
    parts = [part for call in calls for part in split(call)]
    return {
        "twice": [*calls, *calls],
        "shuffled": shuffled(calls, 1),
        "split": shuffled(parts, 2),
        "joined": shuffled(joined(shuffled(calls, 3), 9), 4),
    }


def play(calls: list[Call], account: str) -> None:
    """Post and process, in batches of many sizes."""
    chance, client = random.Random(account), Client()
    waiting = 0
    for call in calls:
        assert post(call, account=account, client=client).status_code == 200
        waiting += 1
        if chance.random() < 0.03:
            process.run(limit=waiting)
            waiting = 0
    process_all()


def compared(arrangements: dict[str, list[Call]], settings: Any) -> dict[str, list[str]]:
    """What differs from the first of these ways, by way; an account each, since they never meet."""
    accounts = {way: {"WEBHOOK_SECRETS": ["secret"]} for way in arrangements}
    settings.CHAKRA = {"ACCOUNTS": accounts, "RUNNER": "worker"}
    for way, arrangement in arrangements.items():
        play(arrangement, way)
    first, *others = arrangements
    return {way: found for way in others if (found := differences(first, way))}


@pytest.mark.parametrize(
    "load",
    [as_they_are, pytest.param(with_ids_of_their_own, marks=pytest.mark.databases("sqlite"))],
)
def test_any_order(load: Callable[[], list[Call]], settings: Any) -> None:
    """Whatever the order, the number of times and the deliveries, the tables are the same."""
    calls = load()
    assert compared({"once": calls, **ways(calls)}, settings) == {}


@pytest.mark.parametrize("file", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_each_family_in_any_order(file: str, settings: Any) -> None:
    """The same holds where nobody else says more: of the samples of each file of the table."""
    names = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
    calls = [samples.load(name) for name in names]
    assert compared({"once": calls, "backwards": calls[::-1]}, settings) == {}
