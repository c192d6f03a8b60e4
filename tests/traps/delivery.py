"""Calls with a trap in them."""

from typing import Any

from django_chakra.models import Message, WebhookCall
from tests.posting import ANA, START, process_all, stored

Json = dict[str, Any]

METADATA = {"display_phone_number": "5511900000000", "phone_number_id": "300000000000001"}


def call_of(*values: Json, field: str = "messages") -> Json:
    """A delivery of Meta's with an entry for each of these values of a field."""
    bundle = {"messaging_product": "whatsapp", "metadata": METADATA}
    entries = [
        {"id": "200000000000001", "changes": [{"field": field, "value": {**bundle, **value}}]}
        for value in values
    ]
    return {"object": "whatsapp_business_account", "entry": entries}


def message(external_id: Any, **rest: Any) -> Json:
    """A text of Ana's, as an item of ``messages[]``; keys given as None are left out."""
    item = {
        "from": ANA,
        "id": external_id,
        "timestamp": str(START),
        "type": "text",
        "text": {"body": external_id},
        **rest,
    }
    return {key: value for key, value in item.items() if value is not None}


def tick(external_id: Any, word: Any, **rest: Any) -> Json:
    """An item of ``statuses[]`` for Ana."""
    return {
        "id": external_id,
        "status": word,
        "timestamp": str(START + 10),
        "recipient_id": ANA,
        **rest,
    }


def taken(*calls: Json | bytes) -> WebhookCall:
    """The calls posted and processed at their first attempt; the last one's row."""
    rows = [stored(call) for call in calls]
    process_all()
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.attempts, row.error) == ("processed", 1, "")
    return rows[-1]


def ids() -> list[str]:
    """The external ids of all messages, sorted."""
    return sorted(str(i) for i in Message.objects.values_list("external_id", flat=True))
