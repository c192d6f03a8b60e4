"""Parsing tells bytes that are no JSON from JSON that only our parser cannot take."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.events import NotJson, Unparsable, parse


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty body"),
        (b" \r\n\t", "an empty body"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"hello=1", "not a JSON object"),
        (b"NaN", "not a JSON object"),
        (b"\x0b{}", "not a JSON object"),
        (b"{", "not JSON: Expecting property name enclosed in double quotes at character 1"),
        (b'{"a":1} x', "not JSON: Extra data at character 8"),
        (b'  {"a":}', "not JSON: Expecting value at character 7"),
        (b'{"a":"\n"}', "not JSON: Invalid control character at at character 6"),
    ],
)
def test_not_json(body: bytes, reason: str) -> None:
    """Bytes that are surely no JSON object are NotJson."""
    with pytest.raises(NotJson) as caught:
        parse(body)
    if sys.version_info < (3, 13):
        assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xef\xbb\xbf{}", "a byte order mark"),
        ("{}".encode("utf-16"), "a byte order mark"),
        ("{}".encode("utf-32"), "a byte order mark"),
        (b"\xfe\xff\x00{\x00}", "a byte order mark"),
        (b"\x00\x00\xfe\xff\x00\x00\x00{", "a byte order mark"),
        ("{}".encode("utf-16-le"), "UTF-16 or UTF-32"),
        ("{}".encode("utf-16-be"), "UTF-16 or UTF-32"),
        (" {}".encode("utf-32-le"), "UTF-16 or UTF-32"),
        (b' {"a":"\xff"}', "invalid UTF-8 at byte 7"),
        (b'{"a":"\xed\xa0\x80"}', "invalid UTF-8 at byte 6"),
        (b'{"a":NaN}', "NaN is no JSON number"),
        (b'{"a":Infinity}', "Infinity is no JSON number"),
        (b'{"a":[-Infinity]}', "-Infinity is no JSON number"),
        (b'{"a":' + b"1" * 5000 + b"}", "an integer with too many digits"),
        (b'{"a":' * 800_000, "nested too deeply"),
        (b'{"a":' + b"[" * 500_000 + b"]" * 500_000 + b"}", "nested too deeply"),
    ],
    ids=lambda part: repr(part[:24]),
)
def test_unparsable(body: bytes, reason: str) -> None:
    """JSON that only our parser cannot take is Unparsable, and is not called broken."""
    with pytest.raises(Unparsable) as caught:
        parse(body)
    assert str(caught.value) == reason


@pytest.mark.parametrize("body", [b'{"a": 1}', b' \n{"a": 1}\r\n', memoryview(b'{"a":1}')])
def test_parsed(body: bytes) -> None:
    """A JSON object is parsed, with white space around it, and as a database hands bytes back."""
    assert parse(body) == {"a": 1}


def test_hostile_values_are_left_to_storable() -> None:
    """NUL, lone surrogates and infinite numbers pass: they are JSON, and made storable later."""
    assert parse(b'{"a":"\\u0000\\ud800","b":1e400}') == {"a": "\x00\ud800", "b": float("inf")}


@given(st.binary() | st.binary().map(lambda rest: b"{" + rest))
def test_any_bytes(body: bytes) -> None:
    """Any bytes are an object, NotJson or Unparsable, and nothing else."""
    try:
        found: object = parse(body)
    except (NotJson, Unparsable) as error:
        found = {"reason": str(error)}
    assert isinstance(found, dict)
