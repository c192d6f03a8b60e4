"""Histories: who wrote which old message, and what of a chunk cannot be read."""

from typing import Any

import pytest

from django_chakra.events import Event, HistoryReported, MessageImported, UnknownEvent, read
from django_chakra.testing import calls

OURS, ANA = "5531990000000", "5531988887777"
TEXT = {"id": "wamid.1", "timestamp": "1789000000", "type": "text", "text": {"body": "x"}}


def read_chunk(chunk: Any, display: str | None = OURS, **value: Any) -> list[Event]:
    """The events of one chunk of a history."""
    metadata = {"phone_number_id": "3", "display_phone_number": display}
    change = {"field": "history", "value": {"metadata": metadata, "history": [chunk], **value}}
    return read(calls.body({"entry": [{"id": "2", "changes": [change]}]}))


def old(item: dict[str, Any], display: str | None = OURS, **thread: Any) -> MessageImported:
    """The one message of a thread."""
    chunk = {"threads": [{"id": ANA, **thread, "messages": [TEXT | item]}]}
    (event,) = read_chunk(chunk, display)
    assert isinstance(event, MessageImported), event
    return event


@pytest.mark.parametrize(
    ("item", "display"),
    [
        ({"from": OURS}, OURS),
        ({"from": OURS}, "+55 31 99000-0000"),
        ({"from": "553190000000", "to": ANA}, "+55 (31) 99000-0000"),
        ({"from": OURS, "to": ANA}, None),
        ({"from": OURS}, None),
        ({"from": OURS, "to": "553188887777"}, "another number"),
    ],
)
def test_ours(item: dict[str, Any], display: str | None) -> None:
    """What somebody else than the thread's customer wrote to them is ours."""
    event = old(item | {"history_context": {"status": "READ"}}, display)
    assert (event.is_ours, event.status) == (True, "read")
    assert {identity.value for identity in event.identities} <= {ANA, "553188887777"}
    assert event.identities


@pytest.mark.parametrize(
    "item",
    [{"from": ANA}, {"from": ANA, "to": OURS}, {"from": "553188887777"}, {"from_user_id": "BR.1"}],
)
def test_theirs(item: dict[str, Any]) -> None:
    """What the customer wrote is theirs, in any spelling of their number, and has no status."""
    for display in (OURS, None):
        event = old(item | {"history_context": {"status": "READ"}}, display)
        assert (event.is_ours, event.status) == (False, "")
        assert ANA in [identity.value for identity in event.identities]


def test_two_people_are_not_made_one() -> None:
    """A message from another number than its thread's is not joined with the thread's customer."""
    event = old({"from": "5511977776666"})
    assert [identity.value for identity in event.identities] == ["5511977776666"]


def test_thread_of_a_user_id() -> None:
    """A thread may be named after a user id, or be known by its context alone."""
    for thread in ({"id": "BR.1"}, {"id": None, "context": {"user_id": "BR.1"}}):
        event = old({"from": OURS, "text": {"body": "to them"}}, **thread)
        assert [identity.value for identity in event.identities] == ["BR.1"]
        assert event.is_ours


def test_later_media_names_the_contact() -> None:
    """Our media without a recipient went to the only contact beside it."""
    value = {"metadata": {"display_phone_number": OURS}, "contacts": [{"wa_id": ANA}]}
    change = {"field": "history", "value": {**value, "message_echoes": [TEXT]}}
    (event,) = read(calls.body({"entry": [{"changes": [change]}]}))
    assert isinstance(event, MessageImported)
    assert event.is_ours
    assert [identity.value for identity in event.identities] == [ANA]


def test_nobody() -> None:
    """A message without a customer is kept as unreadable."""
    (event,) = read_chunk({"threads": [{"messages": [TEXT]}]})
    assert isinstance(event, UnknownEvent)
    assert event.reason == "neither the message nor its thread names the customer"


@pytest.mark.parametrize("bad", [5, "x", True, ["x"], {"messages": 5}, {"messages": "x"}])
def test_bad_thread_costs_no_neighbour(bad: Any) -> None:
    """A thread that is none, or holds no list, is one unreadable fact; the others are read."""
    good = {"id": ANA, "messages": [TEXT | {"from": ANA}]}
    found = read_chunk({"metadata": {"phase": 0}, "threads": [good, bad, good]})
    assert [event.kind for event in found] == [
        "history.message",
        "unreadable",
        "history.message",
        "history.progress",
    ]


@pytest.mark.parametrize("chunk", [{}, {"threads": []}, {"threads": "x"}, {"metadata": ["x"]}])
def test_empty_chunk(chunk: Any) -> None:
    """A chunk that says nothing at all is one unreadable fact, with all that it holds."""
    (event,) = read_chunk(chunk)
    assert isinstance(event, UnknownEvent)
    assert event.reason == "neither metadata nor errors"


@pytest.mark.parametrize(
    ("metadata", "read_as"),
    [
        ({"phase": 1, "chunk_order": 2, "progress": 99}, (1, 2, 99)),
        ({"phase": "1", "chunk_order": -1, "progress": True}, (None, None, None)),
        ({"phase": 2**16, "x": 1}, (None, None, None)),
    ],
)
def test_progress(metadata: Any, read_as: tuple[int | None, ...]) -> None:
    """Progress is small numbers; anything else is not said."""
    (event,) = read_chunk({"metadata": metadata})
    assert isinstance(event, HistoryReported)
    assert (event.phase, event.chunk_order, event.progress) == read_as


def test_declined() -> None:
    """A history that the business declined to share is an error, whatever its metadata."""
    (event,) = read_chunk({"metadata": {"phase": 0}, "errors": [{"code": 2593109, "title": "T"}]})
    assert isinstance(event, HistoryReported)
    assert (event.kind, event.error_code, event.error_title) == ("history.error", 2593109, "T")
