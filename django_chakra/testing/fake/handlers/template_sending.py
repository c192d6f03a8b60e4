"""Templates by Chakra's own call, to a phone number or for a process."""

from __future__ import annotations

from typing import Any

from ..handling import Call, handles
from ..replies import data, missing, refuse
from ..state import Process, Template
from ..taking import keep, shown
from ..wire import Reply
from .processes import by_key_or_id
from .sending import DIGITS
from .variables import filled, find, refuse_count, variables


@handles("template_messages.send")
def send(call: Call) -> Reply:
    """To a phone number."""
    return _sent(call, call.places["to"], None)


@handles("template_messages.send_for_process")
def send_for_process(call: Call) -> Reply:
    """To the phone number of a process."""
    process = by_key_or_id(call, call.places["process"])
    return _sent(call, str(process.data.get("phone_number", "")), process)


def _sent(call: Call, to: str, process: Process | None) -> Reply:
    body, state = call.body, call.state
    if not DIGITS.fullmatch(to):
        refuse(400, "The phone number is digits, with the country code")
    number = body["whatsappPhoneNumberId"]
    if number not in state.numbers:
        missing("WhatsApp phone number", number)
    template = find(state, body["templateName"], body.get("language", ""))
    message = keep(
        call.fake,
        customer=to,
        kind="template",
        body=_as_meta(template, body),
        at=call.now,
        phone_number_id=number,
        text=filled(template, _mapping(template, "BODY", body.get("mapping", []))),
        template_id=template.id,
        process_id=process.id if process else "",
    )
    _mapping(template, "HEADER", body.get("headerMapping", []))
    call.taken = message
    return data(shown(call.fake, message))


def _mapping(template: Template, kind: str, given: list[dict[str, Any]]) -> dict[str, str]:
    """The values by name. What a header gets too much is let through: nothing says otherwise."""
    names = variables(template, kind)
    values = {one["schemaPropertyName"]: str(one["schemaPropertyValue"]) for one in given}
    too_many = kind == "BODY" and len(values) > len(names)
    if too_many or any(name not in values for name in names):
        refuse_count(template, kind, len(names), len(values))
    return values


def _as_meta(template: Template, body: dict[str, Any]) -> dict[str, Any]:
    """What Meta's format has for it."""
    values = _mapping(template, "BODY", body.get("mapping", []))
    parameters = [{"type": "text", "text": text} for text in values.values()]
    components = [{"type": "body", "parameters": parameters}] if parameters else []
    return {
        "name": template.name,
        "language": {"code": template.language},
        "components": components,
    }
