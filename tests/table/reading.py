"""The table of samples: what each is read as, and which rows it leaves; data in the files beside.

Per sample ``events`` (class and kind of each fact, in order) and the rows in empty tables once the
call is processed. Rows are compared whole, in any order; a column that is not named is empty.

- ``messages``: id, direction, kind, role, source, text, at, target, reply_to, status, contact,
  conversation
- ``statuses``: id, type, status, error_code, at, recipient, participant
- ``contacts``: identities, name, username, marketing_stopped
- ``templates``: id, name, language, category, status, reason, quality, deleted, body
- ``numbers``: key and whichever other columns are to be compared; ``?`` and named numbers
  that only came up with a message need not be listed
"""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django_chakra.models import (
    BusinessNumber,
    Contact,
    DeliveryStatus,
    Message,
    MessageTemplate,
)
from django_chakra.record.templates import shape

FOLDER = Path(__file__).parent

Row = dict[str, Any]


def table() -> dict[str, dict[str, Any]]:
    """The whole table; ValueError when two files speak of one sample."""
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        part = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := rows.keys() & part.keys():
            raise ValueError(f"{path.name}: {sorted(twice)} stand elsewhere too")
        rows |= part
    return rows


def left(account: str) -> dict[str, list[Row]]:
    """The rows of the account, in the words of the table, without empty columns."""
    found = {
        "messages": [_message(row) for row in Message.objects.filter(account=account)],
        "statuses": [_status(row) for row in DeliveryStatus.objects.filter(account=account)],
        "contacts": [
            _contact(row) for row in Contact.objects.filter(account=account, merged_into=None)
        ],
        "templates": [_template(row) for row in MessageTemplate.objects.filter(account=account)],
    }
    return {name: ordered(map(_filled, rows)) for name, rows in found.items()}


def numbers(account: str, wanted: list[Row]) -> list[Row]:
    """The numbers that are asked for, in the columns that are asked for."""
    rows = {row.key: row for row in BusinessNumber.objects.filter(account=account)}
    return [{name: getattr(rows.get(one["key"]), name, None) for name in one} for one in wanted]


def ordered(rows: Any) -> list[Row]:
    """Rows in an order of their own."""
    return sorted(rows, key=lambda row: repr(sorted(row.items())))


def _filled(row: Row) -> Row:
    return {
        name: value for name, value in row.items() if value not in (None, "") and value is not False
    }


def _message(row: Message) -> Row:
    return {
        "id": row.external_id,
        "direction": row.direction,
        "kind": row.kind,
        "role": row.role,
        "source": row.source,
        "text": row.text,
        "at": _moment(row.occurred_at),
        "target": row.target_external_id,
        "reply_to": row.reply_to_external_id,
        "status": row.status,
        "contact": _person(row.contact),
        "conversation": f"{row.conversation.number.key} "
        + (_person(row.conversation.contact) or f"group:{row.conversation.group_id}"),
    }


def _status(row: DeliveryStatus) -> Row:
    return {
        "id": row.external_id or row.chakra_id,
        "type": row.type,
        "status": row.status,
        "error_code": row.error_code,
        "at": _moment(row.occurred_at),
        "recipient": row.recipient,
        "participant": row.participant,
    }


def _contact(row: Contact) -> Row:
    return {
        "identities": _person(row),
        "name": row.name,
        "username": row.username,
        "marketing_stopped": row.marketing_stopped_at is not None,
    }


def _template(row: MessageTemplate) -> Row:
    return {
        "id": row.external_id,
        "name": row.name,
        "language": row.language,
        "category": row.category,
        "status": row.status,
        "reason": row.reason,
        "quality": row.quality,
        "deleted": row.deleted_at is not None,
        "body": shape(row).body,
    }


def _person(contact: Contact | None) -> str:
    """All identities, sorted: ``phone:5511988887777 user_id:BR.1``."""
    if contact is None:
        return ""
    known = contact.identities.values_list("kind", "value")
    return " ".join(sorted(f"{kind}:{value}" for kind, value in known))


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""
