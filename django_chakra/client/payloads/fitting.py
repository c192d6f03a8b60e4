"""Whether a message fits its template, and what people then read. Pure.

What is said is what the platform would say after the call (Meta's errors 132000, 132012, 132018 and
131008), in words that name the place. Where the shape is not known nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .checks import refuse
from .shapes import HEADERS, Button, Shape, filled, names_in

FIELD = "template.components"

Component = Mapping[str, Any]


class Problem(NamedTuple):
    """What does not fit: where in the body of the message, and why."""

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What people read, as plain text; a variable without a value as it is written."""

    header: str
    body: str
    footer: str
    #: Words of each, and what it opens.
    buttons: tuple[str, ...]
    cards: tuple[Preview, ...] = ()


def fit(shape: Shape, template: Mapping[str, Any]) -> None:
    """Refuse a message that does not fit.

    Args:
        template: what stands under "template" in the body of the message.

    Raises:
        ValidationFailed: ``field`` is the first place, the message names all of them.
    """
    found = problems(shape, template)
    if found:
        (field, why), *rest = found
        refuse(field, "; ".join([why, *(f"{one.field}: {one.why}" for one in rest)]))


def problems(shape: Shape, template: Mapping[str, Any]) -> list[Problem]:
    """What of a message does not fit its template; empty when all does."""
    return list(_problems(shape, _listed(template.get("components")), FIELD))


def preview(shape: Shape, template: Mapping[str, Any] | None = None) -> Preview:
    """What people read of a template, with the values of a message where one is given."""
    return _preview(shape, _listed((template or {}).get("components")))


def _problems(shape: Shape, sent: Sequence[Component], field: str) -> Iterator[Problem]:
    places = {
        _type(one): Sent(f"{field}[{at}].parameters", _listed(one.get("parameters")))
        for at, one in reversed(list(enumerate(sent)))
    }
    missing = Sent(field, [])
    yield from _of_header(shape, places.get("header", missing))
    if shape.body is not None:
        names = shape.body_names
        yield from _of_texts("the body", names, shape.is_named, places.get("body", missing))
    if shape.is_whole:
        yield from _of_buttons(shape.buttons, sent, field)
        yield from _of_cards(shape, sent, field)


class Sent(NamedTuple):
    """The parameters of one component, and where they stand."""

    field: str
    parameters: list[Component]


def _of_header(shape: Shape, sent: Sent) -> Iterator[Problem]:
    format = shape.header_format
    if format == "TEXT":
        yield from _of_texts("the header", shape.header_names, shape.is_named, sent)
    elif format in HEADERS:
        kind, given = HEADERS[format], [_type(one) for one in sent.parameters]
        if given != [kind]:
            told = f", {' and '.join(given)} given" if given else ""
            article = "an" if kind == "image" else "a"
            yield Problem(
                sent.field, f"the header is {article} {kind}: it needs header_{kind}{told}"
            )
    elif not format and shape.is_whole and sent.parameters:
        yield Problem(sent.field, "the template has no header")


def _of_texts(where: str, names: list[str], is_named: bool | None, sent: Sent) -> Iterator[Problem]:
    """The number of values, and of places with names the names."""
    given = [str(one.get("parameter_name") or "") for one in sent.parameters]
    if is_named and names:
        yield from _of_names(where, names, given, sent.field)
    elif len(given) != len(names):
        of = f" ({', '.join(f'{{{{{name}}}}}' for name in names)})" if names else ""
        yield Problem(
            sent.field, f"{where} has {_count(len(names), 'variable')}{of}, {len(given)} given"
        )


def _of_names(where: str, names: list[str], given: list[str], field: str) -> Iterator[Problem]:
    if any(not name for name in given):
        yield Problem(field, f"{where} names its variables: give {', '.join(names)} by name")
        return
    if missing := [name for name in names if name not in given]:
        yield Problem(field, f"{where} lacks {', '.join(missing)}")
    # What a caller calls them may be content: only how many is said.
    if strange := [name for name in given if name not in names]:
        variables = _count(len(strange), "variable")
        yield Problem(field, f"{where} has no such {variables}; it has {', '.join(names)}")
    elif len(given) != len(set(given)):
        yield Problem(field, f"{where} takes each variable once")


def _of_buttons(
    buttons: Sequence[Button], sent: Sequence[Component], field: str
) -> Iterator[Problem]:
    given: set[int] = set()
    for at, one in enumerate(sent):
        if _type(one) != "button":
            continue
        here, index = f"{field}[{at}]", _index(one)
        if index is None or index >= len(buttons):
            yield Problem(f"{here}.index", f"the template has {_count(len(buttons), 'button')}")
            continue
        given.add(index)
        yield from _of_button(buttons[index], index, one, here)
    for index, button in enumerate(buttons):
        if button.needs_value and index not in given:
            yield Problem(field, f"{_button(index)} needs {_needs(button)}")


def _of_button(button: Button, index: int, sent: Component, field: str) -> Iterator[Problem]:
    expected, said = button.sub_type, str(sent.get("sub_type", "")).lower()
    if expected is None:
        return
    if not button.takes_value:
        yield Problem(field, f"{_button(index)} ({button.type}) takes no value")
    elif said != expected:
        yield Problem(
            f"{field}.sub_type", f"{_button(index)} is {button.type}: it takes {expected}"
        )
    elif button.needs_value and not _listed(sent.get("parameters")):
        yield Problem(f"{field}.parameters", f"{_button(index)} needs {_needs(button)}")


def _of_cards(shape: Shape, sent: Sequence[Component], field: str) -> Iterator[Problem]:
    carousels = [(at, one) for at, one in enumerate(sent) if _type(one) == "carousel"]
    if not carousels:
        if any(one.variables for one in shape.cards):
            yield Problem(field, f"the template has {_count(len(shape.cards), 'card')} to be given")
        return
    at, carousel = carousels[0]
    cards = _listed(carousel.get("cards"))
    here = f"{field}[{at}].cards"
    # Of products a message may show others in number than its template (unverified).
    is_free = any(one.header_format == "PRODUCT" for one in shape.cards)
    if len(cards) != len(shape.cards) and not is_free:
        cards_of = _count(len(shape.cards), "card")
        yield Problem(here, f"the template has {cards_of}, {len(cards)} given")
        return
    for place, card in enumerate(cards):
        index = _index(card, "card_index")
        which = place if index is None or index >= len(cards) else index
        if which < len(shape.cards):
            components = _listed(card.get("components"))
            yield from _problems(shape.cards[which], components, f"{here}[{place}].components")


def _preview(shape: Shape, sent: Sequence[Component]) -> Preview:
    by_type = {_type(one): one for one in reversed(sent)}
    header = filled(shape.header, _values(shape.header_names, by_type.get("header")))
    if shape.header_format in HEADERS:
        header = f"[{HEADERS[shape.header_format]}]"
    elif shape.header_format not in ("", "TEXT"):
        header = f"[{shape.header_format.lower()}]"
    codes = {_index(one): _first(one) for one in sent if _type(one) == "button"}
    cards = {
        _index(card, "card_index"): _listed(card.get("components"))
        for card in _listed(by_type.get("carousel", {}).get("cards"))
    }
    return Preview(
        header,
        filled(shape.body or "", _values(shape.body_names, by_type.get("body"))),
        shape.footer,
        tuple(_shown(button, codes.get(at, "")) for at, button in enumerate(shape.buttons)),
        tuple(_preview(one, cards.get(at, [])) for at, one in enumerate(shape.cards)),
    )


def _values(names: Sequence[str], component: Component | None) -> dict[str, str]:
    """Name -> what is shown there; what is no text (a currency) by its fallback."""
    parameters = _listed((component or {}).get("parameters"))
    return {
        str(one.get("parameter_name") or name): _words(one)
        for one, name in zip(parameters, names, strict=False)
        if _words(one)
    }


def _words(parameter: Component) -> str:
    if isinstance(parameter.get("text"), str):
        return str(parameter["text"])
    inner = parameter.get(str(parameter.get("type", "")))
    fallback = inner.get("fallback_value") if isinstance(inner, Mapping) else None
    return fallback if isinstance(fallback, str) else ""


def _shown(button: Button, value: str) -> str:
    """Words of a button and what it opens."""
    target = button.target
    if value and button.type == "URL":
        target = filled(target, dict.fromkeys(names_in(target), value))
    elif value and button.type == "COPY_CODE":
        target = value
    words = button.text or button.type.replace("_", " ").lower()
    return f"{words}: {target}" if target else words


def _first(component: Component) -> str:
    parameters = _listed(component.get("parameters"))
    first = parameters[0] if parameters else {}
    given = first.get("text") or first.get("coupon_code")
    return given if isinstance(given, str) else ""


def _needs(button: Button) -> str:
    if button.type == "COPY_CODE":
        return "the code to copy"
    return "the code" if button.type == "OTP" else "the end of its address"


def _button(index: int) -> str:
    return f"button {index + 1}"


def _index(component: Component, key: str = "index") -> int | None:
    value = str(component.get(key, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else None


def _type(component: Component) -> str:
    return str(component.get("type", "")).lower()


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _listed(value: Any) -> list[Component]:
    listed = value if isinstance(value, list | tuple) else []
    return [one for one in listed if isinstance(one, Mapping)]
