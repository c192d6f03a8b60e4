"""Business hours: when calls are expected. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: No silence is measured further back.
LONGEST = timedelta(days=31)

_TEXT = re.compile(r"(?P<days>[a-z,-]+) (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")


class Hours(NamedTuple):
    """Some days of the week (Monday is 0), from one minute of the day to another.

    An ``end`` that is not after ``start`` is of the next day; 1440 is midnight.
    """

    days: frozenset[int]
    start: int
    end: int


def parse(text: object) -> Hours:
    """Read "mon-fri 09:00-18:00", "sat,sun 10:00-14:00", "fri 22:00-02:00" or "mon 00:00-24:00".

    Raises:
        ValueError: it is none of that form; in words.
    """
    found = _TEXT.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is not like 'mon-fri 09:00-18:00'")
    start, end = _minutes(found["start"], 1439), _minutes(found["end"], 1440)
    if start == end:
        raise ValueError(f"{text!r} has no length; all day is 00:00-24:00")
    return Hours(frozenset(_days(found["days"])), start, end)


def open_time(hours: Sequence[Hours], start: datetime, end: datetime, zone: tzinfo) -> timedelta:
    """How much of the time from ``start`` to ``end`` (aware) lies in these hours; of none, all."""
    if not hours:
        return max(end - start, timedelta(0))
    start, end = max(start, end - LONGEST).astimezone(UTC), end.astimezone(UTC)
    total, until = timedelta(0), start
    for opens, closes in sorted(_spans(hours, start, end, zone)):
        # Where spans overlap, each moment counts once.
        opens, closes = max(opens, until), min(closes, end)
        if closes > opens:
            total += closes - opens
            until = closes
    return total


def is_open(hours: Sequence[Hours], at: datetime, zone: tzinfo) -> bool:
    """Whether a moment lies in these hours; of none, always."""
    return not hours or any(opens <= at < closes for opens, closes in _spans(hours, at, at, zone))


def _spans(
    hours: Iterable[Hours], start: datetime, end: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    """From when to when it is open, of the days around this time."""
    day, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    while day <= last:
        for one in hours:
            if day.weekday() in one.days:
                next_day = 1440 if one.end <= one.start else 0
                yield _at(day, one.start, zone), _at(day, one.end + next_day, zone)
        day += timedelta(days=1)


def _at(day: date, minutes: int, zone: tzinfo) -> datetime:
    """That minute of a day by the clock on the wall, also when clocks are changed."""
    day += timedelta(days=minutes // 1440)
    hour, minute = divmod(minutes % 1440, 60)
    # In UTC: between two times of one zone Python counts by the wall.
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


def _minutes(text: str, most: int) -> int:
    hour, minute = map(int, text.split(":"))
    if minute > 59 or hour * 60 + minute > most:
        raise ValueError(f"{text} is no time of the day")
    return hour * 60 + minute


def _days(text: str) -> Iterator[int]:
    """The days of "mon-fri,sun"; a range may go over Sunday."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{part!r} is no day, and no range of days: {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        yield from (day % 7 for day in range(begin, end + (7 if end < begin else 0) + 1))
