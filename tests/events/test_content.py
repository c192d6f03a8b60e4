"""What a message says, where no sample can show it: hostile and half-built parts."""

import copy
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from django_chakra.events import Event, Json, read, storable
from django_chakra.events.base import Unreadable
from django_chakra.events.content import KINDS, Content, content_of, is_partial, type_of
from django_chakra.testing import calls, samples

JUNK: list[Json] = [None, [], {}, "x" * 5000, -1, True, "\u0000"]

MESSAGES = [
    name
    for name in samples.names()
    if name.split("/")[1].split("__")[0]
    in (
        "messages",
        "message",
        "message_echoes",
        "smb_message_echoes",
        "message_echo",
        "smb_message_echo",
        "history",
    )
]


def leaves(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document where a value stands that holds no other: container and key."""
    keys = document if isinstance(document, dict) else range(len(document))
    for key in keys:
        if isinstance(document[key], dict | list) and document[key]:
            yield from leaves(document[key])
        else:
            yield document, key


def unstorable(event: Event) -> list[str]:
    """The attributes of an event that a database could not hold."""
    values = {attribute.name: getattr(event, attribute.name) for attribute in fields(event)}
    found = [name for name, one in values.items() if isinstance(one, str) and storable(one) != one]
    found += [
        name for name, one in values.items() if isinstance(one, dict) and storable(one) != one
    ]
    people = values.get("identities", ())
    return found + [one.kind for one in people if storable(one.value) != one.value]


@pytest.mark.parametrize("name", MESSAGES)
def test_anything_in_the_place_of_any_leaf(name: str) -> None:
    """A sample with junk in the place of any leaf is read to storable events of known kinds."""
    document = samples.load(name)
    for container, key in leaves(document):
        kept = container[key]
        for junk in JUNK:
            container[key] = junk
            found = read(json.dumps(document).encode())
            assert found
            for event in found:
                assert not unstorable(event), (key, junk)
                assert event.kind in type(event).KINDS
        container[key] = kept


@pytest.mark.parametrize("word", sorted(KINDS))
@pytest.mark.parametrize("junk", [*JUNK, ["x"], [{}], {"type": "id"}, {"text": {"body": 1}}])
def test_any_part(word: str, junk: Json) -> None:
    """Whatever stands in the place of its part, a type has a text, or a reason for having none."""
    for item in (
        {"type": word, word: junk},
        {"type": word, word: copy.deepcopy(junk), "errors": junk},
    ):
        try:
            content = content_of(item)
        except Unreadable:
            assert word in ("text", "reaction", "edit", "revoke")
        else:
            assert content.role == KINDS[word][0]
            assert storable(content.text) == content.text


@pytest.mark.parametrize("word", ["hologram", "id", "type", "from", "*", "statuses", "ephemeral"])
def test_types_nobody_named(word: str) -> None:
    """A type without a reader is a bubble without text, also one named like another key."""
    assert content_of({"from": "5511", "id": "wamid.1", "type": word}) == Content("bubble", "")


@pytest.mark.parametrize(
    "item", [{}, {"type": None}, {"type": ""}, {"type": ["text"]}, {"type": 5}]
)
def test_no_type(item: dict[str, Json]) -> None:
    """What has no word for a type is unreadable, unless it is a text."""
    with pytest.raises(Unreadable, match="type is no word"):
        type_of(item)
    assert type_of({"text": {"body": "x"}}) == "text"


def test_partial() -> None:
    """A placeholder and whatever the platform cannot pass on may be said in full elsewhere."""
    assert is_partial({"type": "media_placeholder"})
    assert is_partial({"type": "unsupported"})
    assert not is_partial({"type": "text"})
    assert not is_partial({"type": ["unsupported"]})
    assert not is_partial({})


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"type": "text"}, "text has no body"),
        ({"type": "text", "text": {"body": True}}, "text has no body"),
        ({"type": "text", "text": {"body": ["x"]}}, "text has no body"),
        ({"type": "reaction", "reaction": {"emoji": "x"}}, "the reaction names no message"),
        ({"type": "revoke"}, "the revoke names no message"),
        ({"type": "edit", "edit": {}}, "the edit names no message"),
    ],
)
def test_what_makes_the_type(item: dict[str, Json], reason: str) -> None:
    """Unreadable is only what lacks the very thing that it is about."""
    with pytest.raises(Unreadable, match=reason):
        content_of(item)


def said(word: str, part: Json, **beside: Json) -> str:
    """The text of a message of a type."""
    return content_of({"type": word, word: part, **beside}).text


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ({"type": "text", "text": {"body": "new"}}, "new"),
        ({"text": {"body": "new"}}, "new"),
        ({"type": "video", "video": {"caption": "new"}}, "new"),
        ({"type": "video", "video": {}}, ""),
        ({"type": "hologram"}, ""),
        ({"type": 5}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_edits(inner: Json, text: str) -> None:
    """An edit says the new words, whatever type they are of."""
    assert said("edit", {"original_message_id": "wamid.1", "message": inner}) == text


def test_edits_of_edits() -> None:
    """An edit that holds another change, however deep, is no edit."""
    inner: Json = {"type": "text", "text": {"body": "x"}}
    for _ in range(50):
        inner = {"type": "edit", "edit": {"original_message_id": "w", "message": inner}}
    with pytest.raises(Unreadable, match="an edit that is no message"):
        content_of({"type": "edit", "edit": {"original_message_id": "w", "message": inner}})


@pytest.mark.parametrize(
    ("products", "text"),
    [
        ([], ""),
        ([{}], "? × ?"),
        ([{"quantity": 1, "product_retailer_id": "a"}], "1 × a"),
        (
            [{"quantity": 1, "product_retailer_id": "a", "item_price": 2, "currency": "BRL"}] * 2,
            "1 × a at 2 BRL\n1 × a at 2 BRL\nTotal: 4.00 BRL",
        ),
        (
            [
                {"quantity": 1, "product_retailer_id": "a", "item_price": 2, "currency": "BRL"},
                {"quantity": 1, "product_retailer_id": "b", "item_price": 2, "currency": "INR"},
            ],
            "1 × a at 2 BRL\n1 × b at 2 INR",
        ),
    ],
)
def test_orders(products: Json, text: str) -> None:
    """An order has a line for each product, and a total only where one can be made."""
    assert said("order", {"product_items": products}) == text


@pytest.mark.parametrize("price", ["1_000", "nan", "1e400", 10**30, "x" * 5000, True, [], -1e300])
def test_prices_that_are_none(price: Json) -> None:
    """What is no price makes no total, and does no harm."""
    assert "Total" not in said("order", {"product_items": [{"quantity": 2, "item_price": price}]})


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ("", "done"),
        ("{}", "done"),
        ("null", "done"),
        ("[]", "done"),
        ("5", "5"),
        ("false", "no"),
        ('{"flow_token": "t", "a": null, "b": []}', "done"),
        ('{"a": {"b": "c", "d": {"e": "f"}}}', "a: c"),
        ('{"a": ["x", 1, null, {"y": 2}]}', "a: x, 1"),
        ('{"a": NaN, "b": 1e400}', "a: NaN\nb: Infinity"),
        ('{"a\\u0000": "\\ud800"}', "a\ufffd: \ufffd"),
        (["x", "y"], "x, y"),
        ({"a": "b"}, "a: b"),
        (True, "yes"),
        (None, "done"),
    ],
)
def test_flows(answers: Json, text: str) -> None:
    """The answers of a flow are lines, whatever its string holds; else what the platform says."""
    part: Json = {"type": "nfm_reply", "nfm_reply": {"response_json": answers, "body": "done"}}
    assert said("interactive", part) == text


@pytest.mark.parametrize("answers", ["[" * 200_000, '{"a":' * 200_000, "9" * 5000])
def test_flows_that_no_parser_takes(answers: str) -> None:
    """A string too deep or too long for the parser is shown as it came."""
    part: Json = {"type": "nfm_reply", "nfm_reply": {"response_json": answers}}
    assert said("interactive", part) == answers


def test_cards() -> None:
    """A card is a line: the best name and the first number that there is."""
    cards: Json = [
        {"name": {"formatted_name": "", "last_name": "Lima"}, "phones": [{}, {"wa_id": "55"}]},
        {"name": ["x"], "phones": "55", "org": {"company": "Example"}},
        {"phones": [{"phone": "5511"}]},
        "card",
        {},
    ]
    assert said("contacts", cards) == "Lima · 55\nExample\n5511"
    assert said("contacts", {"name": {"formatted_name": "Ana"}}) == ""


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"latitude": 0, "longitude": 0.0}, "0, 0.0"),
        ({"latitude": 1}, ""),
        ({"latitude": True, "longitude": 1}, ""),
        ({"latitude": 1, "longitude": 2, "address": "Example Street 1"}, "Example Street 1"),
    ],
)
def test_places(place: Json, text: str) -> None:
    """A place is its name and address, else its coordinates when there are both."""
    assert said("location", place) == text


def test_not_passed_on() -> None:
    """What the platform does not pass on says why, from the first place that knows."""
    assert said("unsupported", {"type": "gif"}, errors=[{"title": "T"}]) == (
        "Unsupported message: gif"
    )
    assert said("unsupported", "gif", errors=[5, {"message": "M"}]) == "Unsupported message: M"
    assert said("unsupported", {"type": "t" * 999}) == "Unsupported message: " + "t" * 64


def test_long_texts_stay_whole() -> None:
    """No text is cut."""
    assert said("text", {"body": "x" * 100_000}) == "x" * 100_000
    assert said("image", {"caption": "x" * 100_000}) == "x" * 100_000


def test_every_type_has_samples_in_both_formats() -> None:
    """Each type with a reader is shown in both formats; a template only comes in echoes."""
    kinds: dict[str, set[str]] = {"meta": set(), "chakra": set()}
    for name in MESSAGES:
        for event in read(calls.body(name)):
            kinds[event.format].add(getattr(event, "message_type", ""))
    assert KINDS.keys() <= kinds["meta"]
    assert KINDS.keys() <= kinds["chakra"]
