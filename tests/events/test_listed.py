"""An entry of the platform's list says what a webhook would have said, as far as it can."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.events import (
    MessageEchoed,
    MessageEvent,
    MessageReceived,
    Unreadable,
    canonical,
    read,
    read_listed,
    storable,
)
from django_chakra.events.base import mapping
from django_chakra.events.content import is_listed
from django_chakra.testing import calls, samples
from tests.events.test_storable import any_json

KEYS = samples.answer("chats.messages")["_data"][0].keys()
WABA, NUMBER = calls.WABA_ID, calls.PHONE_NUMBER_ID


def listed(place: int, **changes: Any) -> dict[str, Any]:
    """An entry of the sample: 0 is ours, 1 a customer's."""
    entry: dict[str, Any] = samples.answer("chats.messages")["_data"][place]
    return {**entry, **changes}


def message(entry: dict[str, Any], **options: Any) -> MessageEvent:
    return read_listed(entry).message(waba_id=WABA, **options)


def test_a_customers_message() -> None:
    """The event is the webhook's, but for what is around it."""
    event = message(listed(1), phone_number_id=NUMBER)
    call = calls.text_call(
        "meta", external_id="wamid.EXAMPLE-IN-1", sender="5511988887777", text="hello",
        timestamp=1_789_999_999,
    )  # fmt: skip
    [posted] = read(calls.body(call))
    assert isinstance(event, MessageReceived)
    assert isinstance(posted, MessageReceived)
    others = ("format", "display_number", "raw", "item", "chakra_id")
    for name in set(MessageReceived.__dataclass_fields__) - set(others):
        assert getattr(event, name) == getattr(posted, name), name
    assert isinstance(event.item, dict)
    assert isinstance(posted.item, dict)
    assert {k: part for k, part in event.item.items() if k != "listed"} == posted.item
    assert (is_listed(event.item), is_listed(posted.item)) == (True, False)


def test_one_of_ours() -> None:
    """An echo, as of the inbox, and its status in lower case."""
    one = read_listed(listed(0, deliveryStatus="READ", updatedAt=1_790_000_060_999))
    event, status = one.message(waba_id=WABA), one.delivery_status(waba_id=WABA)
    assert isinstance(event, MessageEchoed)
    assert (event.is_ours, event.origin, event.text) == (True, "inbox", "Hello Ana")
    assert event.chakra_id == "6a1d0f3c-0000-4000-8000-000000000002"
    assert status is not None
    assert (status.status, status.recipient) == ("read", "5511988887777")
    assert status.occurred_at == datetime.fromtimestamp(1_790_000_060, UTC)
    call = calls.status_call(
        "chakra", external_id="wamid.EXAMPLE-OUT-1", status="read", timestamp=1,
        recipient="5511988887777",
    )  # fmt: skip
    [posted] = read(calls.body(call))
    assert status.key == posted.key  # type: ignore[attr-defined]


@pytest.mark.parametrize("updated", [None, 0, 1_790_000_000_000, 1_789_000_000_000, "x"])
def test_an_entry_that_never_changed(updated: object) -> None:
    """It does not say since when its status is so."""
    status = read_listed(listed(0, updatedAt=updated)).delivery_status(waba_id=WABA)
    assert status is not None
    assert status.occurred_at is None


def test_no_status() -> None:
    """Of a customer's message, without a word, and without a name."""
    for entry in (listed(1), listed(0, deliveryStatus=None), listed(0, externalId=None, id=None)):
        assert read_listed(entry).delivery_status(waba_id=WABA) is None


def test_times_are_those_of_webhooks() -> None:
    """Whole seconds, from milliseconds, seconds or digits; else when the entry was made."""
    for given_time in (1_790_000_000_999, 1_790_000_000, "1790000000"):
        at = read_listed(listed(0, timestamp=given_time)).at
        assert at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert read_listed(listed(1, timestamp=None)).at == datetime.fromtimestamp(1_790_000_000, UTC)


@pytest.mark.parametrize(
    ("changes", "text", "kind"),
    [
        ({"body": None}, "hello", "text"),
        ({"body": "as a text", "text": None}, "as a text", "text"),
        ({"dataType": None}, "hello", "text"),
        ({"dataType": "TEXT"}, "hello", "text"),
        (
            {"dataType": "image", "body": {"id": "9", "caption": "look"}, "text": "x"},
            "look",
            "image",
        ),
        ({"dataType": "audio", "body": {"id": "9"}, "text": "voice"}, "voice", "audio"),
        ({"dataType": "hologram", "body": {"a": 1}, "text": "see"}, "see", "hologram"),
        ({"dataType": "from", "text": "see"}, "Unsupported message", "unknown"),
        ({"body": {}, "text": None}, "Unsupported message", "unknown"),
        ({"dataType": "location", "body": {"name": "Here"}, "text": None}, "Here", "location"),
    ],
)
def test_what_it_says(changes: dict[str, Any], text: str, kind: str) -> None:
    """By its type, else as the list shows it; a text without words is one that nobody can read."""
    event = message(listed(1, **changes))
    assert event.text.startswith(text)
    assert event.message_type == kind


@pytest.mark.parametrize(
    ("quoted", "found"),
    [
        ("wamid.Q", "wamid.Q"),
        ({"externalId": "wamid.Q", "id": "6a1d"}, "wamid.Q"),
        ({"id": "wamid.Q"}, "wamid.Q"),
        ("6a1d0f3c-0000-4000-8000-000000000002", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_what_it_quotes(quoted: object, found: str) -> None:
    """Only WhatsApp's own id leads anywhere."""
    assert message(listed(1, inReplyTo=quoted)).reply_to == found


@pytest.mark.parametrize("key", ["whatsappPhoneNumberId", "phoneNumberId", "phone_number_id"])
def test_the_number(key: str) -> None:
    """Where the entry names it, in any spelling, that is it; else what the caller knows."""
    context = {"contactIdentifier": "5511988887777", key: "42"}
    assert message(listed(1, context=context), phone_number_id=NUMBER).phone_number_id == "42"
    assert message(listed(1, **{key: "42"})).phone_number_id == "42"
    assert message(listed(1), phone_number_id=NUMBER).phone_number_id == NUMBER
    assert message(listed(1)).phone_number_id == ""


def test_with_whom() -> None:
    """A phone number in any spelling, a user id, or for ours the id of a group."""

    def named(place: int, who: object) -> MessageEvent:
        return message(listed(place, context={"contactIdentifier": who}))

    assert named(1, "+55 11 98888-7777").identities[0].value == "5511988887777"
    assert named(1, "IN.1A2B3C").identities == (("user_id", "IN.1A2B3C"),)
    for group in ("120363000000000001", "Y2FwaV9ncm91cA"):
        event = named(0, group)
        assert (event.group_id, event.identities) == (group, ())
        with pytest.raises(Unreadable, match="whom"):
            named(1, group)
    with pytest.raises(Unreadable, match="whom"):
        named(1, None)
    entry = listed(1, context=None)
    known = read_listed(entry, contact="5511988887777").message(waba_id=WABA)
    assert known.identities[0].value == "5511988887777"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"timestamp": None, "createdAt": None}, "it has no time"),
        ({"direction": None}, "neither INBOUND nor OUTBOUND"),
        ({"direction": "SIDEWAYS"}, "neither INBOUND nor OUTBOUND"),
        ({"externalId": None}, "has not named it"),
        ({"dataType": "reaction", "body": {"emoji": "x"}}, "names no message"),
    ],
)
def test_unreadable_in_words(changes: dict[str, Any], words: str) -> None:
    """And no word of the entry's own."""
    with pytest.raises(Unreadable, match=words):
        message(listed(1, **changes))


@given(
    st.fixed_dictionaries(
        {"direction": st.sampled_from(["INBOUND", "OUTBOUND"]) | any_json},
        optional={key: any_json for key in KEYS - {"direction"}},
    )
    | any_json
)
def test_any_entry(entry: Any) -> None:
    """Whatever it is: an event that any database can store, or Unreadable."""
    try:
        one = read_listed(entry)
        status, event = one.delivery_status(waba_id=WABA), one.message(waba_id=WABA)
    except Unreadable:
        return
    assert canonical(storable(event.item)) == canonical(event.item)
    assert status is None or canonical(storable(status.item)) == canonical(status.item)
    assert len(event.external_id) <= 255


@pytest.mark.parametrize(
    ("kind", "body", "attachments", "expected"),
    [
        ("image", None, [{"id": "9001"}], {"id": "9001"}),
        ("image", {"caption": "x"}, [7, {"mediaId": 9001}], {"caption": "x", "id": "9001"}),
        ("document", {"id": ""}, {"id": "a-1", "media_id": "9001"}, {"id": "9001"}),
        ("image", {"id": "9000"}, [{"id": "9001"}], {"id": "9000"}),
        ("image", None, [{"id": "6a1d0f3c-0000-4000-8000-000000000001"}], {}),
        ("image", None, [{"id": True, "media_id": [1]}], {}),
        ("image", "words", [{"id": "9001"}], "words"),
        ("location", None, [{"id": "9001"}], {}),
    ],
)
def test_attachments(kind: str, body: Any, attachments: Any, expected: Any) -> None:
    """Media whose body names no file has the one that an attachment names by Meta's id."""
    event = message(listed(1, dataType=kind, body=body, attachments=attachments))
    assert isinstance(event.item, dict)
    assert event.item[kind] == expected
    assert mapping(event.item["listed"])["attachments"] == attachments
