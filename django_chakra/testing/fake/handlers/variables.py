"""Templates as they are sent: which one, whether its variables fit, and what people read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..replies import refuse_as_meta
from ..state import State, Template

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
#: Meta's codes for templates that are there and can't be sent.
_CLOSED = {
    "PAUSED": (132015, "Template is paused"),
    "DISABLED": (132016, "Template is disabled"),
}
_MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})


def find(state: State, name: str, language: str = "") -> Template:
    """The template that can be sent.

    Raises:
        Refused: it is unknown, not approved, or without a language there are several.
    """
    found = state.template(name, language)
    if not found:
        _refuse_unknown(name, language)
    if len(found) > 1:
        refuse_as_meta(100, "Invalid parameter", f"{name} is in several languages: name one")
    template = found[0]
    if template.status in _CLOSED:
        refuse_as_meta(*_CLOSED[template.status], f"{name} can't be sent now")
    if template.status != "APPROVED":
        _refuse_unknown(name, language)
    return template


def _refuse_unknown(name: str, language: str) -> NoReturn:
    """There is no such template."""
    where = f" in {language}" if language else ""
    refuse_as_meta(132001, "Template does not exist", f"{name}{where} is unknown", status=404)


def component(template: Template, kind: str) -> dict[str, Any]:
    """The component of that type; empty when the template has none."""
    found = (one for one in template.components if str(one.get("type", "")).upper() == kind)
    return next(found, {})


def variables(template: Template, kind: str) -> list[str]:
    """The names of the variables in a component's text, each once, in their order."""
    text = component(template, kind).get("text", "")
    return list(dict.fromkeys(VARIABLE.findall(text)))


def check_components(template: Template, sent: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The values of the body's variables, by name, of a message in Meta's format.

    Raises:
        Refused: there are more or fewer than the template has, or of another kind.
    """
    by_type = {str(one.get("type", "")).lower(): one for one in sent}
    values = _values(template, "BODY", by_type.get("body", {}))
    _values_of_header(template, by_type.get("header", {}))
    for index, button in enumerate(component(template, "BUTTONS").get("buttons", [])):
        if VARIABLE.search(str(button.get("url", ""))):
            _check_button(sent, index)
    return values


def _values(template: Template, kind: str, sent: Mapping[str, Any]) -> dict[str, str]:
    names, given = variables(template, kind), sent.get("parameters", [])
    if len(given) != len(names):
        refuse_count(template, kind, len(names), len(given))
    named = [one.get("parameter_name") for one in given if isinstance(one, dict)]
    if template.parameter_format == "NAMED" and sorted(map(str, named)) != sorted(names):
        refuse_as_meta(132012, "Parameter format does not match", f"{kind} names {names}")
    texts = [str(one.get("text", "")) if isinstance(one, dict) else "" for one in given]
    if template.parameter_format == "NAMED":
        names = [str(name) for name in named]
    return dict(zip(names, texts, strict=True))


def _values_of_header(template: Template, sent: Mapping[str, Any]) -> None:
    format = str(component(template, "HEADER").get("format", "TEXT")).upper()
    if format not in _MEDIA:
        _values(template, "HEADER", sent)
        return
    given = [one.get("type") for one in sent.get("parameters", []) if isinstance(one, dict)]
    if given != [format.lower()]:
        refuse_as_meta(132012, "Parameter format does not match", f"the header is {format}")


def _check_button(sent: Sequence[Mapping[str, Any]], index: int) -> None:
    for one in sent:
        is_it = str(one.get("type", "")).lower() == "button" and str(one.get("index")) == str(index)
        if is_it and one.get("parameters"):
            return
    refuse_as_meta(131008, "Required parameter is missing", f"button {index} needs one")


def refuse_count(template: Template, kind: str, expected: int, given: int) -> NoReturn:
    """The number of variables is another."""
    refuse_as_meta(
        132000,
        "Number of parameters does not match the expected number of params",
        f"{kind.lower()} of {template.name}: {given} given, {expected} expected",
    )


def filled(template: Template, values: Mapping[str, str]) -> str:
    """The text of the body with its values."""
    text = str(component(template, "BODY").get("text", ""))
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
