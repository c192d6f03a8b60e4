"""What Meta's calls are refused for: templates, calls and campaigns that can't be."""

import json
import time
from typing import Any

import pytest

from django_chakra.testing.fake import Clock, FakeChakra

from ..client.rows import PHONE, WABA
from . import prepared

TEMPLATES = f"/v1/ext/plugin/whatsapp/api/v24.0/{WABA}/message_templates"
CALLS = f"/v1/whatsapp/v24.0/{PHONE}/calls"
TEMPLATE = {"name": "x", "language": "en", "category": "UTILITY", "components": []}
CALL = {"messaging_product": "whatsapp", "call_id": "wacid.1"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TEMPLATES, {**TEMPLATE, "name": "Not This"}),
        (TEMPLATES, {**TEMPLATE, "language": "English"}),
        (TEMPLATES, {**TEMPLATE, "parameter_format": "ROMAN"}),
        ("/v1/ext/plugin/whatsapp/api/v24.0/700000000009999", {"category": "UTILITY"}),
        (CALLS, {**CALL, "action": "dance"}),
        (CALLS, {**CALL, "action": "connect", "session": {"sdp_type": "offer", "sdp": "v=0"}}),
        (CALLS, {**CALL, "action": "accept", "session": {"sdp_type": "offer", "sdp": "v=0"}}),
        (CALLS, {"messaging_product": "whatsapp", "action": "terminate"}),
    ],
)
def test_refused_as_meta_does(path: str, body: Any, fake: FakeChakra) -> None:
    """An error of Meta's with a code, and no envelope around it."""
    headers = {"Authorization": f"Bearer {fake.token}", "Content-Type": "application/json"}
    reply = fake.handle("POST", path, headers, json.dumps(body).encode())

    assert (reply.status, reply.json["error"]["code"]) == (400, 100)


def test_numbers_of_lists_are_digits(fake: FakeChakra) -> None:
    """Chakra's own refusal is in the envelope."""
    path = "/v1/ext/plugin/whatsapp/list-chat-messages-for-phone-number"
    headers = {"Authorization": f"Bearer {prepared.TOKEN}", "Content-Type": "application/json"}
    reply = fake.handle("POST", path, headers, b'{"customerPhoneNumber": "+55 11"}')

    assert (reply.status, reply.json["_data"]) == (400, None)


def test_a_clock_runs_stands_and_moves() -> None:
    """It runs with the machine's until it is set, and again once it is let go."""
    clock = Clock()
    began = clock.now()
    clock.sleep(0.02)
    assert clock.now() - began >= 0.02
    clock.set(5.0)
    clock.sleep(2)
    clock.move(1)
    assert clock.now() == 8.0
    clock.set(None)
    assert abs(clock.now() - time.time()) < 5
