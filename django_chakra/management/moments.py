"""Times as people give them to a command."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def moment(text: str) -> datetime:
    """A date or a time; without a zone it is the site's."""
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime(day.year, day.month, day.day)
    except ValueError:
        found = None
    if found is None:
        # argparse prints "invalid moment value" for a ValueError; say it in words instead.
        raise ArgumentTypeError(f"{text!r} is no date (2026-11-22) or time (2026-11-22T10:00)")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
