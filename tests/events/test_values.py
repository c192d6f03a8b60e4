"""Ids, phone numbers, times and comparable spellings: small functions that lookups rely on."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.events import (
    Json,
    canonical,
    completeness,
    phone_digits,
    platform_id,
    platform_time,
    storable,
)
from tests.events.test_storable import any_json, any_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("wamid.A/b+c=", "wamid.A/b+c="),
        (400000000000001, "400000000000001"),
        ("x" * 255, "x" * 255),
        (" a ", " a "),
        ("", ""),
        (None, ""),
        (True, ""),
        (1.5, ""),
        (["wamid.A"], ""),
        ({"id": "wamid.A"}, ""),
        ("x" * 256, "sha256:" + hashlib.sha256(b"x" * 256).hexdigest()),
        ("a\x00", "sha256:" + hashlib.sha256(b"a\x00").hexdigest()),
        ("a\ud800", "sha256:" + hashlib.sha256(b"a\xed\xa0\x80").hexdigest()),
    ],
)
def test_platform_id(value: object, expected: str) -> None:
    """An id is kept as it is, or hashed when no column could hold it."""
    assert platform_id(value) == expected


@given(any_json)
def test_platform_id_fits(value: object) -> None:
    """Every id fits its column and is its own id."""
    found = platform_id(value)
    assert len(found) <= 255
    assert platform_id(found) == found
    assert storable(found) == found


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("5511988887777", "5511988887777"),
        ("+55 (11) 98888-7777", "5511988887777"),
        (5511988887777, "5511988887777"),
        ("٥٥١١", ""),
        ("²", ""),
        ("BR.123", ""),
        ("+", ""),
        ("1" * 33, ""),
        pytest.param("1" * 5000, "", id="huge text"),
        pytest.param(10**5000, "", id="huge number"),
        (-55, ""),
        (True, ""),
        (None, ""),
        (["55"], ""),
    ],
)
def test_phone_digits(value: object, digits: str) -> None:
    """A phone number is its ASCII digits, whatever people put between them."""
    assert phone_digits(value) == digits


MOMENT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1790000000, MOMENT),
        ("1790000000", MOMENT),
        (1790000000000, MOMENT),
        ("1790000000000", MOMENT),
        (1790000000.5, MOMENT.replace(microsecond=500_000)),
        (1790000000123, MOMENT.replace(microsecond=123_000)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (10**11 - 1, datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
        (10**11, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        (253402214399999, datetime(9999, 12, 30, 23, 59, 59, 999_000, tzinfo=UTC)),
        (253402214400000, None),
        (-1, None),
        ("-1", None),
        (True, None),
        (None, None),
        ("", None),
        ("1_000", None),
        (" 5 ", None),
        ("5\n", None),
        ("١٧٩٠", None),
        ("²", None),
        ("1.5", None),
        pytest.param("9" * 5000, None, id="huge text"),
        pytest.param(10**5000, None, id="huge number"),
        (1e400, None),
        (float("nan"), None),
        ([1790000000], None),
    ],
)
def test_platform_time(value: object, moment: datetime | None) -> None:
    """Below 10^11 a number is seconds, above it milliseconds; what is neither has no time."""
    assert platform_time(value) == moment


@given(any_json | st.from_regex(r"\A[0-9]{1,25}\Z"))
def test_platform_time_never_raises(value: object) -> None:
    """Every time found is in UTC and between 1970 and 9999."""
    moment = platform_time(value)
    assert moment is None or (moment.tzinfo is UTC and 1970 <= moment.year <= 9999)


@given(any_json)
def test_canonical_is_one_spelling(value: object) -> None:
    """Equal storable values have one spelling, also after a database wrote 1e5 as 100000."""
    copy = storable(value)
    again = json.loads(canonical(copy))
    assert canonical(again) == canonical(copy)
    assert canonical(copy).isascii()


def test_canonical() -> None:
    """The spelling has sorted keys, no spaces, and integers for floats without a fraction."""
    value: Json = {"b": [1.0, 1.5, -0.0], "a": {"d": None, "c": "é"}}
    assert canonical(value) == '{"a":{"c":"\\u00e9","d":null},"b":[1,1.5,0]}'
    assert canonical(1e22) == canonical(10**22)


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        (None, 0),
        ("", 0),
        ({}, 0),
        ([], 0),
        (0, 1),
        (False, 1),
        ("a", 1),
        ({"a": [1, None, "", {"b": "c"}], "d": {}}, 2),
    ],
)
def test_completeness(value: Json, weight: int) -> None:
    """Completeness counts the leaves that say something."""
    assert completeness(value) == weight


@given(any_text)
def test_ids_of_any_text(text: str) -> None:
    """No text makes an id function raise."""
    assert isinstance(platform_id(text), str)
    assert phone_digits(text).isdigit() or phone_digits(text) == ""
