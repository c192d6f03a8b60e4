"""Whether a value is as the platform wants it: it comes back, or ValidationFailed names its field.

No message holds the value itself: it may be what a customer wrote, or a code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from ...exceptions import ValidationFailed
from . import limits


def refuse(field: str, why: str) -> NoReturn:
    """Raise ValidationFailed for this field of the body."""
    raise ValidationFailed(f"{field}: {why}", field=field)


def words(value: Any, field: str, most: int | None = None) -> str:
    """A text that is not blank and not longer than this."""
    if not isinstance(value, str):
        refuse(field, f"has to be a text, {_kind(value)} given")
    if not value.strip():
        refuse(field, "must not be empty")
    if most is not None and len(value) > most:
        refuse(field, f"at most {most} characters, {len(value)} given")
    return value


def identifier(value: Any, field: str, most: int | None = None) -> str:
    """A text without white space around it."""
    text = words(value, field, most)
    if text != text.strip():
        refuse(field, "must not begin or end with white space")
    return text


def several(value: Any, field: str, most: int | None = None) -> list[Any]:
    """A list that is not empty and has no more entries than this. A text is no list."""
    if not isinstance(value, list | tuple):
        refuse(field, f"has to be a list, {_kind(value)} given")
    if not value:
        refuse(field, "needs at least one entry")
    if most is not None and len(value) > most:
        refuse(field, f"at most {most} entries, {len(value)} given")
    return list(value)


def mapping(value: Any, field: str) -> dict[str, Any]:
    """A copy of a dict."""
    if not isinstance(value, Mapping):
        refuse(field, f"has to be a dict, {_kind(value)} given")
    return dict(value)


def different(values: Iterable[tuple[str, str]], what: str) -> None:
    """All values, given with their fields, are different."""
    seen: set[str] = set()
    for field, value in values:
        if value in seen:
            refuse(field, f"each {what} only once")
        seen.add(value)


def number(value: Any, field: str, most: int) -> float:
    """A number between -most and most. NaN is not."""
    try:
        # Decimal is what Django's models hold; a text or a bool is a mistake.
        found = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not -most <= found <= most:
        refuse(field, f"has to be a number from -{most} to {most}")
    return found


def address(value: Any, field: str, schemes: tuple[str, ...] = ("https",)) -> str:
    """A whole web address, without white space."""
    text = words(value, field)
    try:
        parts = urlsplit(text)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not text.isprintable() or any(map(str.isspace, text)):
        refuse(field, f"has to be a whole address that begins with {' or '.join(schemes)}://")
    return text


def plain(value: Any, field: str, depth: int = 0) -> Any:
    """A copy made of nothing but what JSON knows.

    Raises:
        ValidationFailed: something else is in it, or a lone surrogate, which is no character.
    """
    if depth > limits.DEPTH:
        refuse(field, f"nested more than {limits.DEPTH} deep")
    if isinstance(value, Mapping):
        return {
            plain(_key(key, field), field, depth): plain(inner, _below(field, key), depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(inner, f"{field}[{at}]", depth + 1) for at, inner in enumerate(value)]
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            refuse(field, "holds a lone surrogate, which is no character")
    elif isinstance(value, float) and not math.isfinite(value):
        refuse(field, "has to be a finite number")
    elif not (value is None or isinstance(value, int | float)):
        refuse(field, f"JSON has no {_kind(value)}")
    return value


def _key(key: Any, field: str) -> str:
    if not isinstance(key, str):
        refuse(field, f"a key has to be a text, {_kind(key)} given")
    return key


def _below(field: str, key: Any) -> str:
    # Keys of the platform are names; of a key that is none, and may be content, nothing is shown.
    name = key if isinstance(key, str) and key.isidentifier() and len(key) <= 64 else "*"
    return f"{field}.{name}" if field else name


def _kind(value: Any) -> str:
    return type(value).__name__
