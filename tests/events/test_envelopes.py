"""Reading a call: every fact becomes an event, and a bad one costs no neighbour."""

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.events import (
    READERS,
    DeliveryStatusReported,
    Event,
    MessageReceived,
    UnknownEvent,
    envelopes,
    facts,
    read,
    storable,
)
from django_chakra.testing import calls, samples
from tests.events.test_storable import any_json

GARBAGE: list[Any] = [None, True, 0, -1.5, "text", "", [], [[]], {}, {"id": {}}, "x" * 5000, 10**30]


def delivery(*changes: Any, **entry: Any) -> dict[str, Any]:
    """A delivery of Meta's with these changes in one entry."""
    return {"object": "whatsapp_business_account", "entry": [{"changes": [*changes], **entry}]}


def value(**lists: Any) -> dict[str, Any]:
    """A value of the message-like family."""
    metadata = {"display_phone_number": "+55 11 90000-0000", "phone_number_id": "3"}
    return {"messaging_product": "whatsapp", "metadata": metadata, **lists}


def read_json(document: Any) -> list[Event]:
    """The events of a document."""
    return read(json.dumps(document).encode())


def only(document: Any) -> UnknownEvent:
    """The one event of a document, which is an unknown one."""
    (event,) = read_json(document)
    assert type(event) is UnknownEvent
    return event


TEXT = {"from": "5511", "id": "wamid.1", "timestamp": "1790000000", "type": "text"}
TEXT["text"] = {"body": "hi"}  # type: ignore[assignment]
STATUS = {"id": "wamid.2", "status": "sent", "timestamp": "1790000001", "recipient_id": "5511"}


def all_storable(event: Event) -> bool:
    """Whether all that an event holds can be stored."""
    parts = [getattr(event, attribute.name) for attribute in fields(event)]
    values = [part for part in parts if isinstance(part, str | dict | list)]
    return all(storable(part) == part for part in values) and len(event.kind) <= 64


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    """Any bytes are at least one event."""
    found = read(body)
    assert found
    assert all(map(all_storable, found))


@given(st.dictionaries(st.sampled_from(["object", "entry", "event", "payload"]), any_json))
def test_any_object(document: dict[str, Any]) -> None:
    """Any JSON object is at least one event, all of it storable."""
    found = read_json(document)
    assert found
    assert all(map(all_storable, found))


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document where a value stands: its container and its key."""
    found = []
    if isinstance(document, dict | list):
        keys = document if isinstance(document, dict) else range(len(document))
        for key in keys:
            found += [(document, key), *places(document[key])]
    return found


@given(
    data=st.data(), name=st.sampled_from(samples.names()), junk=any_json | st.sampled_from(GARBAGE)
)
def test_any_damage(data: st.DataObject, name: str, junk: Any) -> None:
    """A sample with anything in the place of any of its values is read to storable events."""
    document = samples.load(name)
    container, key = data.draw(st.sampled_from(places(document)))
    container[key] = junk
    found = read_json(document)
    assert found
    assert all(map(all_storable, found))


@pytest.mark.parametrize("bad", GARBAGE)
@pytest.mark.parametrize("key", ["messages", "statuses"])
def test_bad_item_costs_no_neighbour(key: str, bad: Any) -> None:
    """An item that is garbage is one unreadable fact; the items around it are read."""
    lists = {"messages": [TEXT], "statuses": [STATUS]}
    lists[key] = [*lists[key], bad, *lists[key]]
    found = read_json(delivery({"field": "messages", "value": value(**lists)}))

    bad_ones = [event for event in found if type(event) is UnknownEvent]
    assert len(found) == 4
    assert [event.kind for event in bad_ones] == ["unreadable"]
    assert bad_ones[0].reason
    assert bad_ones[0].raw == storable(bad)


@pytest.mark.parametrize("bad", GARBAGE)
def test_bad_entry_or_change_costs_no_neighbour(bad: Any) -> None:
    """An entry or a change that is garbage is one fact; the others are read."""
    good = {"field": "messages", "value": value(messages=[TEXT])}
    document = delivery(good, bad, good)
    document["entry"] = [bad, *document["entry"], bad]
    found = read_json(document)

    assert sum(type(event) is MessageReceived for event in found) == 2
    assert len(found) == 5


def test_reader_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a reader raises loses only its own fact, and is the reason."""

    def broken(*_: object) -> Event:
        raise KeyError("bo\x00dy")

    monkeypatch.setitem(READERS, ("meta", "messages", "messages"), broken)
    lists = value(messages=[TEXT], statuses=[STATUS])
    first, second = read_json(delivery({"field": "messages", "value": lists}))

    assert isinstance(first, UnknownEvent)
    assert (first.kind, first.reason) == ("unreadable", "KeyError: 'bo\\x00dy'")
    assert first.raw == TEXT
    assert first.occurred_at is not None
    assert isinstance(second, DeliveryStatusReported)


def test_last_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error outside every reader is one unreadable fact for its change."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(envelopes, "profiles", broken)
    change = {"field": "messages", "value": value(messages=[TEXT])}
    event = only(delivery(change, time=1790000000))
    assert (event.kind, event.reason, event.raw) == ("unreadable", "ZeroDivisionError: ", change)

    chakra = only(samples.load("chakra/message__text"))
    assert (chakra.kind, chakra.reason) == ("unreadable", "ZeroDivisionError: ")


@pytest.mark.parametrize(
    ("document", "kind", "name", "reason"),
    [
        ({}, "unknown", "", "neither Meta's nor Chakra's format"),
        ({"object": "page", "entry": []}, "unknown", "page", "neither Meta's nor Chakra's format"),
        ({"object": "whatsapp_business_account"}, "unreadable", "entry", "entry is no list"),
        ({"entry": []}, "unknown", "entry", "entry is empty"),
        ({"entry": [{"id": "2"}]}, "unreadable", "entry", "changes is no list"),
        (delivery(), "unknown", "entry", "changes is empty"),
        (delivery({}), "unreadable", "change", "field is no word"),
        (delivery({"field": ["x"], "value": {}}), "unreadable", "change", "field is no word"),
        (delivery({"field": "messages"}), "unreadable", "messages", "value is no object"),
        (delivery({"field": "new", "value": 7}), "unknown", "new", "value is no object"),
        (delivery({"field": "messages", "value": value()}), "unknown", "messages", ""),
        (
            delivery({"field": "messages", "value": value(messages={"a": 1})}),
            "unreadable",
            "messages",
            "messages is no list",
        ),
        (
            delivery({"field": "messages", "value": value(contacts=[{"wa_id": "55"}])}),
            "unknown",
            "messages.contacts",
            "",
        ),
        ({"event": "message"}, "unreadable", "message", "message is no object"),
        ({"event": "message", "payload": "x"}, "unreadable", "message", "message is no object"),
        ({"event": "status", "payload": []}, "unreadable", "status", "status is no object"),
        ({"event": ["message"], "payload": {}}, "unreadable", "", "event is no word"),
        ({"event": "x" * 200, "payload": {}}, "unknown", "x" * 128, ""),
    ],
)
def test_odd_calls(document: Any, kind: str, name: str, reason: str) -> None:
    """A call without a readable fact is one event that says why and keeps what came."""
    event = only(document)
    assert (event.kind, event.name, event.reason) == (kind, name, reason)
    assert event.raw is not None


def test_unparsable_body() -> None:
    """A body that cannot be parsed is one unreadable fact with the beginning of it."""
    (event,) = read(b'{"a": NaN, "b": "' + b"x" * 5000)
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.format, event.reason) == ("unreadable", "", "NaN is no JSON number")
    assert isinstance(event.raw, str)
    assert len(event.raw) == 1024


@pytest.mark.parametrize("field", ["history", "message_echoes", "smb_message_echoes", "standby"])
def test_messages_of_other_fields_are_no_inbound_messages(field: str) -> None:
    """A list called ``messages`` holds messages to us only in the field ``messages``."""
    lists = value(messages=[TEXT], message_echoes=[TEXT | {"to": "5522"}])
    found = read_json(delivery({"field": field, "value": lists}))
    assert len(found) == 2
    assert not any(isinstance(event, MessageReceived) for event in found)


def test_nothing_beside_the_lists_is_lost() -> None:
    """What stands beside the lists of a value is an event of its own, without the lists."""
    lists = value(messages=[TEXT], teleport_context={"summary": "s"}, contacts=[], extra=None)
    change = {"field": "messages", "value": lists}
    first, second = read_json(delivery(change, id="2", time=1790000000))

    assert isinstance(first, MessageReceived)
    assert isinstance(second, UnknownEvent)
    assert second.raw == {
        "entry": "2",
        "time": 1790000000,
        "field": "messages",
        "value": {"teleport_context": {"summary": "s"}},
    }


def test_management_change_is_one_fact() -> None:
    """A flat value keeps its lists: a station means nothing without the event beside it."""
    event = only(samples.load("meta/teleport_update__future_object"))
    assert isinstance(event.raw, dict)
    assert event.raw["value"]["event"] == "TELEPORTED"  # type: ignore[index,call-overload]
    assert len(event.raw["value"]["stations"]) == 2  # type: ignore[index,call-overload,arg-type]
    assert event.occurred_at is not None


def test_context_of_each_change() -> None:
    """Each fact has the account and number of its own entry and change."""
    document = samples.load("meta/batch")
    numbers = {(event.waba_id, event.phone_number_id) for event in read_json(document)}
    assert numbers == {
        ("200000000000001", "300000000000001"),
        ("200000000000002", "300000000000002"),
    }


@pytest.mark.parametrize("key", facts.NUMBER_KEYS)
def test_number_in_any_spelling(key: str) -> None:
    """Chakra's payload may spell the number's id in many ways, or as Meta does."""
    document = samples.load("chakra/message__text")
    document["payload"][key] = 300000000000009
    assert read_json(document)[0].phone_number_id == "300000000000009"
    document["payload"] |= {key: None, "metadata": value()["metadata"]}
    (event,) = read_json(document)
    assert (event.phone_number_id, event.display_number) == ("3", "+55 11 90000-0000")


def test_number_of_facts_is_bounded() -> None:
    """A body of millions of facts too small to be real does not fill the memory."""
    body = b'{"entry":[' + b"0," * 500_000 + b"0]}"
    found = read(body)
    assert len(found) == len(body) // 32 + 1
    last = found[-1]
    assert isinstance(last, UnknownEvent)
    assert last.reason == f"more than {len(body) // 32} facts in one call"


def test_a_thousand_updates_are_all_read() -> None:
    """The largest delivery Meta speaks of is read whole."""
    many = [
        calls.text_call("meta", external_id=f"w{n}", sender="55", text="", timestamp=n)
        for n in range(1000)
    ]
    assert len(read(calls.body(calls.batch_call(*many)))) == 1000


def test_huge_context_is_copied_short() -> None:
    """A huge entry id, time or field is not copied once for each of thousands of facts."""
    change = {"field": "f" * 500_000, "value": {"metadata": {}, "x": [{}] * 1000}}
    document = delivery(change, id="i" * 500_000, time="9" * 999)
    found = read_json(document)

    assert len(found) == 1000
    assert len({event.name for event in found if isinstance(event, UnknownEvent)}) == 1
    assert found[0].waba_id.startswith("sha256:")
    odd = only(delivery(change | {"value": 1}, id=["i" * 500_000], time=["9"]))
    assert len(json.dumps(odd.raw)) < 500
