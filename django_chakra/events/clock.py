"""The platform's clock: seconds from Meta, milliseconds from Chakra, as numbers or as digits."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The last day of year 9999 is left out: shown in a zone east of Greenwich it would overflow.
_END_MILLISECONDS = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) * 1000

_FIRST_MILLISECONDS = 10**11
"""Below it a number is seconds (until the year 5138), from it on milliseconds (since 1973)."""


def platform_time(value: object) -> datetime | None:
    """The moment a platform's number names, in UTC; None when it names none.

    Takes a number or a string of ASCII digits, in seconds or milliseconds. Never raises.
    """
    number = _number(value)
    if number is None:
        return None
    # False for NaN too, and before any arithmetic of dates could overflow.
    if 0 <= number < _FIRST_MILLISECONDS:
        return _EPOCH + timedelta(seconds=number)
    if _FIRST_MILLISECONDS <= number < _END_MILLISECONDS:
        return _EPOCH + timedelta(milliseconds=number)
    return None


def _number(value: object) -> int | float | None:
    """The number in the value, by stricter rules than ``int()``, which takes "1_000" and " 5 "."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    return None
