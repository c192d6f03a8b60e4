"""Rows of the platform around the messages: processes, users, jobs, plugin, numbers."""

import hashlib
import io

from django_chakra.client.downloads import Downloaded
from django_chakra.testing import samples
from django_chakra.testing.fake.beginning import PIXELS

from .rows import PHONE, PLUGIN, WABA, Row

PROCESS = "/v1/ext/procedure/lead/process"
ID = "6a1d0f3c-0000-4000-8000-000000000021"
CHANGE = {"data": {"name": "Ana"}, "status": "OPEN", "state": "new"}
COUNTS = samples.answer("background_jobs.get")["_meta"]["bjEntryCompletionStatusVsCount"]
CONFIG = samples.answer("plugin_config.read")["_data"]

RECORDS = [
    Row("health.check", "GET /v1/health"),
    Row("config.fetch", "GET /v1/ext/config"),
    Row(
        "leads.create", f"POST {PROCESS}",
        given={
            "name": "Ana", "phone_number": "5511988887777", "email": "ana@example.com",
            "data": {"city": "Recife"}, "status": "OPEN",
        },
        body={
            "data": {
                "name": "Ana", "phone_number": "5511988887777", "email": "ana@example.com",
                "city": "Recife",
            },
            "status": "OPEN",
        },
    ),
    Row(
        "leads.update_by_phone", "PUT /v1/unverified/lead/5511988887777", ("+55 11 98888-7777",),
        {"data": {"city": "Recife"}}, {"data": {"city": "Recife"}},
    ),
    Row("processes.get", f"GET {PROCESS}/{ID}", ("lead", ID)),
    Row(
        "processes.list", f"POST {PROCESS}/list", ("lead",),
        {"where": {"status": "OPEN"}, "skip": 10, "limit": 5},
        {"where": {"status": "OPEN"}, "skip": 10, "limit": 5},
    ),
    Row(
        "processes.list_all", f"POST {PROCESS}/list", ("lead",), {"where": {"status": "OPEN"}},
        {"where": {"status": "OPEN"}, "skip": 0, "limit": 100},
    ),
    Row(
        "processes.create", "POST /v1/ext/procedure/ticket/process", ("ticket",),
        {
            **CHANGE, "record": {"data": {"city": "Recife"}}, "next_action_at": 1790000000000,
            "assigned_to": "bia@example.com",
        },
        {
            **CHANGE, "record": {"data": {"city": "Recife"}}, "nextActionAt": 1790000000000,
            "assignedTo": "bia@example.com",
        },
    ),
    Row(
        "processes.update", f"PUT {PROCESS}/{ID}", ("lead", ID),
        {**CHANGE, "next_action_at": 1790000000000}, {**CHANGE, "nextActionAt": 1790000000000},
    ),
    Row(
        "processes.update_by_key", f"PUT {PROCESS}/phone_number/5511988887777", ("lead",),
        {"key": "phone_number", "value": "5511988887777", **CHANGE}, CHANGE,
    ),
    Row("processes.delete", f"DELETE {PROCESS}/{ID}", ("lead", ID)),
    Row(
        "processes.delete_by_key", f"DELETE {PROCESS}/phone_number/5511988887777", ("lead",),
        {"key": "phone_number", "value": "5511988887777"},
    ),
    Row(
        "processes.bulk_create", f"POST {PROCESS}/bulk-create", ("lead",),
        {"processes": ({"data": {"name": "Ana"}},)}, [{"data": {"name": "Ana"}}],
    ),
    Row(
        "processes.bulk_update", f"PATCH {PROCESS}", ("lead",),
        {"processes": ({"id": ID, "update": CHANGE},)},
        {"processes": [{"id": ID, "update": CHANGE}]},
    ),
    Row(
        "tasks.create", "POST /v1/ext/p/lead/LEAD-1/task/call", ("lead", "LEAD-1", "call"),
        {"data": {"note": "Call back"}, "status": "OPEN", "assigned_to": "bia@example.com"},
        {"data": {"note": "Call back"}, "status": "OPEN", "assignedTo": "bia@example.com"},
    ),
]  # fmt: skip

TEAM = [
    Row("users.list", "GET /v1/ext/users"),
    Row("users.list_v2", "GET /v2/ext/users"),
    Row("users.get", "GET /v1/ext/user/u-1", ("u-1",)),
    Row("users.get_v2", "GET /v2/ext/user/u-1", ("u-1",)),
    Row(
        "users.update", "PUT /v1/unverified/user/u-1", ("u-1",), {"displayName": "Bia"},
        {"displayName": "Bia"},
    ),
    Row(
        "photos.upload", "POST /v1/ext/photo", given={"photo": b"\xff\xd8 jpeg"},
        body={"photo": b"\xff\xd8 jpeg"},
    ),
    Row(
        "photos.upload_with_id", "POST /v1/ext/photo/p-1", ("p-1",),
        {"photo": io.BytesIO(b"png"), "filename": "a.png", "mime_type": "image/png"},
        {"photo": b"png"},
    ),
    Row("photos.get", "GET /v1/ext/photo/p-1", ("p-1",)),
    Row("background_jobs.get", "GET /v1/ext/background-job/j-1", ("j-1",)),
    Row("background_jobs.progress", "GET /v1/ext/background-job/j-1", ("j-1",), gives=COUNTS),
    Row("background_jobs.wait", "GET /v1/ext/background-job/j-1", ("j-1",), gives=COUNTS),
    Row("background_jobs.entries", "GET /v1/ext/background-job/j-1/entries", ("j-1",)),
    Row("background_jobs.entries_all", "GET /v1/ext/background-job/j-1/entries", ("j-1",)),
]  # fmt: skip

ACCOUNT = [
    Row(
        "partner.create_connect_token", "POST /v1/ext/whatsapp-partner/create-connect-token",
        given={
            "new_plugin_name": "Shop", "client_reference_id": "c-1", "client_name": "Ana",
            "client_email": "ana@example.com",
        },
        body={
            "newPluginName": "Shop", "clientReferenceId": "c-1", "clientName": "Ana",
            "clientEmail": "ana@example.com",
        },
    ),
    Row(
        "partner.disconnect_waba", f"POST /v1/unverified/waba/{WABA}/disconnect",
        given={"reason": "moved"}, body={"reason": "moved"},
    ),
    Row("plugin_config.read", f"GET /v1/ext/plugin/whatsapp/{PLUGIN}/config"),
    Row(
        "plugin_config.update", f"POST /v1/ext/plugin/whatsapp/{PLUGIN}/update-config",
        given={"chakra_url": "https://new.example/", "chakra_events": ("message",)},
        body={
            **{key: value for key, value in CONFIG.items() if key != "name"},
            "chakraWebhookUrl": "https://new.example/",
            "whichChakraWebhookEventsToSend": ["message"],
        },
    ),
    Row("phone_numbers.list", "GET /v1/ext/whatsapp-phone-number"),
    Row("phone_numbers.get", f"GET /v1/ext/whatsapp-phone-number/{PHONE}"),
    Row(
        "business_accounts.list", f"GET /v1/ext/whatsapp-business-account?pluginId={PLUGIN}"
    ),
]  # fmt: skip

FILE = Downloaded(len(PIXELS), "image/jpeg", hashlib.sha256(PIXELS).hexdigest())
MEDIA = [
    Row(
        "media.upload_public", f"POST /v1/ext/plugin/whatsapp/{PLUGIN}/upload-public-media",
        (b"png",), {"filename": "a.png"}, {"file": b"png", "filename": "a.png"},
    ),
    Row("media.fetch", "GET /v1/whatsapp/v24.0/media/m-1", ("m-1",)),
    Row(
        "media.show", "GET /v2/whatsapp/v24.0/media/m-1/show", ("m-1",), {"to": io.BytesIO()},
        gives=FILE,
    ),
    Row(
        "media.attachments",
        "GET /v2/whatsapp/v24.0/media/whatsapp_business/attachments?mid=m-1", ("m-1",),
        {"to": io.BytesIO()}, gives=FILE,
    ),
]  # fmt: skip

ROWS = [*RECORDS, *TEAM, *ACCOUNT, *MEDIA]
