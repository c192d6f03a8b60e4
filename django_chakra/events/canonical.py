"""How stored values are told apart and weighed: one spelling per value, one number per content."""

import json

from .base import Json


def canonical(value: Json) -> str:
    """The one JSON text of a storable value: sorted keys, no spaces, ASCII only.

    A float without a fraction is written as an integer, since PostgreSQL hands ``1e5`` back as
    ``100000`` and a stored copy must compare equal to a new one. ValueError for NaN, and
    RecursionError for depth: give it what ``storable`` returned.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def completeness(value: Json) -> int:
    """How much a storable value says: the number of its leaves that are neither null nor empty."""
    if isinstance(value, dict):
        return sum(completeness(child) for child in value.values())
    if isinstance(value, list):
        return sum(completeness(child) for child in value)
    return 0 if value is None or value == "" else 1


def _plain(value: Json) -> Json:
    """The value with integers in place of floats that have no fraction."""
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
