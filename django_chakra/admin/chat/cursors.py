"""Where a page of a list begins: a time and a key, in one word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Q

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def cursor(at: datetime, pk: int) -> str:
    """The word for this place."""
    return f"{(at - _EPOCH) // _MICROSECOND}-{pk}"


def place(word: str) -> tuple[datetime, int] | None:
    """The place that a word names; None for what is no such word."""
    micros, _dash, pk = word.partition("-")
    is_one = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (micros, pk))
    try:
        return (_EPOCH + int(micros) * _MICROSECOND, int(pk)) if is_one else None
    except OverflowError:
        return None


def before(column: str, word: str) -> Q:
    """The rows before a place, for an index that begins with the column; all for no place."""
    found = place(word)
    if found is None:
        return Q()
    at, pk = found
    return Q(**{f"{column}__lte": at}) & (Q(**{f"{column}__lt": at}) | Q(pk__lt=pk))


def after(column: str, word: str) -> Q:
    """The rows after a place."""
    found = place(word)
    if found is None:
        return Q()
    at, pk = found
    return Q(**{f"{column}__gte": at}) & (Q(**{f"{column}__gt": at}) | Q(pk__gt=pk))
