"""The body of a template in Meta's format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import limits
from .checks import identifier, mapping, refuse, several, words
from .interactive import File
from .media import header as file_header
from .message import message
from .recipients import is_bsuid
from .simple import place

#: Texts by position or by name. A dict as a value is a whole parameter ("currency", …).
Values = Sequence[str | int | Mapping[str, Any]] | Mapping[str, str | int | Mapping[str, Any]]

_FIELD = "template.components"


def template(
    to: str,
    name: str,
    language: str,
    *,
    body: Values | None = None,
    header_text: str | int | Mapping[str, str | int] | None = None,
    header_image: File | None = None,
    header_video: File | None = None,
    header_document: File | None = None,
    header_location: Mapping[str, Any] | None = None,
    buttons: Sequence[Mapping[str, str] | None] | None = None,
    components: Sequence[Mapping[str, Any]] | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """An approved template, with what goes into its places.

    Args:
        language: as it was approved ("en", "pt_BR").
        body: ``["Ana", 3]``, or ``{"name": "Ana"}`` where the template names its places.
        header_text: the one place of the header: a text, or a dict of its name and text.
        header_image: link, or ``{"id": "…"}``; the same for video and document.
        header_location: ``latitude``, ``longitude``, ``name`` and ``address``.
        buttons: one per button of the template, in its order; None for one that takes nothing:
            ``{"url": "end of the address"}``, ``{"quick_reply": "what comes back"}``,
            ``{"copy_code": "SAVE20"}``, ``{"otp": "123456"}`` (the body wants the code too).
        components: more of them as Meta writes them (carousel, limited-time offer, …).

    https://apidocs.chakrahq.com/api-26944128
    https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
    """
    found: list[dict[str, Any]] = []
    files = {"image": header_image, "video": header_video, "document": header_document}
    header = _header(header_text, files, header_location)
    if header is not None:
        found.append({"type": "header", "parameters": [header]})
    if _some(body):
        alone = header is None and not _some(buttons) and not _some(components)
        most = limits.TEMPLATE_BODY_ALONE if alone else limits.TEMPLATE_BODY
        field = f"{_FIELD}[{len(found)}].parameters"
        found.append({"type": "body", "parameters": _values(body, field, most)})
    if _some(buttons):
        found += _buttons(buttons, len(found), to)
    if _some(components):
        for one in several(components, _FIELD):
            found.append(mapping(one, f"{_FIELD}[{len(found)}]"))
    content = {"name": _name(name), "language": _language(language)}
    return message(
        "template", {**content, "components": found} if found else content, to=to, **rest
    )


def _some(value: Any) -> bool:
    """Whether anything was given: an empty list or dict is nothing, an empty text a mistake."""
    return value is not None and not (isinstance(value, list | tuple | Mapping) and not value)


def _name(value: Any) -> str:
    name = words(value, "template.name", limits.TEMPLATE_NAME)
    if not limits.TEMPLATE_NAME_PATTERN.fullmatch(name):
        refuse("template.name", "has small letters a to z, digits and underscores only")
    return name


def _language(value: Any) -> dict[str, str]:
    code = words(value, "template.language.code")
    if not limits.LANGUAGE_PATTERN.fullmatch(code):
        refuse("template.language.code", "has to be like en, pt_BR or fil")
    return {"policy": "deterministic", "code": code}


def _header(text: Any, files: Mapping[str, Any], location: Any) -> dict[str, Any] | None:
    kinds = {"text": text, **files, "location": location}
    given = [(kind, value) for kind, value in kinds.items() if value is not None]
    if not given:
        return None
    field = f"{_FIELD}[0].parameters"
    if len(given) > 1:
        refuse(field, f"at most one header, {len(given)} given")
    ((kind, value),) = given
    if kind == "text":
        values = value if isinstance(value, Mapping) else [value]
        if len(values) != 1:
            refuse(field, f"a header has one place, {len(values)} given")
        return _values(values, field, limits.HEADER)[0]
    field = f"{field}[0].{kind}"
    if kind == "location":
        spot = mapping(value, field)
        latitude, longitude = spot.get("latitude"), spot.get("longitude")
        found = place(latitude, longitude, spot.get("name"), spot.get("address"), field)
        return {"type": kind, kind: found}
    return {"type": kind, kind: file_header(kind, value, field)}


def _values(values: Any, field: str, most: int) -> list[dict[str, Any]]:
    if isinstance(values, Mapping):
        named: list[tuple[Any, Any]] = list(values.items())
        several(named, field)
    else:
        named = [(None, value) for value in several(values, field)]
    return [
        _parameter(name, value, f"{field}[{at}]", most) for at, (name, value) in enumerate(named)
    ]


def _parameter(name: Any, value: Any, field: str, most: int) -> dict[str, Any]:
    named = {} if name is None else {"parameter_name": words(name, f"{field}.parameter_name")}
    if isinstance(value, Mapping):
        words(value.get("type"), f"{field}.type")
        return {**value, **named}
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**18:
            refuse(f"{field}.text", "a number of more than 18 digits")
        value = format(value, "d")
    text = words(value, f"{field}.text", most)
    if limits.TEMPLATE_BREAKS.search(text):
        refuse(f"{field}.text", "must not hold line breaks, tabs or more than four spaces in a row")
    return {"type": "text", **named, "text": text}


def _buttons(buttons: Any, first: int, to: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for at, button in enumerate(several(buttons, _FIELD, limits.TEMPLATE_BUTTONS)):
        if button is None:
            continue
        field = f"{_FIELD}[{first + len(found)}]"
        given = mapping(button, field)
        if len(given) != 1 or not given.keys() <= {"url", "quick_reply", "copy_code", "otp"}:
            refuse(field, "needs one of url, quick_reply, copy_code, otp")
        ((kind, value),) = given.items()
        if kind == "otp" and is_bsuid(to):
            refuse("to", "one-time passwords go to phone numbers only (Meta's error 131062)")
        sub_type, parameter = _tapped(kind, value, f"{field}.parameters[0]")
        found.append(
            {"type": "button", "sub_type": sub_type, "index": str(at), "parameters": [parameter]}
        )
    return found


def _tapped(kind: str, value: Any, field: str) -> tuple[str, dict[str, str]]:
    """The platform's kind of a button, and its parameter."""
    if kind == "quick_reply":
        return kind, {"type": "payload", "payload": words(value, f"{field}.payload")}
    if kind == "copy_code":
        code = identifier(value, f"{field}.coupon_code", limits.COUPON_CODE)
        return kind, {"type": "coupon_code", "coupon_code": code}
    most = limits.OTP if kind == "otp" else limits.TEMPLATE_URL
    # A one-time password is sent as the end of a url, whatever the button does with it.
    return "url", {"type": "text", "text": identifier(value, f"{field}.text", most)}
