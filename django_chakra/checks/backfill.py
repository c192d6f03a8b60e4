"""Whether the worker would ask for what was missed as the host means it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error

from ..backfill.hours import parse
from .values import is_number

#: Minutes of a month: a longer silence is none that anybody waits for.
LONGEST = 31 * 24 * 60


def after(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """How long a silence is a gap."""
    minutes = given.get("BACKFILL_AFTER", 0)
    if not is_number(minutes) or not (minutes == 0 or 1 <= minutes <= LONGEST):
        yield Error(
            "CHAKRA['BACKFILL_AFTER'] must be a number of minutes from 1, and at most a month; "
            "or 0 for never.",
            id="django_chakra.E023",
        )


def hours(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """When calls are expected."""
    listed = given.get("BUSINESS_HOURS", ())
    if not isinstance(listed, list | tuple):
        yield Error(
            "CHAKRA['BUSINESS_HOURS'] must be a list of texts.",
            hint="['mon-fri 09:00-18:00'], also for a single one.",
            id="django_chakra.E024",
        )
        return
    for text in listed:
        try:
            parse(text)
        except ValueError as error:
            yield Error(f"CHAKRA['BUSINESS_HOURS']: {error}.", id="django_chakra.E024")
