"""Traps 18 to 24: what makes others answer 500."""

import json
from typing import Any

import pytest

from django_chakra.events import platform_id
from django_chakra.models import DeliveryStatus, Message, WebhookCall
from django_chakra.testing import calls
from tests.posting import ANA, post, process_all

from .delivery import call_of, ids, message, taken, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

GOOD = calls.body(call_of({"messages": [message("wamid.A", text={"body": "@"})]}))


def spoilt(written: bytes) -> bytes:
    """A good call with these bytes in place of a string of it."""
    return GOOD.replace(b'"@"', written)


def test_trap_18_words_that_json_has_not() -> None:
    """NaN, infinite numbers, NUL and lone surrogates are kept in a form that databases take."""
    for written in (b"NaN", b"Infinity"):
        call = taken(spoilt(written))
        assert (call.kind, bytes(call.body)) == ("unreadable", spoilt(written))
    taken(spoilt(b'"@","size":1e400'), spoilt(rb'"a\u0000b\ud800c"'))
    found = Message.objects.get()
    assert found.text in ("@", "a\ufffdb\ufffdc")
    assert found.payload["text"] in ({"body": "@", "size": "Infinity"}, {"body": found.text})


def test_trap_19_parsers_fail_in_many_ways() -> None:
    """Invalid UTF-8, endless integers and bottomless nesting are kept whole, as calls."""
    depth = 100_000
    for written in (b'"\xff"', b"9" * 5000, b"[" * depth + b"]" * depth):
        call = taken(spoilt(written))
        assert (call.kind, bytes(call.body)) == ("unreadable", spoilt(written))
    assert ids() == []


def test_trap_20_numbers_that_are_none() -> None:
    """What Python takes for a number, and what is beyond the calendar, is no time."""
    times: list[Any] = ["1_000", " 5 ", "٣", "1e9", True, -1, 1e300, 10**18, "9" * 30, [5], {}]
    items = [message(f"wamid.{n}", timestamp=at) for n, at in enumerate(times)]
    taken(call_of({"messages": items}))
    assert Message.objects.filter(occurred_at=None).count() == len(times)


def test_trap_21_longer_than_any_column() -> None:
    """Ids, names, numbers and words of thousands of characters are kept, cut where they must be."""
    long, number = "wamid." + "x" * 5000, "5" * 200
    contacts = [{"profile": {"name": "n" * 5000}, "wa_id": ANA}]
    taken(
        call_of(
            {
                "contacts": contacts,
                "messages": [message(long), message("wamid.B", type="t" * 3000)],
                "statuses": [tick(long, "w" * 3000), tick("wamid.C", "sent", recipient_id=number)],
            }
        )
    )
    assert ids() == [platform_id(long), "wamid.B"]
    assert Message.objects.get(external_id="wamid.B").kind == "t" * 64
    assert Message.objects.get(text=long).contact.name == "n" * 255  # type: ignore[union-attr]  # Ana
    assert set(DeliveryStatus.objects.values_list("status", "recipient")) == {
        ("w" * 64, ANA),
        ("sent", number),
    }


@pytest.mark.parametrize("value", [[], {}, ["text"], {"id": "text"}, None, True, 7])
def test_trap_22_no_word_where_a_word_stands(value: Any) -> None:
    """A list, an object or a number as field, type, status or id is no error of ours."""
    good = message("wamid.A")
    items = [{**good, key: value} for key in ("type", "id", "from")]
    taken(
        call_of({"messages": [*items, good], "statuses": [tick("wamid.B", value)]}),
        call_of({"statuses": [tick(value, "sent")]}),
        call_of({}, field=value),
        {"event": value, "payload": value},
    )
    assert "wamid.A" in ids()


def test_trap_23_one_id_twice_in_a_list() -> None:
    """The same message or status twice in one list is one row, and hurts no neighbour."""
    items = [message("wamid.A"), message("wamid.A"), message("wamid.B")]
    ticks = [tick("wamid.C", "sent"), tick("wamid.C", "sent"), tick("wamid.C", "read")]
    taken(call_of({"messages": items, "statuses": ticks}))
    assert ids() == ["wamid.A", "wamid.B"]
    assert DeliveryStatus.objects.count() == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_trap_24_other_encodings(encoding: str) -> None:
    """A body with a byte order mark or in wider characters is kept as it came."""
    body = json.dumps(call_of({"messages": [message("wamid.A")]})).encode(encoding)
    assert post(body).status_code == 200
    process_all()
    call = WebhookCall.objects.get()
    assert (call.state, call.kind, bytes(call.body)) == ("processed", "unreadable", body)
