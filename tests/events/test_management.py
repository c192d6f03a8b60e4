"""Management fields of Meta's: nothing that stands in them can break their events."""

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from django_chakra.events import (
    Event,
    UnknownEvent,
    account_updates,
    accounts,
    flows,
    numbers,
    read,
    storable,
    templates,
)
from django_chakra.testing import samples

FAMILIES = (templates, accounts, account_updates, numbers, flows)
FIELDS = {field for family in FAMILIES for _, field, _ in family.READERS}
NAMES = [name for name in samples.names() if name.removeprefix("meta/").split("__")[0] in FIELDS]

HOSTILE: list[Any] = [None, [], {}, "x" * 5000, -1, True, "\u0000", 1e300, 10**400, "\ud800"]

# Without these a fact says nothing, or not about what: it is then kept as unreadable.
NEEDED = {
    "alert_type",
    "configuration_name",
    "correct_category",
    "decision",
    "display_phone_number",
    "event",
    "new_category",
    "new_quality_score",
    "status",
}

JSON = ("raw", "settings")
MAX_TEXT = 4096


def only(document: Any) -> Any:
    """The one event of a body."""
    (event,) = read(json.dumps(document).encode())
    return event


def value_of(document: Any) -> Any:
    """The value of a sample's one change."""
    return document["entry"][0]["changes"][0]["value"]


def seconds(moment: int) -> datetime:
    """A moment that a sample names in seconds."""
    return datetime.fromtimestamp(moment, UTC)


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a JSON value where there is no container with something in it."""
    for key in value if isinstance(value, dict) else range(len(value)):
        if isinstance(value[key], dict | list) and value[key]:
            yield from leaves(value[key])
        else:
            yield value, key


def wrong(value: Any, hint: Any) -> str:
    """Why the value is not of the type, or could not be stored; "" when nothing is wrong."""
    if isinstance(hint, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is type(value)]
        return wrong(value, kinds[0]) if kinds else f"{value!r} is not {hint}"
    if typing.get_origin(hint) is tuple:
        inside = typing.get_args(hint)[0]
        return next(filter(None, (wrong(item, inside) for item in value)), "")
    if type(value) is not hint:
        return f"{value!r} is not {hint}"
    if hasattr(hint, "_fields"):
        hints = typing.get_type_hints(hint)
        found = (wrong(getattr(value, name), hints[name]) for name in hint._fields)
        return next(filter(None, found), "")
    if hint is str and ("\u0000" in value or "\ud800" in value or len(value) > MAX_TEXT):
        return f"{value[:20]!r} does not fit"
    return ""


def json_of(event: Event) -> list[tuple[str, Any]]:
    """The attributes of an event that hold JSON."""
    return [(name, getattr(event, name)) for name in JSON if hasattr(event, name)]


def faults(event: Event) -> dict[str, str]:
    """What is wrong with an event's attributes."""
    hints = typing.get_type_hints(type(event))
    found = {
        one.name: wrong(getattr(event, one.name), hints[one.name])
        for one in fields(event)
        if one.name not in JSON
    }
    found |= {
        name: "" if storable(part) == part else "not storable" for name, part in json_of(event)
    }
    return {name: why for name, why in found.items() if why}


def test_every_field_has_a_sample() -> None:
    """No field of these families is without samples."""
    assert {name.removeprefix("meta/").split("__")[0] for name in NAMES} == FIELDS


@pytest.mark.parametrize("name", NAMES)
def test_whatever_stands_in_it(name: str) -> None:
    """Each value of a sample may be anything: the event's attributes keep their types and fit."""
    document = samples.load(name)
    expected = type(only(document))
    assert expected is not UnknownEvent
    for holder, key in leaves(value_of(document)):
        known = holder[key]
        for holder[key] in HOSTILE:
            event = only(document)
            assert faults(event) == {}, (key, str(holder[key])[:20])
            assert type(event) is expected or (key in NEEDED and event.kind == "unreadable"), key
        holder[key] = known


@pytest.mark.parametrize("name", NAMES)
def test_whatever_stands_around_it(name: str) -> None:
    """The account and the time of the entry may be anything too."""
    for key in ("id", "time"):
        document = samples.load(name)
        expected = type(only(document))
        for document["entry"][0][key] in HOSTILE:
            event = only(document)
            assert (type(event), faults(event)) == (expected, {})


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_part_is(name: str) -> None:
    """An object or a list inside a sample may be anything else: nothing is raised, types hold."""
    document = samples.load(name)
    value = value_of(document)
    for key in [key for key, part in value.items() if isinstance(part, dict | list)]:
        known = value[key]
        for value[key] in (*HOSTILE, [None], [[known]], {"errors": known}):
            for event in read(json.dumps(document).encode()):
                assert faults(event) == {}
                assert "Error" not in getattr(event, "reason", "")
        value[key] = known


@pytest.mark.parametrize("name", NAMES)
def test_where_and_when(name: str) -> None:
    """An event has its entry's account and time, unless the fact names its own."""
    document = samples.load(name)
    entry, event = document["entry"][0], only(document)

    # Every sample is about one WABA, but for the solutions, which are about none.
    wanted = "" if "partner_solutions" in name else "200000000000001"
    assert event.waba_id == wanted
    assert event.format == "meta"
    assert event.occurred_at == seconds(entry.get("time", 1790000150))


@pytest.mark.parametrize("word", ["approved", " Approved ", "APPROVED"])
def test_words_are_compared_in_capitals(word: str) -> None:
    """A status has one spelling, however the platform writes it."""
    document = samples.load("meta/message_template_status_update__approved")
    value_of(document)["event"] = word
    assert only(document).status == "APPROVED"


def test_one_restriction_without_a_list() -> None:
    """A restriction that stands where the list should is read too."""
    document = samples.load("meta/account_update__restriction")
    listed = only(document).restrictions
    value = value_of(document)
    value["restriction_info"] = value["restriction_info"][0]
    assert only(document).restrictions == listed != ()


def test_change_of_category_that_says_everything() -> None:
    """With the former category the change is done, also where the correct one is repeated."""
    document = samples.load("meta/template_category_update__done")
    value_of(document)["correct_category"] = "MARKETING"
    event = only(document)
    assert (event.is_done, event.category, event.correct_category) == (True, "MARKETING", "")


def test_statistics_of_a_flow_are_no_error() -> None:
    """The errors of a Flow are counts: the one event is the Flow's, and nothing failed for us."""
    document = samples.load("meta/flows__endpoint_error_rate")
    event = only(document)
    assert type(event) is flows.FlowChanged
    assert not hasattr(event, "error_code")


@pytest.mark.parametrize("digits", ["1e400", "-1e400", "9" * 400, "0.1"])
def test_figures_of_any_size(digits: str) -> None:
    """A figure that nothing can count with is None; a count is whole."""
    text = json.dumps(samples.load("meta/flows__endpoint_latency"))
    body = text.replace("3400", digits).replace("8000,", f"{digits},")
    (event,) = read(body.encode())
    assert faults(event) == {}
    assert isinstance(event, flows.FlowChanged)
    assert event.requests_count is None
    assert event.p90_latency == (0.1 if digits == "0.1" else None)


def test_without_what_it_is_about() -> None:
    """A fact that names neither template nor number is kept as unreadable, with the reason."""
    for name, keys, reason in (
        (
            "message_template_quality_update__lower",
            ("message_template_id", "message_template_name"),
            "the fact names no template",
        ),
        ("security__pin_changed", ("display_phone_number",), "the fact names no number"),
        (
            "business_capability_update__number",
            ("max_daily_conversations_per_business", "max_phone_numbers_per_business"),
            "no limit is named",
        ),
    ):
        document = samples.load(f"meta/{name}")
        for key in keys:
            del value_of(document)[key]
        event = only(document)
        assert (event.kind, event.reason) == ("unreadable", reason)
