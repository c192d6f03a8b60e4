"""What a database can hold: copies of the platform's data that every column accepts. Pure.

The exact bytes are kept on the stored call; these copies are for payload and text columns, where
PostgreSQL refuses NUL, lone surrogates and NaN, and where depth costs every later reader.
"""

import json
import re
from collections.abc import Iterator

from .base import Json

MAX_DEPTH = 24
"""How many containers may stand inside each other."""

MAX_CUT_TEXT = 4096
"""How many characters are kept of the JSON text that stands for what nests deeper."""

_INT64 = range(-(2**63), 2**63)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Mark(str):
    """Punctuation and keys of JSON text, told apart from values still to be written."""

    __slots__ = ()


def storable(value: object) -> Json:
    """A copy of a JSON value that any database takes; never raises on what json.loads returns.

    NUL and lone surrogates become U+FFFD, in keys too (of keys that become equal the last stays).
    Numbers that are not finite and integers over 64 bits become strings; so does, as its JSON
    text, a container nested deeper than ``MAX_DEPTH``. TypeError for what JSON has no word for.
    """
    return _copy(value, MAX_DEPTH)


def storable_text(value: object, length: int | None = None) -> str:
    """The value as text for a column of ``length`` characters: storable, and cut to fit.

    A number becomes its digits; anything else that is no string becomes "".
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = value if isinstance(value, str) else _written(value)
    # Cut before cleaning: one character is replaced by one, and most of a huge word is not looked
    # at.
    return clean(text[:length])


def clean(text: str) -> str:
    """The text with U+FFFD in place of each NUL and lone surrogate."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def _copy(value: object, room: int) -> Json:
    """A storable copy with at most ``room`` levels, which also bounds the recursion."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in _INT64 else _written(value)
    if isinstance(value, float):
        return value if _is_finite(value) else _written(value)
    if not isinstance(value, dict | list | tuple):
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    if room == 0:
        return _json_text(value)
    if isinstance(value, dict):
        return {clean(str(key)): _copy(child, room - 1) for key, child in value.items()}
    return [_copy(child, room - 1) for child in value]


def _is_finite(value: float) -> bool:
    """Whether JSON has a word for the number."""
    return value - value == 0


def _written(number: int | float) -> str:
    """The number as text: digits, or JSON's usual words for what is not finite."""
    if isinstance(number, float):
        return repr(number) if _is_finite(number) else json.dumps(number)
    try:
        return str(number)
    except ValueError:
        # Python refuses to write integers of thousands of decimal digits, but not in hex.
        return hex(number)


def _json_text(value: object) -> str:
    """The first ``MAX_CUT_TEXT`` characters of the value's JSON; safe at any depth.

    json.dumps recurses, and a value that was parsed at one depth of the stack may overflow at
    another; so the levels are kept in a list.
    """
    parts: list[str] = []
    size = 0
    levels: list[Iterator[object]] = [iter([value])]
    while levels and size < MAX_CUT_TEXT:
        try:
            piece = next(levels[-1])
        except StopIteration:
            levels.pop()
            continue
        if isinstance(piece, dict | list | tuple):
            levels.append(_pieces(piece))
            continue
        text = piece if isinstance(piece, _Mark) else _scalar_text(piece)
        parts.append(text)
        size += len(text)
    return "".join(parts)[:MAX_CUT_TEXT]


def _pieces(
    container: dict[object, object] | list[object] | tuple[object, ...],
) -> Iterator[object]:
    """One level of a container in the order of its JSON text."""
    is_dict = isinstance(container, dict)
    yield _Mark("{" if is_dict else "[")
    for index, entry in enumerate(container):
        comma = "," if index else ""
        if isinstance(container, dict):
            yield _Mark(f"{comma}{_scalar_text(str(entry))}:")
            yield container[entry]
        else:
            yield _Mark(comma)
            yield entry
    yield _Mark("}" if is_dict else "]")


def _scalar_text(value: object) -> str:
    """The JSON text of one storable scalar."""
    cut = value[:MAX_CUT_TEXT] if isinstance(value, str) else value
    return json.dumps(_copy(cut, 0), ensure_ascii=False)
