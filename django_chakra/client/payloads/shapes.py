"""The shape of a template, read from its components: what goes into its places, and what it says.

Pure, and tolerant: what is unknown (a component that was invented since, a text that is not there)
is taken for "anything may go there", never for a mistake.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: A variable in a text: ``{{1}}`` or ``{{name}}``.
VARIABLE = re.compile(r"\{\{\s*(\w{1,64})\s*\}\}")

#: What a header of this format takes; one that is not listed (GIF, PRODUCT, …) is not judged.
HEADERS = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document", "LOCATION": "location"}

#: By the type of a button, what a message says of it (``sub_type``); "" where it says nothing.
#: Types that are not listed are not judged.
BUTTONS = {
    "URL": "url",
    "OTP": "url",
    "QUICK_REPLY": "quick_reply",
    "COPY_CODE": "copy_code",
    "FLOW": "flow",
    "CATALOG": "catalog",
    "MPM": "mpm",
    "PHONE_NUMBER": "",
}

#: Components that are read; with any other one there may be places that we do not know of.
KNOWN = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL"})


@dataclass(frozen=True, slots=True)
class Variable:
    """One place of a template: where, its name ("1" where it goes by position), an example."""

    place: str
    name: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """One button: the platform's word for its type, its words, and what it opens."""

    type: str
    text: str
    #: Address, phone number, or "".
    target: str = ""
    example: str = ""

    @property
    def sub_type(self) -> str | None:
        """What a message calls it; "" for one that takes nothing, None for an unknown type."""
        return BUTTONS.get(self.type)

    @property
    def needs_value(self) -> bool:
        """Whether a message has to say something of it."""
        if self.type == "URL":
            return VARIABLE.search(self.target) is not None
        return self.type in ("OTP", "COPY_CODE")

    @property
    def takes_value(self) -> bool:
        """Whether a message may say something of it; true for an unknown type."""
        return self.needs_value or self.type not in ("URL", "PHONE_NUMBER")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a template, or a card of its carousel, is made of."""

    #: Format of the header in capitals; "" for none.
    header_format: str = ""
    header: str = ""
    #: None: unknown.
    body: str | None = None
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    cards: tuple[Shape, ...] = ()
    #: Whether the places go by name; None: unknown.
    is_named: bool | None = None
    #: Whether all its parts are known. Else what is not there may be there all the same.
    is_whole: bool = True
    examples: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def header_names(self) -> list[str]:
        """The variables of a text header."""
        return names_in(self.header) if self.header_format == "TEXT" else []

    @property
    def body_names(self) -> list[str]:
        """The variables of the body."""
        return names_in(self.body or "")

    @property
    def variables(self) -> list[Variable]:
        """All places, in the order in which they are read; those of cards too."""
        return list(self._variables())

    def _variables(self, card: str = "") -> Iterator[Variable]:
        if self.header_format in HEADERS:
            yield Variable(f"{card}header", HEADERS[self.header_format])
        for part, names in (("header", self.header_names), ("body", self.body_names)):
            examples = self.examples.get(part, {})
            yield from (Variable(f"{card}{part}", name, examples.get(name, "")) for name in names)
        for at, button in enumerate(self.buttons):
            if button.needs_value:
                name = "code" if button.type in ("OTP", "COPY_CODE") else "url"
                yield Variable(f"{card}button {at + 1}", name, button.example)
        for at, one in enumerate(self.cards):
            yield from one._variables(f"card {at + 1}, ")


def shape_of(components: Any, *, parameter_format: str = "", is_whole: bool = True) -> Shape:
    """The shape that these components have, whatever they are: it never raises.

    Args:
        components: as the platform lists them.
        parameter_format: "NAMED" or "POSITIONAL"; "" where it is not known.
        is_whole: whether these are all its components, each with all that it has.
    """
    listed = _objects(components)
    by_type = {_word(one.get("type")): one for one in reversed(listed)}
    header, body = by_type.get("HEADER", {}), by_type.get("BODY", {})
    format = _word(header.get("format")) or ("TEXT" if "text" in header else "")
    shape = Shape(
        header_format=format,
        header=_text(header.get("text")),
        body=_text(body["text"]) if "text" in body else None,
        footer=_text(by_type.get("FOOTER", {}).get("text")),
        buttons=tuple(map(_button, _objects(by_type.get("BUTTONS", {}).get("buttons")))),
        cards=tuple(
            shape_of(card.get("components"), parameter_format=parameter_format, is_whole=is_whole)
            for card in _cards(by_type.get("CAROUSEL", {}))
        ),
        is_named=_is_named(parameter_format, _text(header.get("text")) + _text(body.get("text"))),
        is_whole=is_whole and bool(listed) and by_type.keys() <= KNOWN,
        examples={"header": _examples(header, "header"), "body": _examples(body, "body")},
    )
    return shape


def names_in(text: str) -> list[str]:
    """The variables of a text, each once, in their order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; a variable without one stays as it is written."""
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def _is_named(parameter_format: str, text: str) -> bool | None:
    if parameter_format.upper() in ("NAMED", "POSITIONAL"):
        return parameter_format.upper() == "NAMED"
    names = names_in(text)
    return any(not name.isdigit() for name in names) if names else None


def _button(given: Mapping[str, Any]) -> Button:
    example = given.get("example")
    if isinstance(example, list | tuple):
        example = example[0] if example else ""
    type = _word(given.get("type"))
    target = _text(given.get("url")) or _text(given.get("phone_number"))
    return Button(type, _text(given.get("text")), target, _text(example))


def _examples(component: Mapping[str, Any], part: str) -> dict[str, str]:
    """Name -> example, in either of the platform's two spellings."""
    given = component.get("example")
    example: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    named = {
        _text(one.get("param_name")): _text(one.get("example"))
        for one in _objects(example.get(f"{part}_text_named_params"))
    }
    listed = example.get(f"{part}_text")
    if isinstance(listed, list) and listed and isinstance(listed[0], list):
        listed = listed[0]
    values = listed if isinstance(listed, list) else []
    names = names_in(_text(component.get("text")))
    return {**dict(zip(names, map(_text, values), strict=False)), **named}


def _cards(carousel: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    # A carousel in a carousel there is not; so deep nesting ends nothing.
    return [
        {"components": [one for one in _objects(card.get("components")) if _is_of_card(one)]}
        for card in _objects(carousel.get("cards"))
    ]


def _is_of_card(component: Mapping[str, Any]) -> bool:
    return _word(component.get("type")) != "CAROUSEL"


def _objects(value: Any) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list | tuple) else []
    return [one for one in listed if isinstance(one, Mapping)]


def _word(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
