"""Texts: the same fact from both formats, with the right sender, name and id."""

import hashlib
from dataclasses import fields
from typing import Any

import pytest

from django_chakra.events import (
    Event,
    Identity,
    MessageReceived,
    UnknownEvent,
    canonical,
    platform_time,
    read,
)
from django_chakra.testing import calls, samples


def first(document: dict[str, Any]) -> Event:
    """The first event of a call."""
    return read(calls.body(document))[0]


def message(document: dict[str, Any]) -> MessageReceived:
    """The first event of a call, which is a message."""
    event = first(document)
    assert isinstance(event, MessageReceived), event
    return event


def changed(name: str = "meta/messages__text", **changes: Any) -> dict[str, Any]:
    """A sample with changes in its message; ``...`` takes a key away."""
    document = samples.load(name)
    if "entry" in document:
        item = document["entry"][0]["changes"][0]["value"]["messages"][0]
    else:
        item = document["payload"]["message"]
    item.update(changes)
    for key in [key for key, part in item.items() if part is ...]:
        del item[key]
    return document


def test_all_fields_from_meta() -> None:
    """Meta's text is read whole."""
    event = message(samples.load("meta/messages__text_reply"))
    item = samples.load("meta/messages__text_reply")["entry"][0]["changes"][0]["value"]
    assert event == MessageReceived(
        kind="message.text",
        format="meta",
        waba_id="200000000000001",
        phone_number_id="300000000000001",
        display_number="5511900000000",
        occurred_at=platform_time(1790000002),
        raw=item["messages"][0],
        external_id="wamid.EXAMPLE-IN-2",
        chakra_id="",
        message_type="text",
        role="bubble",
        text="yes, that one",
        target="",
        reply_to="wamid.EXAMPLE-OUT-1",
        identities=(Identity("phone", "5511988887777"),),
        group_id="",
        name="Ana",
        username="",
        is_ours=False,
        item=item["messages"][0],
    )


IN_BOTH = [
    name.removeprefix("chakra/message__")
    for name in samples.names()
    if name.replace("chakra/message__", "meta/messages__") in samples.names()
    and name.startswith("chakra/message__")
]
ONLY_ONE_FORMAT_SAYS = {"format", "phone_number_id", "display_number", "chakra_id", "raw"}


@pytest.mark.parametrize("variant", IN_BOTH)
def test_formats_agree(variant: str) -> None:
    """Both formats of one message differ only in what one of them alone knows."""
    meta = message(samples.load(f"meta/messages__{variant}"))
    chakra = message(samples.load(f"chakra/message__{variant}"))
    for attribute in fields(MessageReceived):
        if attribute.name not in ONLY_ONE_FORMAT_SAYS:
            assert getattr(meta, attribute.name) == getattr(chakra, attribute.name)
    assert chakra.chakra_id.startswith("2f0c0b5e-")
    assert chakra.raw == samples.load(f"chakra/message__{variant}")


def test_flat_shape() -> None:
    """The flat shape that one relay has is read, too."""
    event = message(samples.load("chakra/message__text_flat"))
    assert (event.text, event.name) == ("hello", "Ana")
    assert event.identities == (Identity("phone", "5511988887777"),)
    assert (event.external_id, event.chakra_id) == ("wamid.EXAMPLE-IN-7", "")
    assert event.occurred_at == platform_time(1790000007)


PHONE, USER_ID = Identity("phone", "5511988887777"), Identity("user_id", "BR.1")
PARENT = Identity("parent_user_id", "BR.ENT.2")


@pytest.mark.parametrize(
    ("changes", "sender"),
    [
        ({"from": "+55 (11) 98888-7777"}, (PHONE,)),
        ({"from": 5511988887777}, (PHONE,)),
        ({"from_user_id": "BR.1"}, (PHONE, USER_ID)),
        ({"from_parent_user_id": "BR.ENT.2"}, (PHONE, PARENT)),
        ({"from": ..., "from_user_id": "BR.1"}, (USER_ID,)),
        ({"from": ["55"], "from_user_id": "BR.1"}, (USER_ID,)),
        ({"from": "BR.1"}, (USER_ID,)),
        ({"from": "BR.ENT.2"}, (PARENT,)),
    ],
)
def test_sender(changes: dict[str, Any], sender: tuple[Identity, ...]) -> None:
    """The sender is whoever the item names, by phone and by user ids, wherever they stand."""
    assert message(changed(**changes)).identities == sender


def test_sender_of_the_contact() -> None:
    """What the sender's own contact knows beside is known of them; of others it is not."""
    document = changed(from_user_id="BR.1")
    contacts = document["entry"][0]["changes"][0]["value"]["contacts"]
    contacts[0] |= {"wa_id": "5511977776666", "user_id": "BR.9"}
    assert message(document).identities == (PHONE, USER_ID)
    contacts.append({"user_id": "BR.1", "wa_id": "55 11 98888-7777", "parent_user_id": "BR.ENT.2"})
    assert message(document).identities == (PHONE, USER_ID, PARENT)


def test_notices_name_the_sender_anew() -> None:
    """A notice of a new number or user id says that both are one person."""
    system = {"type": "user_changed_number", "wa_id": "5522", "user_id": "BR.1"}
    event = message(changed(type="system", system=system))
    assert event.identities == (PHONE, Identity("phone", "5522"), USER_ID)
    assert message(changed(system=system)).identities == (PHONE,)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"from": ...}, "neither from nor from_user_id names the sender"),
        ({"from": "1" * 200}, "neither from nor from_user_id names the sender"),
        ({"text": ...}, "text has no body"),
        ({"text": {}}, "text has no body"),
        ({"text": {"body": ["a"]}}, "text has no body"),
        ({"type": ["text"]}, "type is no word"),
        ({"type": ..., "text": ...}, "type is no word"),
    ],
)
def test_unreadable(changes: dict[str, Any], reason: str) -> None:
    """A text without a sender, body or type is kept as unreadable, with its item and time."""
    document = changed(**changes)
    event = first(document)
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.reason) == ("unreadable", reason)
    assert event.raw == document["entry"][0]["changes"][0]["value"]["messages"][0]
    assert event.occurred_at == platform_time(1790000001)


@pytest.mark.parametrize("name", ["meta/messages__text", "chakra/message__text"])
def test_type_named_like_a_list(name: str) -> None:
    """A type which is the name of another reader's list is still a message, of another type."""
    for word in ("statuses", "status", "*", "id"):
        event = message(changed(name, type=word))
        assert (event.kind, event.message_type, event.text) == ("message.other", word, "")


def test_text_without_type() -> None:
    """A text whose type is left out is a text."""
    assert message(changed(type=...)).message_type == "text"


@pytest.mark.parametrize(
    ("shown", "sender"),
    [
        ("+55 11 90000-0000", "5511900000000"),
        ("+55 31 99000-0000", "553190000000"),
        ("553190000000", "+55 31 99000-0000"),
    ],
)
def test_ours_is_not_inbound(shown: str, sender: str) -> None:
    """A message from our own number, however spelt, is no inbound message."""
    document = changed(**{"from": sender})
    metadata = document["entry"][0]["changes"][0]["value"]["metadata"]
    metadata["display_phone_number"] = shown
    ours = first(document)
    assert isinstance(ours, UnknownEvent)
    assert (ours.kind, ours.name) == ("unknown", "messages.text")
    assert ours.reason == "it is from our own number"


@pytest.mark.parametrize("name", ["meta/messages__text", "chakra/message__text"])
def test_groups(name: str) -> None:
    """A message in a group names the group and who spoke."""
    event = message(changed(name, group_id="G"))
    assert (event.group_id, event.identities) == ("G", (PHONE,))
    assert message(changed(name, group_id=["G"])).group_id == ""


def test_name_is_never_taken_by_position() -> None:
    """Names belong to phones and user ids; a contact of somebody else names nobody."""
    document = samples.load("meta/messages__text")
    contacts = document["entry"][0]["changes"][0]["value"]["contacts"]
    contacts[0]["wa_id"] = "5511977776666"
    assert message(document).name == ""
    contacts.append({"user_id": "BR.1", "profile": {"name": "By id"}})
    item = document["entry"][0]["changes"][0]["value"]["messages"][0]
    item["from_user_id"] = "BR.1"
    assert message(document).name == "By id"


@pytest.mark.parametrize(
    ("payload", "item", "external_id", "chakra_id"),
    [
        ({"messageId": "u", "externalId": "e"}, {"id": "wamid.1"}, "wamid.1", "u"),
        ({"messageId": "u", "externalId": "e"}, {"id": ...}, "e", "u"),
        ({"messageId": "u", "externalId": "e"}, {"id": ["x"]}, "e", "u"),
        ({"messageId": "wamid.2", "externalId": ...}, {"id": ...}, "wamid.2", ""),
        ({"messageId": "wamid.2", "externalId": ..., "id": "u"}, {"id": ...}, "wamid.2", "u"),
        ({"messageId": "u", "externalId": ..., "id": "wamid.3"}, {"id": ...}, "wamid.3", "u"),
        ({"messageId": ..., "externalId": None, "id": 7}, {"id": "wamid.1"}, "wamid.1", "7"),
    ],
)
def test_ids(
    payload: dict[str, Any], item: dict[str, Any], external_id: str, chakra_id: str
) -> None:
    """The external id is the first that is surely WhatsApp's, Chakra's own stands beside it."""
    document = changed("chakra/message__text", **item)
    document["payload"].update(payload)
    for key in [key for key, part in document["payload"].items() if part is ...]:
        del document["payload"][key]
    event = message(document)
    assert (event.external_id, event.chakra_id) == (external_id, chakra_id)


def test_without_any_id() -> None:
    """A message without an id is named by its content, so that its repeat is the same message."""
    event = message(changed(id=...))
    digest = hashlib.sha256(canonical(event.item).encode()).hexdigest()
    assert event.external_id == f"sha256:{digest}"

    document = changed("chakra/message__text", id=...)
    del document["payload"]["externalId"]
    one = message(document)
    document["payload"]["timestamp"] += 1
    assert one.external_id.startswith("sha256:")
    assert message(document).external_id != one.external_id


def test_hostile_words() -> None:
    """Huge and unstorable words are cut, hashed or replaced; the text stays whole."""
    document = changed(id="wamid." + "x" * 5000, text={"body": "\x00" * 9000}, context=["x"])
    value = document["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["profile"]["name"] = "n" * 5000
    event = message(document)
    assert event.external_id.startswith("sha256:")
    assert event.text == "\ufffd" * 9000
    assert event.name == "n" * 255
    assert event.reply_to == ""


def test_forwarded_has_no_reply() -> None:
    """A forwarded message has a context without an id, and replies to nothing."""
    assert message(changed(context={"frequently_forwarded": True})).reply_to == ""
