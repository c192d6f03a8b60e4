"""Calls, groups and people: what their samples cannot show."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from django_chakra.events import (
    ContactSynced,
    Event,
    GroupLifecycleChanged,
    GroupParticipantsChanged,
    GroupSetting,
    GroupSettingsChanged,
    Identity,
    MarketingPreferenceChanged,
    UnknownEvent,
    UserIdChanged,
    VoiceCallReported,
    platform_time,
    storable,
)
from django_chakra.testing import samples

from .families import ANA, ANA_ID, LONG, NAMES, SHORT, WHOLE, changed, events, one, value_of

# --- any family --------------------------------------------------------------------------------


def leaves(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document with a value that is no container: its container and its key."""
    keys = document if isinstance(document, dict) else range(len(document))
    for key in keys:
        if isinstance(document[key], dict | list):
            yield from leaves(document[key])
        else:
            yield document, key


def wrong_texts(event: Event) -> list[str]:
    """The names of an event's texts that cannot be stored, or that are longer than they may be."""
    if type(event) is UnknownEvent:
        return []
    wrong = []
    for name in (field.name for field in fields(event)):
        part = getattr(event, name)
        limit = LONG.get(name) or SHORT.get(name) or 255
        if isinstance(part, str) and name not in WHOLE and len(part) > limit:
            wrong.append(name)
        if not isinstance(part, datetime) and storable(part) != jsonable(part):
            wrong.append(name)
    return wrong


def jsonable(part: Any) -> Any:
    """The part with lists in the place of tuples."""
    return [jsonable(one) for one in part] if isinstance(part, tuple) else part


@pytest.mark.parametrize("junk", [None, [], {}, "x" * 5000, -1, True, "\u0000"])
@pytest.mark.parametrize("name", NAMES)
def test_anything_in_the_place_of_any_leaf(name: str, junk: Any) -> None:
    """Whatever stands in the place of a leaf, there are events, all of them storable and short."""
    document = samples.load(name)
    for container, key in list(leaves(document)):
        before, container[key] = container[key], junk

        found = events(document)

        container[key] = before
        assert found
        assert [wrong for event in found for wrong in wrong_texts(event)] == [], key


@pytest.mark.parametrize("name", NAMES)
def test_context_of_the_fact(name: str) -> None:
    """Each event has the number and the account of its change."""
    for event in events(samples.load(name)):
        assert (event.waba_id, event.phone_number_id) == ("200000000000001", "300000000000001")
        assert event.display_number == "5511900000000"


# --- calls -------------------------------------------------------------------------------------


def test_call_that_ended() -> None:
    """A call that was taken up has its times and its length in seconds."""
    event = one(VoiceCallReported, samples.load("meta/calls__terminate_completed"))
    assert (event.event, event.status, event.duration) == ("terminate", "completed", 50)
    assert (event.started_at, event.ended_at) == (
        platform_time(1790000110),
        platform_time(1790000160),
    )
    assert (event.direction, event.identities) == ("in", (ANA,))
    assert event.callback_data == "example-call-row-1"


def test_call_that_was_missed() -> None:
    """A missed call has neither times nor a length."""
    event = one(VoiceCallReported, samples.load("meta/calls__terminate_missed"))
    assert (event.status, event.started_at, event.ended_at, event.duration) == (
        "failed",
        None,
        None,
        None,
    )


def test_customer_of_a_call_is_the_other_end() -> None:
    """Who rang us, whom we rang, and without a direction whoever is not our number."""
    out = one(VoiceCallReported, samples.load("meta/calls__connect_out"))
    assert (out.direction, out.identities) == ("out", (ANA, ANA_ID))
    username = one(VoiceCallReported, samples.load("meta/calls__connect_in_username"))
    assert username.identities == (ANA_ID,)
    unsaid = one(
        VoiceCallReported, changed("calls__connect_out", "calls", direction=..., to_user_id=...)
    )
    assert (unsaid.direction, unsaid.identities) == ("", (ANA,))


def test_only_contact_is_the_customer_of_a_call() -> None:
    """A call that names nobody is with the only contact beside it, and with nobody of several."""
    document = changed("calls__connect_in", "calls", **{"from": ...})
    item = value_of(document)["calls"][0]
    del item["from_user_id"], item["from_parent_user_id"]
    assert ANA in one(VoiceCallReported, document).identities
    value_of(document)["contacts"].append({"wa_id": "5511977776666"})
    assert one(VoiceCallReported, document).identities == ()


def test_key_of_a_call_event() -> None:
    """The id repeats for all that happens to a call, so that id and event together are the key."""
    connect = one(VoiceCallReported, samples.load("meta/calls__connect_in"))
    ended = one(VoiceCallReported, samples.load("meta/calls__terminate_completed"))
    again = one(VoiceCallReported, changed("calls__connect_in", "calls", timestamp="1790000999"))
    assert connect.call_id == ended.call_id
    assert connect.key != ended.key
    assert connect.key == again.key
    assert len(connect.key) == 64


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [(0, 0), ("50", 50), (50.0, 50), (50.5, None), (-1, None), (2**31, None), ("٥", None)],
)
def test_duration(duration: Any, seconds: int | None) -> None:
    """A length is whole seconds of at most 31 bits, as a number or as digits."""
    document = changed("calls__terminate_completed", "calls", duration=duration)
    assert one(VoiceCallReported, document).duration == seconds


@pytest.mark.parametrize("key", ["id", "event"])
def test_call_without_identity(key: str) -> None:
    """A call without its id, or without what happened, is unreadable."""
    assert one(UnknownEvent, changed("calls__connect_in", "calls", **{key: ...})).reason


# --- groups ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["group_participants_update", "group_participant_update"])
def test_participants_in_both_spellings(field: str) -> None:
    """Both spellings of the field and of the type tell the same."""
    added = one(GroupParticipantsChanged, samples.load(f"meta/{field}__add"))
    assert (added.type, added.reason) == ("group_participants_add", "invite_link")
    # Of the second only a username is known.
    assert [len(who) for who in added.added] == [3, 0]
    removed = one(GroupParticipantsChanged, samples.load(f"meta/{field}__remove"))
    assert removed.type == "group_participants_remove"
    assert removed.removed == ((ANA,),)
    assert removed.failed == ((Identity("user_id", "BR.2234567890123456789"),),)
    assert (removed.error_code, removed.request_id) == (131201, "example-request-5")


def test_request_to_join() -> None:
    """A request to join names who asks."""
    event, revoked = events(samples.load("meta/group_participants_update__join_requests"))
    assert isinstance(event, GroupParticipantsChanged)
    assert (event.type, event.join_request_id) == ("group_join_request_created", "example-join-1")
    assert (event.identities, event.username) == ((ANA, ANA_ID), "ana.example")
    assert isinstance(revoked, GroupParticipantsChanged)
    assert revoked.type == "group_join_request_revoked"


def test_settings_that_were_and_were_not_changed() -> None:
    """Each setting tells whether it was changed; one that was not asked for is None."""
    event = one(GroupSettingsChanged, samples.load("meta/group_settings_update__partly_failed"))
    assert event.subject == GroupSetting(
        "Tasting on Sunday", False, 131009, "Parameter value is not valid"
    )
    assert event.description == GroupSetting("Bring two", True, None, "")
    assert event.profile_picture is None


def test_group_that_was_not_made() -> None:
    """A group that could not be made has no id but the request's, and a code that came as text."""
    name = "group_lifecycle_update__group_create_failed"
    event = one(GroupLifecycleChanged, samples.load(f"meta/{name}"))
    assert (event.group_id, event.request_id, event.error_code) == ("", "example-request-2", 131009)
    nameless = changed(name, "groups", request_id=...)
    assert one(UnknownEvent, nameless).kind == "unreadable"


# --- people ------------------------------------------------------------------------------------


def test_preference() -> None:
    """A preference has the person, the word in lower case and the platform's sentence."""
    event = one(
        MarketingPreferenceChanged,
        changed("user_preferences__stop", "user_preferences", value="STOP"),
    )
    assert (event.identities, event.name, event.value) == ((ANA,), "Ana", "stop")
    assert event.detail == "User requested to stop marketing messages"
    assert event.occurred_at == datetime.fromtimestamp(1790000400, UTC)
    signup = one(MarketingPreferenceChanged, samples.load("meta/user_preferences__signup"))
    assert (signup.value, signup.signup_id) == ("signup", "400000000000021")


def test_other_preferences_are_unknown() -> None:
    """A preference about something else than marketing stops no marketing."""
    document = changed("user_preferences__stop", "user_preferences", category="calls")
    assert one(UnknownEvent, document).kind == "unknown"


@pytest.mark.parametrize(
    ("name", "key", "nobody"),
    [
        ("user_preferences__stop", "user_preferences", {"wa_id": ...}),
        ("user_id_update__without_wa_id", "user_id_update", {"user_id": {}}),
        ("smb_app_state_sync__add", "state_sync", {"contact": {"full_name": "Ana"}}),
    ],
)
def test_person_without_identities(name: str, key: str, nobody: dict[str, Any]) -> None:
    """What is said of nobody is unreadable."""
    assert one(UnknownEvent, changed(name, key, **nobody)).kind == "unreadable"


def test_user_id_that_changed() -> None:
    """The phone number and all ids, old and new, are one person's."""
    event = one(UserIdChanged, samples.load("meta/user_id_update__with_wa_id"))
    assert [identity.kind for identity in event.identities] == [
        "phone",
        "user_id",
        "user_id",
        "parent_user_id",
        "parent_user_id",
    ]
    assert (event.previous_user_id, event.current_user_id) == (
        "BR.1234567890123456789",
        "BR.9876543210987654321",
    )
    bare = changed("user_id_update__with_wa_id", "user_id_update", user_id="BR.3")
    assert one(UserIdChanged, bare).current_user_id == "BR.3"


def test_contact_of_the_address_book() -> None:
    """The full name goes before the first name; the time stands beside the contact."""
    event = one(ContactSynced, samples.load("meta/smb_app_state_sync__add_username"))
    assert (event.name, event.username, event.action) == ("Ana Example", "ana.example", "add")
    assert event.identities == (ANA_ID,)
    integer = one(ContactSynced, samples.load("meta/smb_app_state_sync__add_integer_time"))
    assert (integer.name, integer.occurred_at) == ("Ana", platform_time(1790000421))
    removed = one(ContactSynced, samples.load("meta/smb_app_state_sync__remove"))
    assert (removed.name, removed.action) == ("", "remove")
    other = changed("smb_app_state_sync__add", "state_sync", type="label")
    assert one(UnknownEvent, other).kind == "unknown"
