"""Echoes: to whom, where the item itself does not say, and several in one call."""

import json
from typing import Any

import pytest

from django_chakra.events import Event, Identity, MessageEchoed, UnknownEvent, read
from django_chakra.testing import calls, samples

TEXT = {"from": "5511900000000", "timestamp": "1790000000", "type": "text", "text": {"body": "x"}}
ANA, BRUNO = {"wa_id": "5511988887777", "user_id": "BR.1"}, {"wa_id": "5511977776666"}


def read_payload(**payload: Any) -> list[Event]:
    """The events of a ``message_echo`` of Chakra's with this payload."""
    call = {"event": "message_echo", "payload": {"wabaId": calls.WABA_ID, **payload}}
    return read(json.dumps(call).encode())


def echo(item: dict[str, Any], **payload: Any) -> MessageEchoed:
    """The one event of an echo with this item, which is a message."""
    (event,) = read_payload(message=TEXT | {"id": "wamid.1"} | item, **payload)
    assert isinstance(event, MessageEchoed), event
    return event


@pytest.mark.parametrize(
    ("item", "payload", "customer"),
    [
        ({"to": "55"}, {"recipientId": "66", "contacts": [ANA]}, ["55"]),
        ({"to": "+55 11"}, {}, ["5511"]),
        ({"to": ["55"]}, {"recipientId": "66"}, ["66"]),
        ({}, {"recipientId": {"a": 1}, "to": "77"}, ["77"]),
        ({}, {"recipientId": "BR.1"}, ["BR.1"]),
        ({"to": "BR.1"}, {}, ["BR.1"]),
        ({"to_user_id": "BR.1", "to_parent_user_id": "BR.ENT.2"}, {}, ["BR.1", "BR.ENT.2"]),
        ({}, {"contacts": [ANA]}, ["5511988887777", "BR.1"]),
        ({"to": "5511988887777"}, {"contacts": [BRUNO, ANA]}, ["5511988887777", "BR.1"]),
        ({"group_id": "G"}, {}, []),
    ],
)
def test_recipient(item: dict[str, Any], payload: dict[str, Any], customer: list[str]) -> None:
    """The customer is whoever the item names, else the payload, else the only contact."""
    assert [identity.value for identity in echo(item, **payload).identities] == customer


@pytest.mark.parametrize("payload", [{}, {"contacts": [ANA, BRUNO]}, {"recipientId": "somebody"}])
def test_without_recipient(payload: dict[str, Any]) -> None:
    """An echo that names nobody, or two people, is kept as unreadable."""
    (event,) = read_payload(message=TEXT | {"id": "wamid.1"}, **payload)
    assert isinstance(event, UnknownEvent)
    assert event.reason == "neither to nor to_user_id names the customer"


def test_ours() -> None:
    """An echo is ours whoever it says that it is from, and keeps Chakra's own id."""
    event = echo({"to": "55", "from": "66"}, messageId="6a1d0f3c")
    assert event.is_ours
    assert event.chakra_id == "6a1d0f3c"
    assert event.identities == (Identity("phone", "55"),)


def test_several() -> None:
    """Echoes in one list share the recipient and the time of their payload, but not its ids."""
    item = {key: part for key, part in TEXT.items() if key != "timestamp"}
    found = read_payload(
        message_echoes=[item | {"id": "wamid.1"}, 5, item],
        externalId="wamid.9",
        messageId="6a1d0f3c",
        recipientId="55",
        timestamp=1790000000000,
    )
    one, odd, other = found
    assert isinstance(one, MessageEchoed)
    assert isinstance(other, MessageEchoed)
    assert (odd.kind, odd.raw) == ("unreadable", 5)
    assert (one.external_id, one.chakra_id) == ("wamid.1", "")
    assert other.external_id.startswith("sha256:")
    assert one.occurred_at == other.occurred_at is not None


def test_huge_payload_is_not_copied_for_each() -> None:
    """What stands beside many echoes is not kept once for each of them."""
    many = [TEXT | {"id": f"wamid.{n}", "to": "55"} for n in range(500)]
    beside = {"recipientId": "9" * 100_000, "x": "y" * 100_000}
    found = read_payload(messageEchoes=many, **beside)
    assert len(found) == 500
    assert all(len(json.dumps(event.raw)) < 1000 for event in found)


@pytest.mark.parametrize("payload", [{}, {"message": None}, {"message_echoes": [], "item": {}}])
def test_nothing_inside(payload: dict[str, Any]) -> None:
    """An echo without a message is one unreadable fact with the whole body."""
    (event,) = read_payload(**payload)
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.reason) == ("unreadable", "the echo holds no message")
    assert isinstance(event.raw, dict)


@pytest.mark.parametrize("name", [n for n in samples.names() if "_echo" in n and "batch" not in n])
def test_samples(name: str) -> None:
    """Every echo is ours, and says by which way it was written."""
    for event in read(calls.body(name)):
        if isinstance(event, MessageEchoed):
            assert event.is_ours
            assert event.origin == ("phone" if "smb_" in name else "inbox")
