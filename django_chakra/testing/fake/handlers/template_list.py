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


@handles("message_templates.create")
def create(call: Call) -> Reply:
    """A template to be reviewed."""
    body = call.body
    name, language = body["name"], body["language"]
    _check(body)
    if call.state.template(name, language):
        title = "Content in this language already exists"
        refuse_as_meta(100, title, f"{name} is there in {language}", subcode=2388024)
    template = Template(
        id=call.fake.ids.digits("7"),
        name=name,
        language=language,
        category=body["category"],
        components=body["components"],
        parameter_format=body.get("parameter_format", "POSITIONAL"),
    )
    call.state.templates[template.id] = template
    made: dict[str, Any] = sample("message_templates.create")
    return raw(
        {**made, "id": template.id, "status": template.status, "category": template.category}
    )


@handles("message_templates.list")
def list_(call: Call) -> Reply:
    """The templates, or those of one status; of each all fields or the ones that are named."""
    status, fields = call.query.get("status"), call.query.get("fields")
    wanted = {"id", *fields.split(",")} if fields else None
    listed = [
        {key: value for key, value in _shown(one).items() if wanted is None or key in wanted}
        for one in call.state.templates.values()
        if status is None or one.status == status
    ]
    return raw(paging.by_cursor(call, listed))


@handles("message_templates.update")
def update(call: Call) -> Reply:
    """Other components or another category, to be reviewed again."""
    template = call.state.templates.get(call.places["template_id"])
    if template is None:
        _refuse_unknown(call.places["template_id"])
    _check(call.body)
    template.components = call.body.get("components", template.components)
    template.category = call.body.get("category", template.category)
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
    }
    if template.rejected_reason:
        document["rejected_reason"] = template.rejected_reason
    return document
