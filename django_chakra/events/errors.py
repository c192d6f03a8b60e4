"""Errors of the platform's own, of the app or the account and of no message.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from dataclasses import dataclass
from typing import ClassVar

from .base import Event, Json, Reader, Source, Unreadable
from .causes import cause_of
from .facts import stated


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformErrorReported(Event):
    """The platform says that something went wrong, with the facts beside it or with none.

    ``field`` is Meta's word for what the error came with ("messages", "calls"), at most 128
    characters. ``error_code`` is Meta's, within 32 bits, and may be 0; ``error_title`` is at most
    255 characters, ``error_details`` whole.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("platform_error",)

    field: str
    error_code: int | None
    error_title: str
    error_details: str


def read_error(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``errors[]`` of any field; Unreadable when it says nothing."""
    code, title, details = cause_of({"errors": [item]})
    if code is None and not title and not details:
        raise Unreadable("neither code nor title")
    return PlatformErrorReported(
        kind="platform_error",
        **stated(source, item),
        field=source.name,
        error_code=code,
        error_title=title,
        error_details=details,
    )


READERS: dict[tuple[str, str, str], Reader] = {("meta", "*", "errors"): read_error}
"""By format, field or event, and list."""
