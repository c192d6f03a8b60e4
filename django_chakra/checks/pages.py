"""Whose rows the admin shows to whom can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def accounts(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """``ADMIN_ACCOUNTS`` leads to a function."""
    path = given.get("ADMIN_ACCOUNTS", "")
    if path == "":
        return
    reason = "It is no dotted path."
    if isinstance(path, str):
        try:
            if callable(import_string(path)):
                return
            reason = "It leads to nothing that can be called."
        except Exception as error:
            reason = f"It can't be imported: {error}."
    yield Error(
        f"CHAKRA['ADMIN_ACCOUNTS'] is {path!r}. {reason}",
        hint="'shop.teams.accounts_of', a function of a user that returns aliases, or None for "
        "all; docs/permissions.md has one. Until then the admin shows nothing.",
        id="django_chakra.E045",
    )
