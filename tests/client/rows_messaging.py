"""Rows of what sends, and of what belongs to it: templates, groups, chats, calls."""

from django_chakra.testing import samples

from .rows import PHONE, PLUGIN, VERSION, WABA, Row

TO = "5511988887777"
SENDS = f"POST /v1/ext/plugin/whatsapp/{PLUGIN}/api/{VERSION}/{PHONE}/messages"
PLUGIN_META = f"/v1/ext/plugin/whatsapp/{PLUGIN}/api/{VERSION}"
TEMPLATES = f"/v1/ext/plugin/whatsapp/api/{VERSION}/{WABA}/message_templates"
NUMBER = f"/v1/whatsapp/{VERSION}/{PHONE}"
GROUP = "120363000000000001"
META_TEMPLATE = {"name": "order_ready", "language": {"code": "pt_BR"}}
COMPONENTS = [{"type": "BODY", "text": "Hello {{1}}"}]
META = {"messaging_product": "whatsapp"}
ONE_TO_ONE = {**META, "to": TO}
READ = {**META, "status": "read", "message_id": "wamid.IN"}
BY_TEMPLATE = {"whatsappPhoneNumberId": PHONE, "templateName": "order_ready"}
ANA = [{"schemaPropertyName": "1", "schemaPropertyValue": "Ana"}]
NAMED = [{"schemaPropertyName": "code", "schemaPropertyValue": "A1"}]

SENDING = [
    Row(
        "template_messages.send",
        f"POST /v1/ext/plugin/whatsapp/{PLUGIN}/phoneNumber/{TO}/send-template-message",
        given={
            "to": "+55 11 98888-7777", "template": "order_ready", "language": "pt_BR",
            "body": ["Ana"], "header": {"code": "A1"}, "buttons": [], "otpCode": "123456",
        },
        body={
            **BY_TEMPLATE, "language": "pt_BR", "mapping": ANA, "headerMapping": NAMED,
            "buttonMapping": [], "otpCode": "123456",
        },
    ),
    Row(
        "template_messages.send_for_process",
        f"POST /v1/ext/plugin/whatsapp/{PLUGIN}/process/lead/LEAD-1/send-template-message",
        ("lead", "LEAD-1"), {"template": "order_ready", "body": ["Ana"]},
        {**BY_TEMPLATE, "mapping": ANA},
    ),
    Row(
        "template_messages.send_in_meta_format", SENDS,
        given={"to": TO, "template": META_TEMPLATE},
        body={**ONE_TO_ONE, "type": "template", "template": META_TEMPLATE},
    ),
    Row(
        "session_messages.send", SENDS,
        given={
            "to": "+55 11 98888-7777", "type": "text", "text": {"body": "Hi"},
            "reply_to": "wamid.IN",
        },
        body={
            **ONE_TO_ONE, "type": "text", "text": {"body": "Hi"},
            "context": {"message_id": "wamid.IN"},
        },
    ),
    Row(
        "session_messages.send_body", SENDS,
        ({**META, "to": TO, "type": "text", "text": {"body": "Hi"}},), {},
        {**META, "to": TO, "type": "text", "text": {"body": "Hi"}},
    ),
    Row("session_messages.mark_read", SENDS, given={"message_id": "wamid.IN"}, body=READ),
    Row(
        "session_messages.typing", SENDS, given={"message_id": "wamid.IN"},
        body={**READ, "typing_indicator": {"type": "text"}},
    ),
]  # fmt: skip

TEMPLATE_ROWS = [
    Row(
        "message_templates.create", f"POST {TEMPLATES}",
        given={
            "name": "order_ready", "language": "pt_BR", "category": "UTILITY",
            "components": COMPONENTS, "parameter_format": "POSITIONAL",
        },
        body={
            "name": "order_ready", "language": "pt_BR", "category": "UTILITY",
            "components": COMPONENTS, "parameter_format": "POSITIONAL",
        },
    ),
    Row(
        "message_templates.list", f"GET {TEMPLATES}?limit=5&after=Qg&fields=name,status",
        given={"limit": 5, "after": "Qg", "fields": "name,status"},
    ),
    Row(
        "message_templates.list_all", f"GET {TEMPLATES}?limit=100&status=APPROVED",
        given={"status": "APPROVED"}, gives=samples.answer("message_templates.list")["data"],
    ),
    Row(
        "message_templates.update",
        f"POST /v1/ext/plugin/whatsapp/api/{VERSION}/700000000000001",
        ("700000000000001",), {"components": COMPONENTS, "category": "MARKETING"},
        {"components": COMPONENTS, "category": "MARKETING"},
    ),
    Row(
        "message_templates.delete", f"DELETE {TEMPLATES}?name=order_ready&hsm_id=700000000000001",
        given={"name": "order_ready", "template_id": "700000000000001"},
    ),
    Row(
        "flows_key.set", f"POST /v1/unverified/{PHONE}/key",
        given={"public_key": "PEM"}, body={"business_public_key": "PEM"},
    ),
    Row("flows_key.get", f"GET {PLUGIN_META}/{PHONE}/whatsapp_business_encryption"),
]  # fmt: skip

GROUP_ROWS = [
    Row(
        "groups.create", "POST /v1/unverified/groups",
        given={"subject": "Street", "description": "Keys", "join_approval_mode": "auto_approve"},
        body={
            **META, "subject": "Street", "description": "Keys",
            "join_approval_mode": "auto_approve",
        },
    ),
    Row(
        "groups.list", f"GET {PLUGIN_META}/{PHONE}/groups?limit=5&after=Qg",
        given={"limit": 5, "after": "Qg"},
    ),
    Row(
        "groups.list_all", f"GET {PLUGIN_META}/{PHONE}/groups?limit=100",
        gives=samples.answer("groups.list")["data"],
    ),
    Row("groups.get", f"GET {PLUGIN_META}/{GROUP}?fields=subject", (GROUP,), {"fields": "subject"}),
    Row(
        "groups.update", f"POST /v1/unverified/groups/{GROUP}", (GROUP,), {"subject": "Street"},
        {**META, "subject": "Street"},
    ),
    Row("groups.delete", f"DELETE /v1/unverified/groups/{GROUP}", (GROUP,)),
    Row("groups.invite_link", f"GET {PLUGIN_META}/{GROUP}/invite_link", (GROUP,)),
    Row(
        "groups.reset_invite_link", f"POST /v1/unverified/groups/{GROUP}/invite_link", (GROUP,),
        body=META,
    ),
    Row("groups.join_requests", f"GET {PLUGIN_META}/{GROUP}/join_requests", (GROUP,)),
    Row(
        "groups.approve_join_requests", f"POST /v1/unverified/groups/{GROUP}/join_requests",
        (GROUP,), {"join_requests": ("J-1",)}, {**META, "join_requests": ["J-1"]},
    ),
    Row(
        "groups.reject_join_requests", f"DELETE /v1/unverified/groups/{GROUP}/join_requests",
        (GROUP,), {"join_requests": ("J-1",)}, {**META, "join_requests": ["J-1"]},
    ),
    Row(
        "groups.remove_participants", f"DELETE /v1/unverified/groups/{GROUP}/participants",
        (GROUP,), {"participants": [TO]}, {**META, "participants": [{"user": TO}]},
    ),
]  # fmt: skip

CHAT_ROWS = [
    Row(
        "chats.list", "POST /v1/ext/chat",
        given={
            "limit": 5, "page": 2, "order_field": "createdAt", "order_direction": "desc",
            "search": "Ana",
        },
        body={
            "limit": 5, "page": 2, "orderField": "createdAt", "orderDirection": "desc",
            "search": "Ana",
        },
    ),
    Row(
        "chats.list_all", "POST /v1/ext/chat", given={"search": "Ana"},
        body={"limit": 50, "page": 1, "search": "Ana"},
    ),
    Row(
        "chats.messages", "POST /v1/ext/chat/chat-1/message", ("chat-1",), {"limit": 5, "page": 2},
        {"limit": 5, "page": 2},
    ),
    Row(
        "chats.messages_all", "POST /v1/ext/chat/chat-1/message", ("chat-1",),
        body={"limit": 50, "page": 1},
    ),
    Row(
        "chats.previous_messages",
        "POST /v1/ext/plugin/whatsapp/list-chat-messages-for-phone-number",
        given={"phone_number": "+55 11 98888-7777", "limit": 5, "page": 2},
        body={"customerPhoneNumber": TO, "limit": 5, "page": 2},
    ),
    Row(
        "chats.previous_messages_all",
        "POST /v1/ext/plugin/whatsapp/list-chat-messages-for-phone-number",
        given={"phone_number": TO}, body={"customerPhoneNumber": TO, "limit": 50, "page": 1},
    ),
    Row(
        "campaigns.add_phone_number", f"POST /v1/unverified/campaign/c-1/{TO}",
        ("c-1", "+55 11 98888-7777"), {"note": "x"}, {"note": "x"},
    ),
    Row(
        "campaigns.remove_phone_number", f"DELETE /v1/unverified/campaign/c-1/{TO}", ("c-1", TO)
    ),
]  # fmt: skip

CALL_ROWS = [
    Row(
        "calling.settings", f"GET {NUMBER}/settings?include_sip_credentials=true",
        given={"include_sip_credentials": True},
    ),
    Row(
        "calling.update_settings", f"POST {NUMBER}/settings",
        given={"calling": {"status": "ENABLED"}}, body={"calling": {"status": "ENABLED"}},
    ),
    Row(
        "calling.permissions", f"GET {NUMBER}/call_permissions?user_wa_id={TO}",
        given={"user_wa_id": "+55 11 98888-7777"},
    ),
    Row(
        "calling.connect", f"POST {NUMBER}/calls",
        given={"to": TO, "sdp": "v=0", "biz_opaque_callback_data": "row 1"},
        body={
            **META, "action": "connect", "to": TO, "biz_opaque_callback_data": "row 1",
            "session": {"sdp_type": "offer", "sdp": "v=0"},
        },
    ),
    *(
        Row(
            f"calling.{action}", f"POST {NUMBER}/calls", ("wacid.1",), {"sdp": "v=0"},
            {
                **META, "action": action, "call_id": "wacid.1",
                "session": {"sdp_type": "answer", "sdp": "v=0"},
            },
        )
        for action in ("pre_accept", "accept")
    ),
    *(
        Row(
            f"calling.{action}", f"POST {NUMBER}/calls", ("wacid.1",),
            body={**META, "action": action, "call_id": "wacid.1"},
        )
        for action in ("reject", "terminate")
    ),
]  # fmt: skip

ROWS = [*SENDING, *TEMPLATE_ROWS, *GROUP_ROWS, *CHAT_ROWS, *CALL_ROWS]
