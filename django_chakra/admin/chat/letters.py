"""What we send with header, body, footer and buttons: templates, and messages to tap on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ...client.payloads.fitting import Preview, preview
from ...events import storable_text
from ...events.base import mapping
from ...record.templates import shape
from .files import header
from .parts import Letter, Section
from .said import Said, objects

#: Under which a message keeps the arguments of Chakra's own endpoint.
MAPPED = "chakra_template"


def template(said: Said) -> Letter:
    """A template with its values, as the customer reads it; its name where we don't know it."""
    part = mapping(said.part)
    language = said.words(mapping(part.get("language")), "code")
    name = " · ".join(filter(None, (said.words(part, "name"), language)))
    label = _("Template")
    if said.template is None:
        # The name stands there already; the values follow it.
        body = said.text.partition("\n")[2] or "\n".join(_mapped_values(said))
        return Letter(label, name, file=header(said), body=body)
    shown = preview(shape(said.template), part if MAPPED not in said.item else _mapped(said))
    return _letter(said, shown, label=label, name=name)


def tapped(said: Said) -> Letter:
    """Buttons, a list, a link, products, a form, a request: what it says, and what it offers."""
    part = mapping(said.part)
    top, action = mapping(part.get("header")), mapping(part.get("action"))
    return Letter(
        header=said.words(top, "text"),
        file=header(said),
        body=said.text or said.words(mapping(part.get("body")), "text"),
        footer=said.words(mapping(part.get("footer")), "text"),
        buttons=tuple(_buttons(said, storable_text(part.get("type")), action)),
        sections=tuple(_section(said, one) for one in objects(action.get("sections"))),
    )


def _letter(said: Said, shown: Preview, *, label: str = "", name: str = "") -> Letter:
    words = said.names.words
    return Letter(
        label, name,
        header=words(shown.header),
        file=header(said) if label else None,
        body=words(shown.body),
        footer=words(shown.footer),
        buttons=tuple(map(words, shown.buttons)),
        cards=tuple(_letter(said, card) for card in shown.cards),
    )  # fmt: skip


def _mapped(said: Said) -> dict[str, Any]:
    """Chakra's own arguments as Meta's components, for the preview."""
    given = mapping(said.item.get(MAPPED))
    parts = {part: given.get(part) for part in ("header", "body")}
    return {
        "components": [
            {"type": part, "parameters": list(_parameters(values))}
            for part, values in parts.items()
        ]
    }


def _parameters(values: Any) -> Iterator[dict[str, str]]:
    if isinstance(values, dict):
        for name, value in values.items():
            yield {"type": "text", "parameter_name": name, "text": storable_text(value)}
    for value in values if isinstance(values, list) else ():
        yield {"type": "text", "text": storable_text(value)}


def _mapped_values(said: Said) -> Iterator[str]:
    for component in _mapped(said)["components"]:
        yield from (said.names.words(one["text"]) for one in component["parameters"])


def _buttons(said: Said, kind: str, action: Mapping[str, Any]) -> Iterator[str]:
    for button in objects(action.get("buttons")):
        yield said.words(mapping(button.get("reply")), "title", "id")
    parameters = mapping(action.get("parameters"))
    if label := said.words(action, "button") or said.words(parameters, "display_text", "flow_cta"):
        url = said.words(parameters, "url")
        yield f"{label} ({url})" if url else label
    named = {
        "location_request_message": _("Send location"),
        "product": said.words(action, "product_retailer_id"),
        "catalog_message": _("View catalog"),
        "call_permission_request": _("Choose preference"),
    }
    if kind in named:
        yield named[kind]


def _section(said: Said, section: Mapping[str, Any]) -> Section:
    rows = [
        (said.words(row, "title", "product_retailer_id"), said.words(row, "description"))
        for key in ("rows", "product_items")
        for row in objects(section.get(key))
    ]
    return Section(said.words(section, "title"), tuple(rows))
