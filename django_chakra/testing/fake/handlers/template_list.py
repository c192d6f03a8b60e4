"""Message templates: made, listed, changed, deleted. Reviews are the scripts' work."""

from __future__ import annotations

from typing import Any, NoReturn

from ....client.payloads import limits
from .. import paging
from ..handling import Call, handles
from ..replies import raw, refuse_as_meta, sample
from ..state import Template
from ..wire import Reply

CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
FORMATS = ("NAMED", "POSITIONAL")
#: What may be asked for by ``fields``.
FIELDS = frozenset(
    {
        "id", "name", "language", "status", "category", "components", "parameter_format",
        "quality_score", "rejected_reason",
    }
)  # fmt: skip
#: What is listed where nobody asks for fields.
USUAL = FIELDS - {"parameter_format", "quality_score"}
#: Components that may be handed in.
TYPES = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"})
#: Characters of their texts; https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
LONGEST = {"HEADER": 60, "BODY": 1024, "FOOTER": 60}


@handles("message_templates.create")
def create(call: Call) -> Reply:
    """A template to be reviewed."""
    body = call.body
    name, language = body["name"], body["language"]
    _check(body)
    waba = call.places["waba_id"]
    if any(_waba(call, one) == waba for one in call.state.template(name, language)):
        title = "Content in this language already exists"
        refuse_as_meta(100, title, f"{name} is there in {language}", subcode=2388024)
    template = Template(
        id=call.fake.ids.digits("7"),
        name=name,
        language=language,
        category=body["category"],
        components=body["components"],
        parameter_format=body.get("parameter_format", "POSITIONAL"),
        waba_id=waba,
    )
    call.state.templates[template.id] = template
    made: dict[str, Any] = sample("message_templates.create")
    return raw(
        {**made, "id": template.id, "status": template.status, "category": template.category}
    )


@handles("message_templates.list")
def list_(call: Call) -> Reply:
    """The account's, or those of one status; of each the usual fields, or those that are named."""
    status, fields = call.query.get("status"), call.query.get("fields")
    wanted = {"id", *fields.split(",")} if fields else USUAL
    for name in sorted(wanted - FIELDS):
        refuse_as_meta(100, f"Tried accessing nonexisting field ({name})")
    listed = [
        {key: value for key, value in _shown(one).items() if key in wanted}
        for one in call.state.templates.values()
        if status in (None, one.status) and _waba(call, one) == call.places["waba_id"]
    ]
    return raw(paging.by_cursor(call, listed))


@handles("message_templates.update")
def update(call: Call) -> Reply:
    """Other components or another category, to be reviewed again."""
    template = call.state.templates.get(call.places["template_id"])
    if template is None:
        _refuse_unknown(call.places["template_id"])
    _check(call.body)
    category = call.body.get("category", template.category)
    if template.status == "APPROVED" and category != template.category:
        refuse_as_meta(100, "Invalid parameter", "the category of an approved template stays")
    template.components = call.body.get("components", template.components)
    template.category = category
    template.status, template.rejected_reason = "PENDING", ""
    return raw(sample("message_templates.update"))


@handles("message_templates.delete")
def delete(call: Call) -> Reply:
    """One by its id, or all languages of a name."""
    id = call.query.get("hsm_id")
    found = [one for one in call.state.template(call.query["name"]) if id in (None, one.id)]
    if not found:
        _refuse_unknown(id or call.query["name"])
    for one in found:
        del call.state.templates[one.id]
    return raw(sample("message_templates.update"))


def _check(body: dict[str, Any]) -> None:
    name = body.get("name", "x")
    if not limits.TEMPLATE_NAME_PATTERN.fullmatch(name) or len(name) > limits.TEMPLATE_NAME:
        refuse_as_meta(100, "Invalid parameter", "name is lower-case letters, digits and _")
    if not limits.LANGUAGE_PATTERN.fullmatch(body.get("language", "en")):
        refuse_as_meta(100, "Invalid parameter", "language is a code (en, pt_BR)")
    if body.get("category", CATEGORIES[0]) not in CATEGORIES:
        refuse_as_meta(100, "Invalid parameter", f"category is one of {', '.join(CATEGORIES)}")
    if body.get("parameter_format", FORMATS[0]) not in FORMATS:
        refuse_as_meta(100, "Invalid parameter", f"parameter_format is {' or '.join(FORMATS)}")
    for component in body.get("components", []):
        _check_component(component)


def _check_component(component: dict[str, Any]) -> None:
    type = str(component.get("type", "")).upper()
    if type not in TYPES:
        refuse_as_meta(100, "Invalid parameter", f"type is one of {', '.join(sorted(TYPES))}")
    if len(str(component.get("text", ""))) > LONGEST.get(type, 0) > 0:
        refuse_as_meta(100, "Invalid parameter", f"{type} has at most {LONGEST[type]} characters")


def _waba(call: Call, template: Template) -> str:
    return template.waba_id or call.fake.waba_id


def _refuse_unknown(id: str) -> NoReturn:
    refuse_as_meta(100, "Unsupported request", f"{id} does not exist", subcode=33)


def _shown(template: Template) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "components": template.components,
        "parameter_format": template.parameter_format,
        "quality_score": {"score": template.quality},
    }
    if template.rejected_reason:
        document["rejected_reason"] = template.rejected_reason
    return document
