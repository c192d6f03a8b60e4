"""The components of a template: what an event says of them, beside what a list told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..events import Event, TemplateComponentsChanged

#: Buttons that an event about components names.
NAMED_BUTTONS = frozenset({"URL", "PHONE_NUMBER"})


def of_event(event: Event) -> list[Any] | None:
    """What an event says of the components, as the platform lists them."""
    if not isinstance(event, TemplateComponentsChanged):
        return None
    found: list[Any] = []
    if event.title:
        found.append({"type": "HEADER", "format": "TEXT", "text": event.title})
    found.append({"type": "BODY", "text": event.body})
    if event.footer:
        found.append({"type": "FOOTER", "text": event.footer})
    buttons = [
        {name: value for name, value in button._asdict().items() if value}
        for button in event.buttons
    ]
    return [*found, {"type": "BUTTONS", "buttons": buttons}] if buttons else found


def edited(known: Any, told: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Listed components with the texts and buttons of an event in their place.

    The same whatever earlier events were put in before it.
    """
    texts = {str(one.get("type")): one for one in told}
    found: list[Any] = []
    for part in ("HEADER", "BODY", "FOOTER"):
        there = _of_type(known, part)
        own = texts.get(part)
        if there and not _is_text(part, there):
            found.append(there)  # a file, or a line that the platform writes itself
        elif own:
            rest = {name: value for name, value in there.items() if name != "example"}
            found.append({**rest, **own})
    parts = {"HEADER", "BODY", "FOOTER", "BUTTONS"}
    found += [one for one in _objects(known) if str(one.get("type", "")).upper() not in parts]
    buttons = [
        *(one for one in _buttons(known) if str(one.get("type", "")).upper() not in NAMED_BUTTONS),
        *_buttons(told),
    ]
    return [*found, {"type": "BUTTONS", "buttons": buttons}] if buttons else found


def _is_text(part: str, component: Mapping[str, Any]) -> bool:
    if part == "HEADER":
        return str(component.get("format", "TEXT")).upper() == "TEXT"
    return part == "BODY" or "text" in component


def _of_type(components: Any, part: str) -> dict[str, Any]:
    found = (one for one in _objects(components) if str(one.get("type", "")).upper() == part)
    return next(found, {})


def _buttons(components: Any) -> list[dict[str, Any]]:
    return _objects(_of_type(components, "BUTTONS").get("buttons"))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
