"""Conversions, handovers and errors: what their samples cannot show."""

from typing import Any

import pytest

from django_chakra.events import (
    ConversationContextReceived,
    ConversionReported,
    DeliveryStatusReported,
    HandoverReported,
    LinkClicked,
    MessageEvent,
    PlatformErrorReported,
    StandbyReported,
    TrackingReported,
    UnknownEvent,
)
from django_chakra.testing import samples

from .families import ANA, changed, events, one, value_of

# --- conversions -------------------------------------------------------------------------------


def test_conversions() -> None:
    """A purchase has its price times 1000, and names a message without being one."""
    event = one(ConversionReported, samples.load("meta/automatic_events__purchase_without_click"))
    assert (event.message_id, event.event_name) == ("wamid.EXAMPLE-IN-1", "Purchase")
    assert (event.currency, event.value_thousandths, event.click_id) == ("BRL", 25000, "")
    lead = one(ConversionReported, samples.load("meta/automatic_events__lead_submitted"))
    assert (lead.value_thousandths, lead.click_id) == (None, "EXAMPLE-ctwa-clid-1")
    tracking = one(TrackingReported, samples.load("meta/tracking_events__purchase"))
    assert (tracking.click_id, tracking.tracking_token) == ("EXAMPLE-click-1", "EXAMPLE-token-1")


def test_click_is_of_the_only_person_beside_it() -> None:
    """A click names nobody itself: of several people beside it none is taken."""
    document = samples.load("meta/messages__user_actions_contact")
    event = one(LinkClicked, document)
    assert (event.identities, event.click_component) == ((ANA,), "body")
    value_of(document)["contacts"].append({"wa_id": "5511977776666"})
    assert one(LinkClicked, document).identities == ()
    other = changed("messages__user_actions", "user_actions", action_type="landing_page_view")
    assert one(UnknownEvent, other).kind == "unknown"


# --- handovers ---------------------------------------------------------------------------------


def test_handover() -> None:
    """A handover tells from whom to whom, and why; an app's role stands for a missing one."""
    event = one(HandoverReported, samples.load("meta/messaging_handovers__control_passed"))
    assert (event.type, event.identities) == ("control_passed", (ANA,))
    assert (event.previous_owner_role, event.new_owner_role) == ("ai_agent", "escalation")
    assert event.metadata == "The customer asks for a person"
    assert event.summary == "Ana asks for her order."
    app = one(HandoverReported, samples.load("meta/messaging_handovers__app_role"))
    assert app.previous_owner_role == "meta_business_agent"
    untyped = one(HandoverReported, samples.load("meta/messaging_handovers__without_type"))
    assert (untyped.type, untyped.metadata) == (
        "control_passed",
        "Information about the conversation",
    )


def test_standby_is_never_a_message_or_a_status() -> None:
    """Copies of another responder's messages are facts of their own, in and beside ``standby``."""
    document = samples.load("meta/standby__all")
    inside = value_of(document)["standby"]
    for value in (inside, {"standby": inside}, {"standby": inside, "messages": inside["messages"]}):
        document["entry"][0]["changes"][0]["value"] = {"messaging_product": "whatsapp", **value}
        found = events(document)
        assert len(found) >= 3
        assert not any(isinstance(e, MessageEvent | DeliveryStatusReported) for e in found)
        assert all(type(e) is StandbyReported and e.identities == (ANA,) for e in found)


def test_nothing_in_standby_is_lost() -> None:
    """A list that nobody has named yet, and a bad item, are facts beside the others."""
    document = samples.load("meta/standby__text")
    value_of(document)["standby"] |= {"messages": [7, *value_of(document)["standby"]["messages"]]}
    value_of(document)["standby"]["teleports"] = [{"id": "t1"}]
    value_of(document)["hint"] = "x"
    bad, good, teleport, hint = events(document)
    assert isinstance(good, StandbyReported)
    assert (bad.kind, teleport.kind, hint.kind) == ("unreadable", "unknown", "unknown")
    assert isinstance(teleport, UnknownEvent)
    assert (teleport.name, teleport.raw) == ("standby.teleports", {"id": "t1"})


@pytest.mark.parametrize("standby", [{}, [], None, "x", {"contacts": [{"wa_id": "5511"}]}])
def test_empty_standby(standby: Any) -> None:
    """A standby that holds nothing is one fact, kept whole."""
    document = samples.load("meta/standby__text")
    value_of(document)["standby"] = standby
    event = one(UnknownEvent, document)
    assert event.raw


def test_context_beside_messages() -> None:
    """The summary of what was said before is a fact beside the messages, in either shape."""
    document = samples.load("meta/messages__conversation_context")
    context = events(document)[1]
    assert isinstance(context, ConversationContextReceived)
    assert (context.context_type, context.summary) == ("summary", "Ana asks for her order.")
    assert context.identities == (ANA,)
    value_of(document)["conversation_context"] = {"summary": "bare"}
    value_of(document)["unnamed"] = {"a": 1}
    bare = events(document)[1]
    assert isinstance(bare, ConversationContextReceived)
    assert bare.summary == "bare"
    assert bare.raw == {"conversation_context": {"summary": "bare"}, "unnamed": {"a": 1}}


def test_other_things_beside_messages_are_unknown() -> None:
    """What stands beside the lists and is no context is kept with the change around it."""
    document = samples.load("meta/messages__conversation_context")
    del value_of(document)["conversation_context"]
    value_of(document)["unnamed"] = {"a": 1}
    event = events(document)[1]
    assert isinstance(event, UnknownEvent)
    assert event.raw == {
        "entry": "200000000000001",
        "time": None,
        "field": "messages",
        "value": {"unnamed": {"a": 1}},
    }


# --- errors ------------------------------------------------------------------------------------


def test_error_of_any_field() -> None:
    """An error is a fact of its own in any field, and its code may be 0."""
    zero = one(PlatformErrorReported, samples.load("meta/messages__errors_code_zero"))
    assert (zero.field, zero.error_code, zero.error_title) == ("messages", 0, "AuthException")
    document = samples.load("meta/messages__errors")
    document["entry"][0]["changes"][0]["field"] = "teleports"
    event = one(PlatformErrorReported, document)
    assert (event.field, event.error_code) == ("teleports", 130429)
    assert event.error_details == "Too many messages were sent in a short time"
    empty = changed("messages__errors", "errors", code=..., title=..., message=..., error_data=...)
    assert one(UnknownEvent, empty).kind == "unreadable"
