"""One message with all that is needed to draw it, loaded before: nothing here asks the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...events import storable_text
from ...events.base import mapping
from ...models import MediaFile, Message, MessageTemplate
from .links import Links
from .names import Names


@dataclass(frozen=True, slots=True)
class Said:
    """A message, its files, and the template that it names."""

    message: Message
    names: Names
    links: Links
    files: tuple[MediaFile, ...] = ()
    template: MessageTemplate | None = None

    @property
    def kind(self) -> str:
        """The platform's word."""
        return self.message.kind

    @property
    def item(self) -> Mapping[str, Any]:
        """What was posted, or what we send."""
        return mapping(self.message.payload)

    @property
    def part(self) -> Any:
        """What stands in it under its kind."""
        return self.item.get(self.kind)

    @property
    def text(self) -> str:
        """What a person reads; the latest edit."""
        return self.names.words(self.message.text)

    def words(self, of: Mapping[str, Any], *keys: str) -> str:
        """The first of these keys that has a text."""
        found = (storable_text(of.get(key)) for key in keys)
        return self.names.words(next(filter(None, found), ""))


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in what should be a list of them."""
    yield from (one for one in (value if isinstance(value, list) else ()) if isinstance(one, dict))
