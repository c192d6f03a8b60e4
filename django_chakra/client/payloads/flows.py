"""The body of a message that opens a flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import limits
from .checks import identifier, mapping, refuse, words
from .interactive import File, header_of, interactive
from .message import message

_FIELD = "interactive.action.parameters"


def flow(
    to: str,
    body: str,
    cta: str,
    *,
    flow_id: str | None = None,
    flow_name: str | None = None,
    token: str | None = None,
    action: str | None = None,
    screen: str | None = None,
    data: Mapping[str, Any] | None = None,
    draft: bool = False,
    header_text: str | None = None,
    header_image: File | None = None,
    header_video: File | None = None,
    header_document: File | None = None,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A text with a button that opens a flow. As Meta documents it, unverified with Chakra.

    Args:
        cta: on the button, up to 30 characters, no emoji.
        flow_id: or ``flow_name``.
        token: comes back with the answers.
        action: "navigate" (the platform's default), or "data_exchange" to ask your endpoint.
        screen: the first one to show, and ``data`` for it; with "navigate" only.
        draft: send a flow that is not published, for tests.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-flow-messages
    """
    header = header_of(header_text, header_image, header_video, header_document)
    parameters: dict[str, Any] = {
        "flow_message_version": limits.FLOW_MESSAGE_VERSION,
        **_which(flow_id, flow_name),
        "flow_cta": words(cta, f"{_FIELD}.flow_cta", limits.FLOW_CTA),
    }
    if token is not None:
        parameters["flow_token"] = words(token, f"{_FIELD}.flow_token")
    if draft:
        parameters["mode"] = "draft"
    parameters |= _start(action, screen, data)
    content = interactive(
        "flow", {"name": "flow", "parameters": parameters}, body, header=header, footer=footer
    )
    return message("interactive", content, to=to, **rest)


def _which(flow_id: Any, flow_name: Any) -> dict[str, str]:
    if (flow_id is None) == (flow_name is None):
        refuse(_FIELD, "needs either flow_id or flow_name")
    if flow_id is not None:
        return {"flow_id": identifier(flow_id, f"{_FIELD}.flow_id")}
    return {"flow_name": words(flow_name, f"{_FIELD}.flow_name")}


def _start(action: Any, screen: Any, data: Any) -> dict[str, Any]:
    """What happens on the tap: a screen is shown, with data, or the endpoint is asked."""
    if action not in (None, "navigate", "data_exchange"):
        refuse(f"{_FIELD}.flow_action", "has to be navigate or data_exchange")
    found: dict[str, Any] = {} if action is None else {"flow_action": action}
    field = f"{_FIELD}.flow_action_payload"
    payload: dict[str, Any] = {}
    if screen is not None:
        payload["screen"] = words(screen, f"{field}.screen")
    if data is not None:
        payload["data"] = mapping(data, f"{field}.data")
        if not payload["data"]:
            refuse(f"{field}.data", "must not be empty")
    if payload and action == "data_exchange":
        refuse(field, "is for navigate only")
    return {**found, "flow_action_payload": payload} if payload else found
