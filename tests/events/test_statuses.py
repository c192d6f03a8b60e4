"""Delivery statuses: the same tick from both formats, with its cause and its key."""

from typing import Any

import pytest

from django_chakra.events import (
    DeliveryStatusReported,
    Event,
    UnknownEvent,
    platform_time,
    read,
)
from django_chakra.events.statuses import WORDS
from django_chakra.testing import calls, samples


def first(document: dict[str, Any]) -> Event:
    """The first event of a call."""
    return read(calls.body(document))[0]


def status(document: dict[str, Any]) -> DeliveryStatusReported:
    """The first event of a call, which is a status."""
    event = first(document)
    assert isinstance(event, DeliveryStatusReported), event
    return event


def meta(field: str = "messages", **changes: Any) -> dict[str, Any]:
    """Meta's sample of a sent status with changes in its item; ``...`` takes a key away."""
    document = samples.load("meta/statuses__sent")
    change = document["entry"][0]["changes"][0]
    change["field"] = field
    _change(change["value"]["statuses"][0], changes)
    return document


def chakra(**changes: Any) -> dict[str, Any]:
    """Chakra's sample of a delivered status with changes in its payload."""
    document = samples.load("chakra/status__delivered")
    _change(document["payload"], changes)
    return document


def _change(item: dict[str, Any], changes: dict[str, Any]) -> None:
    item.update(changes)
    for key in [key for key, part in item.items() if part is ...]:
        del item[key]


def test_all_fields_from_meta() -> None:
    """Meta's status is read whole."""
    document = samples.load("meta/statuses__sent")
    item = document["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert status(document) == DeliveryStatusReported(
        kind="status.sent",
        format="meta",
        waba_id="200000000000001",
        phone_number_id="300000000000001",
        display_number="5511900000000",
        occurred_at=platform_time(1790000011),
        raw=item,
        external_id="wamid.EXAMPLE-OUT-1",
        chakra_id="",
        type="message",
        status="sent",
        recipient="5511988887777",
        participant="",
        error_code=None,
        error_title="",
        error_details="",
        pricing_category="utility",
        billable=True,
        callback_data="example-row-1",
        item=item,
    )


@pytest.mark.parametrize("word", ["delivered", "read"])
def test_formats_agree(word: str) -> None:
    """One tick has one key, one time and one recipient in both formats."""
    one = status(samples.load(f"meta/statuses__{word}"))
    other = status(samples.load(f"chakra/status__{word}"))
    for name in ("key", "kind", "occurred_at", "recipient", "external_id", "type", "status"):
        assert getattr(one, name) == getattr(other, name)
    assert other.chakra_id.startswith("6a1d0f3c-")
    assert other.raw == samples.load(f"chakra/status__{word}")


def test_key() -> None:
    """The key tells id, type, word and participant apart, and nothing else."""
    base = status(meta()).key
    assert status(meta(timestamp="1", pricing=..., recipient_id="1")).key == base
    for other in (
        meta(id="wamid.OTHER"),
        meta(id="wamid.example-out-1"),
        meta(type="payment"),
        meta(status="read"),
        meta(recipient_participant_id="5511"),
    ):
        assert status(other).key != base
    assert len(base) == 64


def test_key_of_chakras_own_id() -> None:
    """A status that names only Chakra's id has a key, too."""
    event = status(chakra(externalId=...))
    assert (event.external_id, event.chakra_id[:8]) == ("", "6a1d0f3c")
    assert event.key != status(chakra(externalId=..., id="another")).key


@pytest.mark.parametrize(
    ("changes", "external_id", "chakra_id"),
    [
        ({"id": "u", "externalId": "wamid.1"}, "wamid.1", "u"),
        ({"id": "wamid.1", "externalId": ...}, "wamid.1", ""),
        ({"id": "wamid.1", "externalId": "e", "messageId": "u"}, "wamid.1", "u"),
        ({"id": ..., "externalId": ..., "messageId": "wamid.1"}, "wamid.1", ""),
        ({"id": ..., "externalId": "e", "messageId": "u"}, "e", "u"),
        ({"id": "e", "externalId": "e", "messageId": "u"}, "e", "u"),
        ({"id": 7, "externalId": None}, "", "7"),
    ],
)
def test_ids(changes: dict[str, Any], external_id: str, chakra_id: str) -> None:
    """What begins with ``wamid.`` is WhatsApp's id whatever its key."""
    event = status(chakra(**changes))
    assert (event.external_id, event.chakra_id) == (external_id, chakra_id)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"deliveryStatus": "READ"}, "read"),
        ({"deliveryStatus": ..., "status": "Delivered"}, "delivered"),
        ({"deliveryStatus": None, "status": "sent"}, "sent"),
        ({"deliveryStatus": ["x"], "message_status": " PLAYED "}, "played"),
        ({"deliveryStatus": "X" * 3000}, "x" * 64),
        ({"deliveryStatus": "\x00"}, "\ufffd"),
    ],
)
def test_word(changes: dict[str, Any], word: str) -> None:
    """The word is found under any of its keys, in lower case, cut to its column."""
    event = status(chakra(**changes))
    assert event.status == word
    assert event.kind == (f"status.{word}" if word in WORDS else "status.other")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (meta(id=...), "the status names no message"),
        (meta(id=["wamid.1"]), "the status names no message"),
        (meta(status=...), "the status has no word"),
        (meta(status={"a": 1}), "the status has no word"),
        (meta(status=" "), "the status has no word"),
        (meta(type=["payment"]), "type is no word"),
        (chakra(id=..., externalId=...), "the status names no message"),
        (chakra(deliveryStatus=5), "the status has no word"),
    ],
)
def test_unreadable(document: dict[str, Any], reason: str) -> None:
    """A status without an id or a word is kept as unreadable, with its time."""
    event = first(document)
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.reason) == ("unreadable", reason)
    assert event.occurred_at is not None


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (meta(type="message"), "message"),
        (meta(type=None), "message"),
        (meta(type="payment", status="failed"), "payment"),
        (meta(type="call"), "call"),
        (meta("calls"), "call"),
        (meta("calls", type=...), "call"),
        (chakra(type="text"), "message"),
        (chakra(type="payment"), "payment"),
        (chakra(type=["x"]), "message"),
    ],
)
def test_type(document: dict[str, Any], kind: str) -> None:
    """Payments and calls are told from messages, and never wear the kind of a message's tick."""
    event = status(document)
    assert event.type == kind
    assert (event.kind == "status.other") == (kind != "message")


def test_unknown_type_changes_nothing() -> None:
    """A status of a type never heard of is an unknown event, since it may be about anything."""
    event = first(meta(type="parcel"))
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.name) == ("unknown", "messages.statuses")


CAUSE = {"code": 131047, "title": "Title", "message": "Message"}
DETAILS = {**CAUSE, "error_data": {"details": "Details"}}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"errors": [DETAILS]}, (131047, "Title", "Details")),
        ({"errors": [CAUSE]}, (131047, "Title", "Message")),
        ({"errors": [{"code": "131047", "title": "T", "details": "D"}]}, (131047, "T", "D")),
        ({"errors": [{"code": 0}]}, (0, "", "")),
        ({"errors": DETAILS}, (131047, "Title", "Details")),
        ({"errors": ["words"]}, (None, "words", "words")),
        ({"errors": [None, 5, [], DETAILS]}, (131047, "Title", "Details")),
        ({"errorContext": {"providerPayload": CAUSE}}, (131047, "Title", "Message")),
        ({"errorContext": {"providerPayload": [CAUSE]}}, (131047, "Title", "Message")),
        ({"errorContext": {"providerPayload": {"error": CAUSE}}}, (131047, "Title", "Message")),
        ({"errorContext": {"providerPayload": {"errors": [CAUSE]}}}, (131047, "Title", "Message")),
        ({"errorContext": {"message": "M", "providerPayload": {"code": 1}}}, (1, "M", "M")),
        ({"errorContext": {"message": "M"}}, (None, "M", "M")),
        ({"error": {"code": 5, "message": "M"}}, (5, "M", "M")),
        ({"error": "words"}, (None, "words", "words")),
        ({"errors": [], "error": None, "errorContext": []}, (None, "", "")),
        ({"errors": [{"code": 2**31, "title": "t" * 999}]}, (None, "t" * 255, "")),
        ({"errors": [{"code": "1_000"}]}, (None, "", "")),
        ({"errors": [{"code": " 5 "}]}, (None, "", "")),
        ({"errors": [{"code": "٥"}]}, (None, "", "")),
        ({"errors": [{"code": True}]}, (None, "", "")),
        ({"errors": [{"code": "9" * 5000}]}, (None, "", "")),
    ],
)
def test_cause(changes: dict[str, Any], cause: tuple[int | None, str, str]) -> None:
    """The cause of a failure is found wherever either format puts it."""
    for document in (meta(**changes), chakra(**changes)):
        event = status(document)
        assert (event.error_code, event.error_title, event.error_details) == cause


@pytest.mark.parametrize(
    ("changes", "recipient", "participant"),
    [
        ({"recipient_id": "+55 11"}, "5511", ""),
        ({"recipient_id": ..., "recipient_user_id": "BR.1"}, "BR.1", ""),
        ({"recipient_id": ...}, "", ""),
        ({"recipient_id": "G", "recipient_participant_id": "5511"}, "G", "5511"),
        ({"recipient_id": "G", "participant_recipient_id": 5511}, "G", "5511"),
        ({"recipient_id": "G", "recipient_participant_user_id": "BR.1"}, "G", "BR.1"),
        ({"recipient_id": {"a": 1}, "recipient_participant_id": [1]}, "", ""),
    ],
)
def test_people(changes: dict[str, Any], recipient: str, participant: str) -> None:
    """Recipient and participant are read under each of their names."""
    event = status(meta(**changes))
    assert (event.recipient, event.participant) == (recipient, participant)


def test_odd_pricing_and_callback_data() -> None:
    """Pricing and callback data of any type are taken when they fit, else left empty."""
    event = status(meta(pricing=["x"], biz_opaque_callback_data="d" * 999))
    assert (event.billable, event.pricing_category) == (None, "")
    assert event.callback_data == "d" * 512
    event = status(meta(pricing={"billable": "yes", "category": "c" * 99}))
    assert (event.billable, event.pricing_category) == (None, "c" * 64)
    assert status(chakra(bizOpaqueCallbackData="row")).callback_data == "row"
