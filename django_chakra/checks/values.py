"""What a value of a setting is, and which keys there are."""

from __future__ import annotations

import difflib
import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error


def unknown_keys(
    where: str, given: Mapping[str, Any], known: Sequence[str]
) -> Iterator[CheckMessage]:
    for key in given:
        if key not in known:
            nearest = difflib.get_close_matches(str(key).upper(), known, n=1, cutoff=0.0)
            yield Error(
                f"{where} has a key {key!r} that does not exist.",
                hint=f"Did you mean {nearest[0]!r}?",
                id="django_chakra.E002",
            )


def is_number(value: object) -> bool:
    """A finite one; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def are_words(value: object) -> bool:
    """A list of texts that are not blank. A text alone would be taken for a list of letters."""
    return isinstance(value, list | tuple | set | frozenset) and all(
        isinstance(one, str) and one.strip() for one in value
    )


def is_uuid(value: object) -> bool:
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
