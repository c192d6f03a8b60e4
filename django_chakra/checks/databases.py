"""Whether the database can do what several processes ask of it, as far as the settings say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import router

from ..models import WebhookCall

#: On which PgBouncer listens, unless it is told otherwise.
POOLED = "6432"
HINT = "docs/operate.md, Databases."


def database() -> Iterator[CheckMessage]:
    """What is missing in ``DATABASES`` for the database that has our tables."""
    alias = router.db_for_write(WebhookCall)
    given: Mapping[str, Any] = settings.DATABASES.get(alias, {})
    kind = str(given.get("ENGINE", "")).rpartition(".")[2]
    options: Mapping[str, Any] = given.get("OPTIONS") or {}
    if kind == "mysql":
        yield from _isolation(alias, options)
    elif kind in ("postgresql", "postgis") and str(given.get("PORT", "")) == POOLED:
        yield from _pooled(alias, given, options)


def _isolation(alias: str, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Django's default is the one that fits; None is the server's, which is REPEATABLE READ."""
    level = options.get("isolation_level", "read committed")
    if str(level).lower() != "read committed":
        yield Warning(
            f"DATABASES[{alias!r}]['OPTIONS']['isolation_level'] is {level!r}: what you send in a "
            "transaction of yours may not see a row that was committed since that began.",
            hint=f"Leave it out, which is 'read committed'. {HINT}",
            id="django_chakra.W040",
        )


def _pooled(
    alias: str, given: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterator[CheckMessage]:
    """What breaks where each transaction may have another connection."""
    if not given.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield Warning(
            f"DATABASES[{alias!r}] looks like PgBouncer (port {POOLED}), and "
            "DISABLE_SERVER_SIDE_CURSORS is not set.",
            hint=f"Set it to True, unless PgBouncer pools sessions; else silence this. {HINT}",
            id="django_chakra.W041",
        )
    if options.get("options"):
        yield Warning(
            f"DATABASES[{alias!r}] looks like PgBouncer (port {POOLED}), which refuses "
            "connections with OPTIONS['options'].",
            hint=f"ALTER ROLE … SET statement_timeout = '10s' says the same. {HINT}",
            id="django_chakra.W042",
        )
