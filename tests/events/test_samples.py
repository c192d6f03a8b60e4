"""Every sample is read to the events it stands for; lists that must agree do."""

import pytest

from django_chakra import events
from django_chakra.events import READERS, Event, UnknownEvent, read
from django_chakra.testing import calls, samples

# Per sample: the kinds of its events in order, with the names of unknown ones behind a colon.
EXPECTED = {
    "chakra.billing": ["unknown:billing"],
    "chakra.deliveryStatus__sent": ["status.sent"],
    "chakra.message__image": ["unknown:message.image"],
    "chakra.message__text": ["message.text"],
    "chakra.message__text_flat": ["message.text"],
    "chakra.message__text_reply": ["message.text"],
    "chakra.message_echo__text": ["unknown:message_echo"],
    "chakra.smb_message_echo__text": ["unknown:smb_message_echo"],
    "chakra.status__delivered": ["status.delivered"],
    "chakra.status__failed": ["status.failed"],
    "chakra.status__read": ["status.read"],
    "meta.account_update__restriction": ["unknown:account_update"],
    "meta.batch": [
        "message.text",
        "message.text",
        "unknown:messages.image",
        "status.sent",
        "status.delivered",
        "unknown:message_echoes.message_echoes",
        "message.text",
        "unknown:messages",
    ],
    "meta.history__text": ["unknown:history.history"],
    "meta.message_template_status_update": ["unknown:message_template_status_update"],
    "meta.messages__errors": ["unknown:messages.errors"],
    "meta.messages__image": ["unknown:messages.image"],
    "meta.messages__text": ["message.text"],
    "meta.messages__text_group": ["unknown:messages.text"],
    "meta.messages__text_reply": ["message.text"],
    "meta.messages__text_username": ["message.text"],
    "meta.messages__user_actions": ["unknown:messages.user_actions"],
    "meta.smb_message_echoes__text": ["unknown:smb_message_echoes.message_echoes"],
    "meta.standby__text": ["unknown:standby"],
    "meta.statuses__call": ["status.other"],
    "meta.statuses__delivered": ["status.delivered"],
    "meta.statuses__failed": ["status.failed"],
    "meta.statuses__group_read": ["status.read", "status.read"],
    "meta.statuses__payment": ["status.other"],
    "meta.statuses__played": ["status.played"],
    "meta.statuses__read": ["status.read"],
    "meta.statuses__sent": ["status.sent"],
    "meta.teleport_update__string_value": ["unknown:teleport_update"],
}
CLASSES = {"message": events.MessageReceived, "status": events.DeliveryStatusReported}


def summary(event: Event) -> str:
    """An event in one word, as the table has it."""
    return f"{event.kind}:{event.name}" if isinstance(event, UnknownEvent) else event.kind


def test_table_has_every_sample() -> None:
    """Each sample stands in the table, and each row of the table has its sample."""
    assert samples.names() == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_sample(name: str) -> None:
    """A sample is read to its events, each of the class its kind says."""
    found = read(calls.body(name))

    assert [summary(event) for event in found] == EXPECTED[name]
    for event in found:
        assert type(event) is CLASSES.get(event.kind.split(".")[0], UnknownEvent)
        assert event.format == name.split(".")[0]
        assert event.waba_id.startswith("20000000000000")
        assert event.raw


def test_every_reader_has_a_sample() -> None:
    """Each row of READERS has a sample that is named after it."""
    for form, key, word in READERS:
        stem = f"{form}.{key}__" + ("" if word == "*" else word)
        assert any(name.startswith(stem) for name in samples.names()), stem


def test_every_exported_name_exists() -> None:
    """Every name in ``__all__`` is there."""
    assert all(hasattr(events, name) for name in events.__all__)
