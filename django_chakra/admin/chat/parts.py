"""What a bubble is made of: one small class per thing that is drawn in its own way.

``template`` is the file under ``admin/django_chakra/conversation/parts/`` that draws it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import ClassVar


class Drawn:
    """What a template draws."""

    __slots__ = ()
    template: ClassVar[str]

    @property
    def path(self) -> str:
        """Of that template; one of a host's takes its place."""
        return f"admin/django_chakra/conversation/parts/{self.template}.html"


@dataclass(frozen=True, slots=True)
class Words(Drawn):
    """What somebody wrote."""

    template: ClassVar[str] = "words"
    text: str

    @property
    def is_large(self) -> bool:
        """One emoji, or a few, and nothing else."""
        kinds = {unicodedata.category(one) for one in self.text}
        return len(self.text) <= 12 and "So" in kinds and kinds <= {"So", "Sk", "Mn", "Me", "Cf"}


@dataclass(frozen=True, slots=True)
class File(Drawn):
    """A file: shown where browsers may, else its name, or why it is not there."""

    template: ClassVar[str] = "file"
    #: image, video, audio, voice, document or sticker.
    kind: str
    label: str
    name: str = ""
    size: int | None = None
    #: "" while it is not kept.
    url: str = ""
    #: What a page may show it as: image, video, audio; "" for a link.
    shown_as: str = ""
    state: str = ""
    state_label: str = ""
    error: str = ""
    #: Where one reads what became of it.
    more_url: str = ""

    @property
    def icon(self) -> str:
        """By its name in ``icon.html``."""
        return "audio" if self.kind == "voice" else self.kind


@dataclass(frozen=True, slots=True)
class Place(Drawn):
    """A place on the map."""

    template: ClassVar[str] = "place"
    name: str
    address: str
    coordinates: str
    #: Of a map; "" without coordinates that are numbers.
    url: str


@dataclass(frozen=True, slots=True)
class Card(Drawn):
    """A contact card."""

    template: ClassVar[str] = "card"
    name: str
    company: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order."""

    quantity: str
    product: str
    price: str
    sum: str


@dataclass(frozen=True, slots=True)
class Order(Drawn):
    """What somebody wants to buy."""

    template: ClassVar[str] = "order"
    text: str
    lines: tuple[OrderLine, ...]
    #: "" where there is no single sum.
    total: str


@dataclass(frozen=True, slots=True)
class Choice(Drawn):
    """A button or a row of a list that somebody chose."""

    template: ClassVar[str] = "choice"
    label: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Answers(Drawn):
    """The answers of a flow."""

    template: ClassVar[str] = "answers"
    rows: tuple[tuple[str, str], ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of a list under one title."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Letter(Drawn):
    """A template, or something to tap on: header, body, footer, buttons."""

    template: ClassVar[str] = "letter"
    label: str = ""
    name: str = ""
    header: str = ""
    file: File | None = None
    body: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    cards: tuple[Letter, ...] = ()


@dataclass(frozen=True, slots=True)
class Advert(Drawn):
    """The advertisement or post that led somebody to us."""

    template: ClassVar[str] = "advert"
    label: str
    headline: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Product(Drawn):
    """The product of ours that a question is about."""

    template: ClassVar[str] = "product"
    product: str
    catalog: str


@dataclass(frozen=True, slots=True)
class Unshown(Drawn):
    """What nobody can draw: named plainly."""

    template: ClassVar[str] = "unshown"
    label: str
    text: str = ""


Part = Words | File | Place | Card | Order | Choice | Answers | Letter | Advert | Product | Unshown
