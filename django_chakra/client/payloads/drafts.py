"""Components of a template that is to be handed in, made of plain texts. Pure.

Each function checks what the platform would refuse at once; it has the last word.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import limits
from .checks import refuse, words
from .shapes import VARIABLE, names_in


def body(text: str, examples: Sequence[str] | Mapping[str, str] = ()) -> dict[str, Any]:
    """The body, with an example for each of its variables: in order, or by name."""
    words(text, "body", limits.DRAFT_BODY)
    return _with_examples({"type": "BODY", "text": text}, "body", examples)


def text_header(text: str, examples: Sequence[str] | Mapping[str, str] = ()) -> dict[str, Any]:
    """A line of text above the body, with at most one variable."""
    words(text, "header", limits.HEADER)
    if len(names_in(text)) > 1:
        refuse("header", f"takes one variable, {len(names_in(text))} given")
    return _with_examples({"type": "HEADER", "format": "TEXT", "text": text}, "header", examples)


def media_header(format: str, handle: str = "") -> dict[str, Any]:
    """A header of another kind ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION").

    ``handle`` is Meta's of an uploaded example, which it wants of all but places; Chakra documents
    no way to get one.
    """
    found: dict[str, Any] = {"type": "HEADER", "format": format}
    if format == "LOCATION":
        return found
    words(handle, "header")
    return {**found, "example": {"header_handle": [handle]}}


def footer(text: str) -> dict[str, Any]:
    """A line below the body, without variables."""
    words(text, "footer", limits.FOOTER)
    if VARIABLE.search(text):
        refuse("footer", "takes no variables")
    return {"type": "FOOTER", "text": text}


def buttons(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Buttons as Meta writes them: ``{"type": "QUICK_REPLY", "text": "Yes"}``, …"""
    if len(given) > limits.TEMPLATE_BUTTONS:
        refuse("buttons", f"at most {limits.TEMPLATE_BUTTONS} entries, {len(given)} given")
    for at, one in enumerate(given):
        words(one.get("type"), f"buttons[{at}].type")
        if one.get("text") is not None:
            words(one["text"], f"buttons[{at}].text", limits.DRAFT_BUTTON)
    return {"type": "BUTTONS", "buttons": [dict(one) for one in given]}


def is_named(*texts: str) -> bool:
    """Whether the variables of these texts have names, and not numbers."""
    names = [name for text in texts for name in names_in(text)]
    return any(not name.isdigit() for name in names)


def _with_examples(
    component: dict[str, Any], part: str, examples: Sequence[str] | Mapping[str, str]
) -> dict[str, Any]:
    names = names_in(component["text"])
    if not names:
        return component
    if not is_named(component["text"]) and names != [str(n + 1) for n in range(len(names))]:
        refuse(part, "numbers its variables from 1, in their order")
    if isinstance(examples, Mapping):
        examples = [examples.get(name, "") for name in names]
    if len(examples) != len(names) or not all(one.strip() for one in examples):
        refuse(part, f"needs an example for each of {', '.join(names)}")
    if is_named(component["text"]):
        pairs = zip(names, examples, strict=True)
        named = [{"param_name": name, "example": value} for name, value in pairs]
        return {**component, "example": {f"{part}_text_named_params": named}}
    listed: list[Any] = list(examples)
    # Meta wants a list of lists for the body, and a plain one for the header.
    return {**component, "example": {f"{part}_text": [listed] if part == "body" else listed}}
