"""From the bytes of a call to a JSON object, and the two ways in which that fails. Pure."""

import json
import re
from typing import NoReturn

from .base import Json

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SPACE = re.compile(rb"[ \t\n\r]*")


class NotJson(ValueError):
    """The bytes are surely no JSON object; the sender should be told so (400)."""


class Unparsable(ValueError):
    """The bytes may be JSON that only our parser cannot take; they must be kept (200)."""


def parse(body: bytes | memoryview) -> dict[str, Json]:
    """The JSON object in a body of UTF-8.

    NotJson when it is surely none: empty, another first byte than ``{``, broken syntax, something
    behind its end. Unparsable for what another parser may take: a byte order mark, UTF-16 or
    UTF-32, invalid UTF-8, NaN and Infinity, integers of thousands of digits, too deep nesting.
    Both say why in a few words, without any of the body.
    """
    body = bytes(body)
    start = _object_start(body)
    try:
        text = body[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unparsable(f"invalid UTF-8 at byte {start + error.start}") from None
    try:
        document: dict[str, Json] = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} at character {start + error.pos}") from None
    except Unparsable:
        raise
    except ValueError:
        raise Unparsable("an integer with too many digits") from None
    except RecursionError:
        # Not a ValueError. How deep is too deep depends on the Python and on the stack below us.
        raise Unparsable("nested too deeply") from None
    return document


def _object_start(body: bytes) -> int:
    """Where the object's brace stands; raises when there is none, or when it cannot be found."""
    if body.startswith(_BOMS):
        raise Unparsable("a byte order mark")
    if b"\x00" in body[:4]:
        raise Unparsable("UTF-16 or UTF-32")
    start = len(_SPACE.match(body)[0])  # type: ignore[index]  # The pattern matches anything.
    if start == len(body):
        raise NotJson("an empty body")
    if body[start : start + 1] != b"{":
        raise NotJson("not a JSON object")
    return start


def _refuse_constant(word: str) -> NoReturn:
    """Stops at NaN and Infinity, which Python takes and databases do not."""
    raise Unparsable(f"{word} is no JSON number")
