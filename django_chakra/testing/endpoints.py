"""Every endpoint of the platform as data: what it takes, and which sample it answers with.

A *shape* says what a body is: a type, a list ``[shape]``, or a dict from key to shape; a key that
ends with "?" may be missing, and ``"*"`` stands for any other key. A tuple holds alternatives.
"""

# ruff: noqa: E501  an endpoint is one line, as in a table
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NUMBER = int | float
OBJECT: dict[str, Any] = {"*": object}

_PLUGIN = "/v1/ext/plugin/whatsapp/{plugin_id}"
_META = "/v1/ext/plugin/whatsapp/api/{api_version}"
_CALLING = "/v1/whatsapp/{api_version}/{phone_number_id}"
_PROCESS = "/v1/ext/procedure/{procedure}/process"
_GROUP = _PLUGIN + "/api/{api_version}/{group_id}"
#: Where the fake has what no documentation places.
_UNKNOWN = "/v1/unverified"


@dataclass(frozen=True)
class Endpoint:
    """One method and path of the platform."""

    #: The call of ours that stands for it, and under which its path can be set.
    name: str
    method: str
    path: str
    #: Shape of a body of JSON; None takes no body.
    body: Any = None
    #: Fields of a multipart form.
    form: dict[str, Any] | None = None
    query: dict[str, Any] = field(default_factory=dict)
    #: Name of the sample, where it is another endpoint's.
    answer: str = ""
    #: Type of what it answers with where that is no JSON.
    mime_type: str = ""
    #: Whether method and path are known; else the path is a guess, or made up.
    known: bool = True

    @property
    def sample(self) -> str:
        """The name of what it answers with."""
        return self.answer or self.name

    def takes(self, method: str, path: str) -> bool:
        """Whether a request is for this endpoint; ``path`` is as it was sent."""
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


_MAPPING = [{"schemaPropertyName": str, "schemaPropertyValue": object}]
_TEMPLATE_MESSAGE = {
    "whatsappPhoneNumberId": str, "templateName": str, "language?": str, "otpCode?": str,
    "mapping?": _MAPPING, "headerMapping?": _MAPPING, "buttonMapping?": _MAPPING,
    "imageUrl?": str, "videoUrl?": str, "documentUrl?": str, "filename?": str,
    "locationLatitude?": NUMBER, "locationLongitude?": NUMBER,
    "locationName?": str, "locationAddress?": str,
}  # fmt: skip
#: What each type of message needs at least.
_CONTENTS: dict[str, Any] = {
    "text": {"body": str, "preview_url?": bool},
    "image": {"link?": str, "id?": str, "caption?": str},
    "video": {"link?": str, "id?": str, "caption?": str},
    "document": {"link?": str, "id?": str, "caption?": str, "filename?": str},
    "audio": {"link?": str, "id?": str, "voice?": bool},
    "sticker": {"link?": str, "id?": str},
    "interactive": {"type": str, "action": OBJECT, "*": object},
    "template": {"name": str, "language": {"code": str, "policy?": str}, "components?": [OBJECT]},
    "location": {"latitude": NUMBER, "longitude": NUMBER, "name?": str, "address?": str},
    "contacts": [OBJECT],
    "reaction": {"message_id": str, "emoji": str},
}
_MESSAGES = (
    *(
        {
            "messaging_product": "whatsapp", "recipient_type?": str, whom: str, "type": kind,
            "context?": {"message_id": str}, "biz_opaque_callback_data?": str, kind: content,
        }
        for whom in ("to", "recipient")
        for kind, content in _CONTENTS.items()
    ),
    {
        "messaging_product": "whatsapp", "status": "read", "message_id": str,
        "typing_indicator?": {"type": "text"},
    },
)  # fmt: skip
_PROCESS_BODY = {
    "data?": OBJECT, "record?": {"data": OBJECT}, "status?": str, "state?": str,
    "nextActionAt?": int, "assignedTo?": str,
}  # fmt: skip
_PROCESS_CHANGE = {"data?": OBJECT, "status?": str, "state?": str, "nextActionAt?": int}
_CALLS = {
    "messaging_product": "whatsapp", "action": str, "call_id?": str, "to?": str, "recipient?": str,
    "session?": {"sdp_type": str, "sdp": str}, "biz_opaque_callback_data?": str,
    "recording?": OBJECT, "transcription?": OBJECT,
}  # fmt: skip
_PAGE = {"limit?": int, "page?": int}
_GROUP_BODY = {"messaging_product": "whatsapp"}

MESSAGING = (
    Endpoint("template_messages.send", "POST", f"{_PLUGIN}/phoneNumber/{{to}}/send-template-message", _TEMPLATE_MESSAGE),
    Endpoint("template_messages.send_for_process", "POST", f"{_PLUGIN}/process/{{procedure}}/{{process}}/send-template-message", _TEMPLATE_MESSAGE, answer="template_messages.send"),
    Endpoint("session_messages.send", "POST", f"{_PLUGIN}/api/{{api_version}}/{{phone_number_id}}/messages", _MESSAGES),
    Endpoint("message_templates.create", "POST", f"{_META}/{{waba_id}}/message_templates", {"name": str, "language": str, "category": str, "components": [OBJECT], "parameter_format?": str}),
    Endpoint("message_templates.list", "GET", f"{_META}/{{waba_id}}/message_templates", query={"limit?": int, "after?": str, "fields?": str, "status?": str}),
    Endpoint("message_templates.update", "POST", f"{_META}/{{template_id}}", {"components?": [OBJECT], "category?": str}),
    Endpoint("message_templates.delete", "DELETE", f"{_META}/{{waba_id}}/message_templates", query={"name": str, "hsm_id?": str}, answer="message_templates.update"),
    Endpoint("flows_key.set", "POST", f"{_UNKNOWN}/{{phone_number_id}}/key", {"business_public_key": str}, known=False),
    Endpoint("flows_key.get", "GET", f"{_PLUGIN}/api/{{api_version}}/{{phone_number_id}}/whatsapp_business_encryption", known=False),
    Endpoint("chats.list", "POST", "/v1/ext/chat", {**_PAGE, "orderField?": str, "orderDirection?": str, "search?": str}),
    Endpoint("chats.messages", "POST", "/v1/ext/chat/{chat_id}/message", _PAGE),
    Endpoint("chats.previous_messages", "POST", "/v1/ext/plugin/whatsapp/list-chat-messages-for-phone-number", {"customerPhoneNumber": str, **_PAGE}, answer="chats.messages"),
    Endpoint("campaigns.add_phone_number", "POST", f"{_UNKNOWN}/campaign/{{campaign_id}}/{{phone_number}}", OBJECT, known=False),
    Endpoint("campaigns.remove_phone_number", "DELETE", f"{_UNKNOWN}/campaign/{{campaign_id}}/{{phone_number}}", (OBJECT, type(None)), known=False, answer="campaigns.add_phone_number"),
)  # fmt: skip

MEDIA = (
    Endpoint("media.upload_public", "POST", f"{_PLUGIN}/upload-public-media", form={"file": bytes, "filename?": str}),
    Endpoint("media.fetch", "GET", "/v1/whatsapp/{api_version}/media/{media_id}"),
    Endpoint("media.show", "GET", "/v2/whatsapp/{api_version}/media/{media_id}/show", mime_type="image/jpeg"),
    Endpoint("media.attachments", "GET", "/v2/whatsapp/{api_version}/media/whatsapp_business/attachments", query={"mid": str}, mime_type="image/jpeg"),
)  # fmt: skip

GROUPS = (
    Endpoint("groups.create", "POST", f"{_UNKNOWN}/groups", {**_GROUP_BODY, "subject": str, "description?": str, "join_approval_mode?": str}, known=False),
    Endpoint("groups.list", "GET", f"{_PLUGIN}/api/{{api_version}}/{{phone_number_id}}/groups", query={"limit?": int, "after?": str}, known=False),
    Endpoint("groups.get", "GET", _GROUP, query={"fields?": str}, known=False),
    Endpoint("groups.update", "POST", f"{_UNKNOWN}/groups/{{group_id}}", {**_GROUP_BODY, "subject?": str, "description?": str}, known=False, answer="groups.delete"),
    Endpoint("groups.delete", "DELETE", f"{_UNKNOWN}/groups/{{group_id}}", known=False),
    Endpoint("groups.invite_link", "GET", f"{_GROUP}/invite_link", known=False),
    Endpoint("groups.reset_invite_link", "POST", f"{_UNKNOWN}/groups/{{group_id}}/invite_link", _GROUP_BODY, known=False, answer="groups.invite_link"),
    Endpoint("groups.join_requests", "GET", f"{_GROUP}/join_requests", known=False),
    Endpoint("groups.approve_join_requests", "POST", f"{_UNKNOWN}/groups/{{group_id}}/join_requests", {**_GROUP_BODY, "join_requests": [str]}, known=False),
    Endpoint("groups.reject_join_requests", "DELETE", f"{_UNKNOWN}/groups/{{group_id}}/join_requests", {**_GROUP_BODY, "join_requests": [str]}, known=False),
    Endpoint("groups.remove_participants", "DELETE", f"{_UNKNOWN}/groups/{{group_id}}/participants", {**_GROUP_BODY, "participants": [{"user": str}]}, known=False),
)  # fmt: skip

PLATFORM = (
    Endpoint("health.check", "GET", "/v1/health"),
    Endpoint("config.fetch", "GET", "/v1/ext/config"),
    Endpoint("leads.create", "POST", "/v1/ext/procedure/lead/process", {"data": OBJECT, "status?": str, "state?": str, "assignedTo?": str}, answer="processes.get"),
    Endpoint("leads.update_by_phone", "PUT", f"{_UNKNOWN}/lead/{{phone_number}}", {"data?": OBJECT}, known=False, answer="processes.get"),
    Endpoint("processes.get", "GET", f"{_PROCESS}/{{process_id}}"),
    Endpoint("processes.list", "POST", f"{_PROCESS}/list", {"where?": OBJECT, "skip?": int, "limit?": int}),
    Endpoint("processes.create", "POST", _PROCESS, _PROCESS_BODY, answer="processes.get"),
    Endpoint("processes.update", "PUT", f"{_PROCESS}/{{process_id}}", _PROCESS_CHANGE, answer="processes.get"),
    Endpoint("processes.update_by_key", "PUT", f"{_PROCESS}/{{key}}/{{value}}", _PROCESS_CHANGE, answer="processes.get"),
    Endpoint("processes.delete", "DELETE", f"{_PROCESS}/{{process_id}}", answer="processes.get"),
    Endpoint("processes.delete_by_key", "DELETE", f"{_PROCESS}/{{key}}/{{value}}", answer="processes.get"),
    Endpoint("processes.bulk_create", "POST", f"{_PROCESS}/bulk-create", [_PROCESS_BODY]),
    Endpoint("processes.bulk_update", "PATCH", _PROCESS, {"processes": [{"update": {"data?": OBJECT, "state?": str, "status?": str}, "*": str}]}, answer="processes.bulk_create"),
    Endpoint("tasks.create", "POST", "/v1/ext/p/{procedure}/{process}/task/{task}", {"data?": OBJECT, "status?": str, "assignedTo?": str}),
    Endpoint("users.list", "GET", "/v1/ext/users"),
    Endpoint("users.list_v2", "GET", "/v2/ext/users", answer="users.list"),
    Endpoint("users.get", "GET", "/v1/ext/user/{user_id}"),
    Endpoint("users.get_v2", "GET", "/v2/ext/user/{user_id}", answer="users.get"),
    Endpoint("users.update", "PUT", f"{_UNKNOWN}/user/{{user_id}}", OBJECT, known=False, answer="users.get"),
    Endpoint("photos.upload", "POST", "/v1/ext/photo", form={"photo": bytes}),
    Endpoint("photos.upload_with_id", "POST", "/v1/ext/photo/{photo_id}", form={"photo": bytes}, answer="photos.upload"),
    Endpoint("photos.get", "GET", "/v1/ext/photo/{photo_id}", known=False, answer="photos.upload"),
    Endpoint("background_jobs.get", "GET", "/v1/ext/background-job/{job_id}"),
    Endpoint("background_jobs.entries", "GET", "/v1/ext/background-job/{job_id}/entries", query={"after?": str}),
)  # fmt: skip

ACCOUNT = (
    Endpoint("partner.create_connect_token", "POST", "/v1/ext/whatsapp-partner/create-connect-token", ({"pluginId": str}, {"newPluginName": str, "clientReferenceId?": str, "clientName?": str, "clientEmail?": str})),
    Endpoint("partner.disconnect_waba", "POST", f"{_UNKNOWN}/waba/{{waba_id}}/disconnect", OBJECT, known=False),
    Endpoint("plugin_config.read", "GET", f"{_PLUGIN}/config"),
    Endpoint("plugin_config.update", "POST", f"{_PLUGIN}/update-config", {"passThroughWebhookUrl?": str, "enableMessageEchoesForPassThroughWebhook?": bool, "enableSendMessageTemplateEventForPassThroughWebhook?": bool, "enableChakraWebhook?": bool, "chakraWebhookUrl?": str, "whichChakraWebhookEventsToSend?": [str]}),
    Endpoint("phone_numbers.list", "GET", "/v1/ext/whatsapp-phone-number"),
    Endpoint("phone_numbers.get", "GET", "/v1/ext/whatsapp-phone-number/{phone_number_id}"),
    Endpoint("business_accounts.list", "GET", "/v1/ext/whatsapp-business-account", query={"pluginId": str}),
    Endpoint("calling.settings", "GET", f"{_CALLING}/settings", query={"include_sip_credentials?": str}),
    Endpoint("calling.update_settings", "POST", f"{_CALLING}/settings", {"calling": OBJECT}),
    Endpoint("calling.permissions", "GET", f"{_CALLING}/call_permissions", query={"user_wa_id?": str, "recipient?": str}),
    Endpoint("calling.connect", "POST", f"{_CALLING}/calls", _CALLS),
)  # fmt: skip

ENDPOINTS = (*MESSAGING, *MEDIA, *GROUPS, *PLATFORM, *ACCOUNT)


def find(method: str, path: str) -> Endpoint | None:
    """The endpoint that a request is for; of two, the one with fewer places to fill."""
    found = [endpoint for endpoint in ENDPOINTS if endpoint.takes(method, path)]
    return min(found, key=lambda endpoint: endpoint.path.count("{"), default=None)


def mismatches(shape: Any, value: Any, where: str) -> list[str]:
    """What of a value is not of this shape, in words; empty when it is."""
    if isinstance(shape, tuple):
        each = [mismatches(one, value, where) for one in shape]
        return [] if [] in each else min(each, key=len)
    if isinstance(shape, dict):
        return _of_dict(shape, value, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} must be a list"]
        return [
            wrong
            for number, entry in enumerate(value)
            for wrong in mismatches(shape[0], entry, f"{where}[{number}]")
        ]
    if isinstance(shape, str):
        return [] if value == shape else [f"{where} must be {shape}"]
    # To Python True is a number.
    is_right = isinstance(value, shape) and (shape not in (int, NUMBER) or type(value) is not bool)
    return [] if is_right else [f"{where} must be of another type"]


def _of_dict(shape: dict[str, Any], value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} must be an object"]
    known = {key.removesuffix("?"): inner for key, inner in shape.items() if key != "*"}
    wrong = [
        f"{where}.{key} is required"
        for key in shape
        if key != "*" and not key.endswith("?") and key not in value
    ]
    for key, entry in value.items():
        inner = known.get(key, shape.get("*"))
        if inner is None:
            wrong.append(f"{where}.{key} is unknown")
        else:
            wrong += mismatches(inner, entry, f"{where}.{key}")
    return wrong
