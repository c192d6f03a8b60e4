"""The little language of ``where``: which processes a list is asked for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..replies import refuse
from ..state import Process

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def matches(process: Process, where: Any) -> bool:
    """Whether a process is one of those; keys together mean that all of them hold.

    Raises:
        Refused: the query can't be read.
    """
    if not isinstance(where, dict):
        refuse(400, "where is an object")
    return all(_holds(process, key, wanted) for key, wanted in where.items())


def _holds(process: Process, key: str, wanted: Any) -> bool:
    if key in ("or", "and"):
        if not isinstance(wanted, list):
            refuse(400, f"where.{key} is a list of queries")
        each = [matches(process, one) for one in wanted]
        return any(each) if key == "or" else all(each)
    value = _value(process, key)
    if isinstance(wanted, list):
        return value in [_read(key, one) for one in wanted]
    if not isinstance(wanted, dict):
        return bool(value == _read(key, wanted))
    for sign in wanted:
        if sign not in OPERATORS:
            refuse(400, f"where.{key}: {sign} is no operator")
    return all(_compare(sign, value, _read(key, other)) for sign, other in wanted.items())


def _compare(sign: str, value: Any, other: Any) -> bool:
    try:
        return bool(OPERATORS[sign](value, other))
    except TypeError:
        return False  # of different types: neither is more


def _value(process: Process, key: str) -> Any:
    known = {
        "status": process.status,
        "state": process.state,
        "assignedTo": process.assigned_to,
        "createdAt": process.created_at,
    }
    return known[key] if key in known else process.data.get(key)


def _read(key: str, wanted: Any) -> Any:
    """A value to compare with; when it was made is told as a date of ISO 8601."""
    if key != "createdAt":
        return wanted
    try:
        moment = datetime.fromisoformat(str(wanted))
    except ValueError:
        refuse(400, "where.createdAt is a date in ISO 8601")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
