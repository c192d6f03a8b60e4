"""Bodies of messages to tap on: buttons, a list, a link, a request for the location.

Headers are a text of up to 60 characters, or a file: its https link, or ``{"id": "…"}``. Only
buttons are seen in use with Chakra; an older plugin may refuse other kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import limits
from .checks import address, different, identifier, mapping, refuse, several, words
from .media import header as file_header
from .message import message

#: A header's file: its link, or ``{"link": "…"}``, or ``{"id": "…"}``.
File = str | Mapping[str, str]


def buttons(
    to: str,
    body: str,
    buttons: Sequence[Mapping[str, str]],
    *,
    header_text: str | None = None,
    header_image: File | None = None,
    header_video: File | None = None,
    header_document: File | None = None,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A text with one to three buttons: ``{"id": "yes", "title": "Yes"}``; the id comes back.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages
    """
    header = header_of(header_text, header_image, header_video, header_document)
    field = "interactive.action.buttons"
    replies = [
        _button(button, f"{field}[{at}].reply")
        for at, button in enumerate(several(buttons, field, limits.BUTTONS))
    ]
    for key in ("id", "title"):
        each = [(f"{field}[{at}].reply.{key}", reply[key]) for at, reply in enumerate(replies)]
        different(each, key)
    action = {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
    content = interactive("button", action, body, header=header, footer=footer)
    return message("interactive", content, to=to, **rest)


def list_message(
    to: str,
    body: str,
    button: str,
    sections: Sequence[Mapping[str, Any]],
    *,
    header_text: str | None = None,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A text with a button that opens up to ten rows, in sections.

    ``sections`` is ``[{"title": "…", "rows": [{"id": "…", "title": "…", "description": "…"}]}]``;
    a single section needs no title, a row no description.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-list-messages
    """
    field = "interactive.action.sections"
    checked = sections_of(sections, limits.SECTIONS, "rows", limits.ROWS, _row)
    ids = [
        (f"{field}[{at}].rows[{row_at}].id", row["id"])
        for at, section in enumerate(checked)
        for row_at, row in enumerate(section["rows"])
    ]
    different(ids, "id")
    label = words(button, "interactive.action.button", limits.LIST_BUTTON)
    action = {"button": label, "sections": checked}
    content = interactive(
        "list", action, body, header=header_of(header_text), footer=footer, most=limits.LIST_BODY
    )
    return message("interactive", content, to=to, **rest)


def cta_url(
    to: str,
    body: str,
    display_text: str,
    url: str,
    *,
    header_text: str | None = None,
    header_image: File | None = None,
    header_video: File | None = None,
    header_document: File | None = None,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A text with a button that opens a web page.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-cta-url-messages
    """
    header = header_of(header_text, header_image, header_video, header_document)
    field = "interactive.action.parameters"
    parameters = {
        "display_text": words(display_text, f"{field}.display_text", limits.CTA_TEXT),
        "url": address(url, f"{field}.url", ("https", "http")),
    }
    action = {"name": "cta_url", "parameters": parameters}
    content = interactive("cta_url", action, body, header=header, footer=footer)
    return message("interactive", content, to=to, **rest)


def location_request(to: str, body: str, **rest: Any) -> dict[str, Any]:
    """A text with a button by which the customer sends the own location.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/location-request-messages
    """
    content = interactive("location_request_message", {"name": "send_location"}, body)
    return message("interactive", content, to=to, **rest)


def interactive(
    kind: str,
    action: Mapping[str, Any],
    body: Any,
    *,
    header: Mapping[str, Any] | None = None,
    footer: Any = None,
    most: int = limits.INTERACTIVE_BODY,
) -> dict[str, Any]:
    """What all messages to tap on have; ``body`` may be missing where it is None."""
    content: dict[str, Any] = {"type": kind}
    if header is not None:
        content["header"] = header
    if body is not None or kind != "product":
        content["body"] = {"text": words(body, "interactive.body.text", most)}
    if footer is not None:
        content["footer"] = {"text": words(footer, "interactive.footer.text", limits.FOOTER)}
    return {**content, "action": action}


def header_of(
    text: Any = None, image: Any = None, video: Any = None, document: Any = None
) -> dict[str, Any] | None:
    """The header, of which there is at most one."""
    kinds = {"text": text, "image": image, "video": video, "document": document}
    given = [(kind, value) for kind, value in kinds.items() if value is not None]
    if not given:
        return None
    field = "interactive.header"
    if len(given) > 1:
        refuse(field, f"at most one, {len(given)} given")
    ((kind, value),) = given
    if kind == "text":
        return {"type": "text", "text": words(value, f"{field}.text", limits.HEADER)}
    return {"type": kind, kind: file_header(kind, value, f"{field}.{kind}")}


def sections_of(
    sections: Any, most_sections: int, key: str, most: int, entry: Callable[[Any, str], Any]
) -> list[dict[str, Any]]:
    """Sections with their entries checked; more than one need titles."""
    field = "interactive.action.sections"
    given = several(sections, field, most_sections)
    found = []
    for at, section in enumerate(given):
        here = f"{field}[{at}]"
        checked = mapping(section, here)
        if checked.get("title") is not None or len(given) > 1:
            words(checked.get("title"), f"{here}.title", limits.SECTION_TITLE)
        entries = several(checked.get(key), f"{here}.{key}")
        checked[key] = [entry(one, f"{here}.{key}[{n}]") for n, one in enumerate(entries)]
        found.append(checked)
    total = sum(len(section[key]) for section in found)
    if total > most:
        refuse(field, f"at most {most} {key} in all sections, {total} given")
    return found


def _button(button: Any, field: str) -> dict[str, Any]:
    reply = mapping(button, field)
    identifier(reply.get("id"), f"{field}.id", limits.BUTTON_ID)
    words(reply.get("title"), f"{field}.title", limits.BUTTON_TITLE)
    return reply


def _row(row: Any, field: str) -> dict[str, Any]:
    found = mapping(row, field)
    identifier(found.get("id"), f"{field}.id", limits.ROW_ID)
    words(found.get("title"), f"{field}.title", limits.ROW_TITLE)
    if found.get("description") is not None:
        words(found["description"], f"{field}.description", limits.ROW_DESCRIPTION)
    return found
