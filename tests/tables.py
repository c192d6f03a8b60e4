"""Whole tables of one account as plain values, so that two of them can be compared."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from django_chakra.models import (
    BusinessNumber,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    MediaFile,
    Message,
    MessageTemplate,
)

TABLES: tuple[type[models.Model], ...] = (
    BusinessNumber,
    Contact,
    ContactIdentity,
    Conversation,
    Message,
    MediaFile,
    DeliveryStatus,
    MessageTemplate,
)

NEAR: dict[type[models.Model], tuple[str, ...]] = {
    ContactIdentity: ("contact__identities",),
    Conversation: ("number", "contact__identities", "last_message"),
    Message: (
        "conversation__number",
        "conversation__contact__identities",
        "contact__identities",
        "target",
        "reply_to",
    ),
    MediaFile: ("message",),
    DeliveryStatus: ("message",),
}
"""What rows of each table are called by, fetched for all of them at once."""

BOOKKEEPING = frozenset(
    {
        "version",
        "changed_at",
        "announcing_until",
        "announcing_by",
        "announcing_version",
        "announce_at",
        "announced_at",
    }
)
"""How far we are, and not what is known."""

NOT_COMPARED = BOOKKEEPING | {"id", "account", "received_at", "call"}


OF_ONE_TABLE: dict[type[models.Model], frozenset[str]] = {
    # Counted from when it was recorded.
    MediaFile: frozenset({"next_attempt_at", "expires_at"}),
}
"""The same, of one table alone."""


def tables(account: str, leave_out: Iterable[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """All rows of the account, by table, in an order that does not depend on their keys."""
    without = NOT_COMPARED | set(leave_out)
    return {
        model.__name__: sorted(
            (
                row(found, without | OF_ONE_TABLE.get(model, set()))
                for found in rows(model, account)
            ),
            key=repr,
        )
        for model in TABLES
    }


def rows(model: type[models.Model], account: str) -> models.QuerySet[Any]:
    """Those of the account; of a contact that went into another one nothing but its key counts."""
    found = model._default_manager.filter(account=account)
    if model is Contact:
        return found.filter(merged_into=None)
    return found.prefetch_related(*NEAR.get(model, ()))


def differences(one: str, other: str, leave_out: Iterable[str] = ()) -> list[str]:
    """What the tables of two accounts do not agree on, column by column where rows match."""
    left, right = tables(one, leave_out), tables(other, leave_out)
    found = []
    for name in left:
        if len(left[name]) != len(right[name]):
            found.append(f"{name}: {len(left[name])} rows, {len(right[name])} rows")
        for here, there in zip(left[name], right[name], strict=False):
            found += [
                f"{name}.{column}: {value!r}, {there[column]!r}"
                for column, value in here.items()
                if value != there[column]
            ]
    return found


def row(found: models.Model, without: frozenset[str] = NOT_COMPARED) -> dict[str, Any]:
    """The columns of one row; in place of keys what the rows they lead to are known by."""
    names = [field.name for field in found._meta.concrete_fields if field.name not in without]
    values = {name: natural(getattr(found, name)) for name in names}
    if isinstance(found, Conversation) and found.last_message and "last_message" in values:
        # Of two in one second the one that came last, as in the thread.
        values["last_message"] = found.last_message.sort_at
    return values


def natural(value: Any) -> Any:
    """What people would call the row; any other value as it is."""
    if isinstance(value, BusinessNumber):
        return value.key
    if isinstance(value, Contact):
        return sorted((one.kind, one.value) for one in value.identities.all())
    if isinstance(value, Conversation):
        return (value.number.key, natural(value.contact), value.group_id)
    if isinstance(value, Message):
        return value.external_id
    return value
