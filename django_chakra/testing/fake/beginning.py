"""What a new fake knows: a number, an account, two templates, a user, a lead, a few files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replies import sample
from .state import Media, Photo, Process, State, Template

if TYPE_CHECKING:
    from . import FakeChakra

#: The bytes of the file and of the photo.
PIXELS = b"\xff\xd8\xff bytes of a file"
KEY = "-----BEGIN PUBLIC KEY-----\nEXAMPLE\n-----END PUBLIC KEY-----\n"


def begun(fake: FakeChakra, webhook_url: str) -> State:
    """A state with samples in it; all values are invented."""
    state = State()
    number = {"id": fake.phone_number_id, "waba": fake.waba_id}
    state.numbers[fake.phone_number_id] = {**number, **sample("phone_numbers.get")["_data"]}
    account = sample("business_accounts.list")["_data"][0]
    state.business_accounts[fake.waba_id] = {**account, "id": fake.waba_id}
    for template in _templates():
        state.templates[template.id] = template
    user = sample("users.get")["_data"]
    state.users[user["id"]] = user
    lead = _lead()
    state.procedures.add(lead.procedure)
    state.processes[lead.id] = lead
    file = sample("media.fetch")
    state.media[file["id"]] = Media(file["id"], PIXELS, file["mime_type"])
    photo = sample("photos.upload")["_data"]
    state.photos[photo["id"]] = Photo(photo["id"], PIXELS, photo["createdAt"] / 1000)
    state.calls_settings[fake.phone_number_id] = sample("calling.settings")["calling"]
    state.flows_keys[fake.phone_number_id] = KEY
    state.plugin_configuration = _configuration(webhook_url, fake.format)
    return state


def _templates() -> list[Template]:
    listed = sample("message_templates.list")["data"][0]
    ready = Template(
        listed["id"],
        listed["name"],
        listed["language"],
        listed["category"],
        listed["components"],
        listed["status"],
    )
    body = [{"type": "BODY", "text": "Hello {{1}}, your order {{2}} is waiting"}]
    reminder = Template("700000000000002", "order_waiting", "en", "UTILITY", body, "APPROVED")
    return [ready, reminder]


def _lead() -> Process:
    known = sample("processes.get")["_data"]
    return Process(
        id=known["id"],
        procedure="lead",
        key="LEAD-000001",
        created_at=known["createdAt"] / 1000,
        data=known["data"],
        status=known["status"],
        state=known["state"],
        assigned_to=known["assignedTo"],
        next_action_at=known["nextActionAt"],
    )


def _configuration(webhook_url: str, format: str) -> dict[str, object]:
    """One of the two webhooks on, or both, and every event."""
    is_chakra = format != "meta" and bool(webhook_url)
    return {
        **sample("plugin_config.read")["_data"],
        "passThroughWebhookUrl": "" if format == "chakra" else webhook_url,
        "enableMessageEchoesForPassThroughWebhook": False,
        "enableSendMessageTemplateEventForPassThroughWebhook": False,
        "enableChakraWebhook": is_chakra,
        "chakraWebhookUrl": "" if format == "meta" else webhook_url,
        "whichChakraWebhookEventsToSend": ["message", "status", "message_echo", "smb_message_echo"],
    }
