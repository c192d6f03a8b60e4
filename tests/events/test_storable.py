"""Storable copies: what goes in comes out of any database."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.events import storable, storable_text
from django_chakra.events.storable import MAX_CUT_TEXT, MAX_DEPTH

any_text = st.text(st.characters(codec=None))
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner) | st.dictionaries(any_text, inner),
)


def depth_of(value: Any) -> int:
    """How many containers stand inside each other."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def nested(levels: int, inner: object = 1) -> object:
    """A value inside so many lists and objects by turns."""
    for level in range(levels):
        inner = [inner] if level % 2 else {"a": inner}
    return inner


@given(any_json)
def test_round_trip(value: object) -> None:
    """A storable copy passes strict JSON and UTF-8, and comes back equal."""
    copy = storable(value)
    text = json.dumps(copy, allow_nan=False, ensure_ascii=False)
    assert json.loads(text.encode("utf-8")) == copy
    assert "\\u0000" not in text


@given(any_json)
def test_idempotent(value: object) -> None:
    """A storable copy of a storable copy is the same."""
    copy = storable(value)
    assert storable(copy) == copy


@given(levels=st.integers(0, 200), inner=any_json)
def test_depth(levels: int, inner: object) -> None:
    """A storable copy nests at most 24 deep."""
    assert depth_of(storable(nested(levels, inner))) <= MAX_DEPTH


def test_depth_limit_is_kept_exactly() -> None:
    """24 levels stay as they are; the 25th becomes its JSON text."""
    assert storable(nested(24)) == nested(24)
    assert storable(nested(24, {"a": "\x00"})) == nested(24, '{"a":"\ufffd"}')
    assert storable(nested(24, {})) == nested(24, "{}")
    assert storable(nested(24, [])) == nested(24, "[]")


def test_cut_text_is_json() -> None:
    """What is cut off for its depth is written as JSON as long as it fits."""
    deep = {"b": [1, None, True, 1.5, 'x"y'], "c": {}, "\x00": {"d": [[2]]}}
    copy = storable(nested(24, deep))
    for _ in range(24):
        copy = copy["a"] if isinstance(copy, dict) else copy[0]  # type: ignore[index]
    assert json.loads(str(copy)) == storable(deep)


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_any_depth(levels: int) -> None:
    """No depth overflows the stack, and the text that stands for it is bounded."""
    copy = storable(nested(levels))
    assert len(json.dumps(copy)) < 2 * MAX_CUT_TEXT + 500


def test_wide_and_deep_is_bounded() -> None:
    """A huge list beyond the depth is cut, too."""
    assert len(json.dumps(storable(nested(24, ["x" * 10_000] * 1_000)))) < MAX_CUT_TEXT + 500


@pytest.mark.parametrize(
    ("value", "copy"),
    [
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\U0001f600", "\U0001f600"),
        ({"\x00": 1}, {"\ufffd": 1}),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (2**63 - 1, 2**63 - 1),
        (2**63, str(2**63)),
        (-(2**63), -(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (True, True),
        (None, None),
        ((1, 2), [1, 2]),
    ],
)
def test_values(value: object, copy: object) -> None:
    """Each kind of value that some database refuses has one storable copy."""
    assert storable(value) == copy
    assert type(storable(value)) is type(copy)


def test_integers_beyond_python() -> None:
    """An integer that Python will not write in decimal is written in hex."""
    huge = 10 ** (sys.get_int_max_str_digits() + 1)
    assert storable(huge) == hex(huge)


def test_not_json() -> None:
    """What JSON has no word for is a TypeError, since it is our own mistake."""
    with pytest.raises(TypeError, match="set is not a JSON value"):
        storable({1})


@pytest.mark.parametrize(
    ("value", "length", "text"),
    [
        ("word", None, "word"),
        ("word", 3, "wor"),
        ("\x00\x00\x00", 2, "\ufffd\ufffd"),
        (131047, 10, "131047"),
        (1.5, 10, "1.5"),
        (float("nan"), 10, "NaN"),
        (True, 10, ""),
        (None, 10, ""),
        (["a"], 10, ""),
        ({"a": 1}, 10, ""),
    ],
)
def test_text(value: object, length: int | None, text: str) -> None:
    """Text for a column is storable and fits; a number is its digits, other things are empty."""
    assert storable_text(value, length) == text
