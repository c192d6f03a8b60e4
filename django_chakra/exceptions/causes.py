"""Meta's codes of what went wrong, by what they mean for a sender."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What a code of Meta's means for who sends messages."""

    WINDOW_CLOSED = "window closed"
    UNDELIVERABLE = "undeliverable"
    OPTED_OUT = "opted out"
    THROTTLED = "throttled"
    NOT_PAID = "not paid"
    TEMPLATE = "template"
    TOKEN = "token"  # noqa: S105  a word, no token
    BLOCKED = "blocked"
    MEDIA = "media"
    OTHER = "other"


#: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
CAUSES: dict[Cause, frozenset[int]] = {
    Cause.WINDOW_CLOSED: frozenset({131047, 470}),
    Cause.UNDELIVERABLE: frozenset({131026, 131049, 130472, 131021}),
    Cause.OPTED_OUT: frozenset({131050}),
    Cause.THROTTLED: frozenset({4, 80007, 130429, 131048, 131056, 133016}),
    Cause.NOT_PAID: frozenset({131042}),
    Cause.TEMPLATE: frozenset(
        {132000, 132001, 132005, 132007, 132012, 132015, 132016, 132018, 132068, 132069}
    ),
    Cause.TOKEN: frozenset({0, 190}),
    Cause.BLOCKED: frozenset({368, 130497, 131031, 131045, 133010}),
    Cause.MEDIA: frozenset({131051, 131052, 131053}),
}


def cause_of(code: int | None) -> Cause:
    """What one of Meta's codes means; ``OTHER`` for those that mean nothing to senders."""
    if code is None:
        return Cause.OTHER
    return next((cause for cause, codes in CAUSES.items() if code in codes), Cause.OTHER)
