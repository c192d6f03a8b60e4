"""Traps 1 to 9: what others lose."""

from datetime import timedelta

import pytest
from django.utils import timezone

from django_chakra.events import Event, UnknownEvent
from django_chakra.models import DeliveryStatus, Message, WebhookCall
from django_chakra.testing import calls, samples
from tests.posting import process_all, stored, text
from tests.record.poison import TEXT, refused

from .delivery import call_of, ids, message, taken, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_trap_01_index_zero() -> None:
    """Every item of every list of every change of every entry becomes a row."""
    pairs = ("AB", "CD", "EF", "GH")
    values = [
        {
            "messages": [message(f"wamid.{one}") for one in pair],
            "statuses": [tick(f"wamid.{one}", "read") for one in pair.lower()],
        }
        for pair in pairs
    ]
    call = call_of(*values)
    first, second, *rest = call["entry"]
    first["changes"] += second["changes"]
    taken({**call, "entry": [first, *rest]})
    assert ids() == [f"wamid.{one}" for one in "ABCDEFGH"]
    assert DeliveryStatus.objects.count() == 8


def test_trap_02_one_list_beside_another(heard: list[Event]) -> None:
    """A value with many lists loses none of them, not even one that nobody has named yet."""
    taken(
        call_of(
            {
                "errors": [{"code": 130429, "title": "Rate limit hit"}],
                "messages": [message("wamid.A")],
                "statuses": [tick("wamid.B", "sent")],
                "user_actions": [{"action_type": "marketing_messages_link_click"}],
                "teleports": [{"id": "wamid.C"}],
            }
        )
    )
    kinds = ["conversion.click", "message.text", "platform_error", "status.sent", "unknown"]
    assert sorted(event.kind for event in heard) == kinds


def test_trap_03_one_bad_item(heard: list[Event]) -> None:
    """An item that can't be read costs no neighbour and is kept itself, with the reason."""
    bad = message("wamid.B", text=None)
    body = calls.body(call_of({"messages": [message("wamid.A"), bad, message("wamid.C")]}))
    call = taken(body)
    assert ids() == ["wamid.A", "wamid.C"]
    assert (call.unreadable, bytes(call.body)) == (1, body)
    [lost] = [event for event in heard if isinstance(event, UnknownEvent)]
    assert (lost.raw, lost.reason) == (bad, "text has no body")


def test_trap_04_unknown_words(heard: list[Event]) -> None:
    """A field, type, status or kind of reply that nobody has named is kept and told."""
    taken(
        call_of({"messages": [message("wamid.A", type="hologram", hologram={"depth": 3})]}),
        call_of({"statuses": [tick("wamid.B", "evaporated")]}),
        call_of({"messages": [message("wamid.C", type="interactive", interactive={"type": "x"})]}),
        call_of({"teleported": True}, field="teleport_update"),
    )
    assert [event.kind for event in heard] == [
        "message.other",
        "status.other",
        "message.interactive",
        "unknown",
    ]
    assert Message.objects.get(external_id="wamid.A").payload["hologram"] == {"depth": 3}
    assert DeliveryStatus.objects.get().status == "evaporated"
    assert "teleported" in str(heard[-1].raw)


def test_trap_05_seen_before_stored() -> None:
    """A message that could not be recorded at first is no repeat when it is tried again."""
    with refused():
        stored(text("wamid.A", text=TEXT))
        stored(text("wamid.A", text=TEXT))
        process_all()
        assert ids() == []
    past = timezone.now() - timedelta(days=1)
    WebhookCall.objects.update(next_attempt_at=past)
    process_all()
    assert ids() == ["wamid.A"]


def test_trap_06_one_id_is_not_one_fact(heard: list[Event]) -> None:
    """Late media fill their placeholder; each reader in a group and each word of a call counts."""
    taken(*map(samples.load, ("meta/history__media_placeholder", "meta/history__media_messages")))
    found = Message.objects.get(external_id="wamid.EXAMPLE-OLD-21")
    assert (found.kind, found.text) == ("image", "last summer")

    taken(samples.load("meta/statuses__group_read"))
    readers = DeliveryStatus.objects.values_list("external_id", "participant")
    assert len(set(readers)) == 2
    assert len({external_id for external_id, _ in readers}) == 1

    heard.clear()
    taken(*map(samples.load, ("meta/calls__connect_in", "meta/calls__terminate_completed")))
    assert [event.kind for event in heard] == ["voice_call", "voice_call"]


def test_trap_07_status_of_an_unknown_message() -> None:
    """A status of a message that we do not know is kept, and finds it once it comes."""
    taken(call_of({"statuses": [tick("wamid.EXAMPLE-ECHO-1", "read")]}))
    assert DeliveryStatus.objects.get().message is None
    taken(samples.load("meta/smb_message_echoes__text"))
    assert DeliveryStatus.objects.get().message == Message.objects.get(status="read")


def test_trap_08_three_megabytes() -> None:
    """A body above Django's own limit and within the platform's is taken."""
    item = message("wamid.A", text={"body": "x" * 2_900_000})
    taken(call_of({"messages": [item]}))
    assert ids() == ["wamid.A"]


def test_trap_09_edits_and_revokes_keep_the_original() -> None:
    """What was written first stays, and shows that it was edited and taken back."""
    edit = {"original_message_id": "wamid.A", "message": {"type": "text", "text": {"body": "new"}}}
    taken(
        call_of({"messages": [message("wamid.A", text={"body": "old"})]}),
        call_of({"messages": [message("wamid.B", type="edit", edit=edit)]}),
        call_of(
            {
                "messages": [
                    message("wamid.C", type="revoke", revoke={"original_message_id": "wamid.A"})
                ]
            }
        ),
    )
    found = Message.objects.get(external_id="wamid.A")
    assert (found.text, found.payload["text"]["body"]) == ("new", "old")
    assert found.edited_at is not None
    assert found.revoked_at is not None
    assert ids() == ["wamid.A", "wamid.B", "wamid.C"]
