"""Calls by voice: settings, permissions, and what is done with a call. Bodies are Meta's."""

from __future__ import annotations

from typing import Any

from ..handling import Call, handles, merged
from ..replies import raw, refuse_as_meta, sample
from ..wire import Reply

#: What each action needs: the type of its session, "" for none.
ACTIONS = {
    "connect": "offer",
    "pre_accept": "answer",
    "accept": "answer",
    "reject": "",
    "terminate": "",
}


@handles("calling.settings")
def settings(call: Call) -> Reply:
    """Of a number."""
    return raw({"calling": call.state.calls_settings.get(call.places["phone_number_id"], {})})


@handles("calling.update_settings")
def update_settings(call: Call) -> Reply:
    """Change them; what is not named stays."""
    before = call.state.calls_settings.get(call.places["phone_number_id"], {})
    after = merged(before, call.body["calling"])
    call.state.calls_settings[call.places["phone_number_id"]] = after
    return raw(sample("calling.update_settings"))


@handles("calling.permissions")
def permissions(call: Call) -> Reply:
    """Everybody may be called for a week."""
    if not call.query.keys() & {"user_wa_id", "recipient"}:
        refuse_as_meta(100, "Invalid parameter", "user_wa_id or recipient is required")
    document: dict[str, Any] = sample("calling.permissions")
    document["permission"]["expiration_time"] = int(call.now) + 7 * 86400
    return raw(document)


@handles("calling.connect")
def act(call: Call) -> Reply:
    """Begin a call, or do something with one."""
    body = call.body
    action = body["action"]
    if action not in ACTIONS:
        refuse_as_meta(100, "Invalid parameter", f"action is one of {', '.join(ACTIONS)}")
    needed = ACTIONS[action]
    if needed and body.get("session", {}).get("sdp_type") != needed:
        refuse_as_meta(100, "Invalid parameter", f"{action} needs a session with an {needed}")
    done: dict[str, Any] = sample("calling.connect")
    if action != "connect":
        if "call_id" not in body:
            refuse_as_meta(100, "Invalid parameter", f"{action} needs a call_id")
        return raw({key: done[key] for key in ("messaging_product", "success")})
    if not body.keys() & {"to", "recipient"}:
        refuse_as_meta(100, "Invalid parameter", "connect needs to or recipient")
    id = f"wacid.FAKE-{call.fake.seed}-{call.fake.ids.number():08d}"
    call.state.calls[id] = body
    return raw({**done, "calls": [{"id": id}]})
