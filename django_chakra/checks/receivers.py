"""Whether a receiver that hangs is stopped in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from .. import conf
from .sending import LONGEST
from .tasks import longest_telling
from .values import is_number


def times(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """When one is named, and when it is interrupted."""
    default = conf.Settings()
    for key in ("RECEIVER_WARN_SECONDS", "RECEIVER_SECONDS"):
        seconds = given.get(key, getattr(default, key.lower()))
        if not (is_number(seconds) and 0 <= seconds <= LONGEST):
            yield Error(
                f"CHAKRA[{key!r}] must be a number of seconds from 0, and at most a year.",
                id="django_chakra.E030",
            )
            return
    longest = longest_telling(given)
    if given.get("RUNNER") == "worker" and longest and not 0 < seconds < longest:
        yield Warning(
            "CHAKRA['RECEIVER_SECONDS'] is longer than a worker surely holds what it tells: while "
            "a receiver hangs, another worker would begin to tell the same.",
            hint="Less than two thirds of CLAIM_SECONDS and ANNOUNCE_SECONDS, which are "
            f"{longest:g} seconds; 0 is no limit at all.",
            id="django_chakra.W015",
        )
