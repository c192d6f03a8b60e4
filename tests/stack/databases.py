"""The site's database: on a server of its own, or a file; as durable as hosts should have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.clusters import Server

NAME = "chakra"
ENGINES = {"postgresql": "postgresql", "mariadb": "mysql"}
#: As docs/operate.md advises.
OPTIONS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,
        "options": "-c statement_timeout=10s -c lock_timeout=5s",
    },
    "mariadb": {
        "charset": "utf8mb4",
        "connect_timeout": 3,
        "read_timeout": 10,
        "write_timeout": 10,
    },
    "sqlite": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    },
}


def settings(kind: str, folder: Path, server: Server | None) -> dict[str, Any]:
    """As in ``DATABASES``."""
    if server is None:
        name = str(folder / "chakra.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": OPTIONS[kind]}
    parts = urlsplit(server.url)
    return {
        "ENGINE": f"django.db.backends.{ENGINES[kind]}",
        "NAME": NAME,
        "HOST": parts.hostname,
        "PORT": str(parts.port),
        "USER": parts.username,
        "PASSWORD": parts.password,
        "OPTIONS": OPTIONS[kind],
    }


def make(kind: str, server: Server | None) -> None:
    """Make it on its server."""
    if server is None:
        return
    parts = urlsplit(server.url)
    if kind == "postgresql":
        import psycopg

        with psycopg.connect(f"{server.url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {NAME}")
    else:
        import MySQLdb

        assert parts.port is not None
        user = {"user": parts.username, "passwd": parts.password}
        made = MySQLdb.connect(host=parts.hostname, port=parts.port, **user)
        made.cursor().execute(f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4")
        made.close()


def left(folder: Path) -> dict[str, int]:
    """What is still to be done, by its name.

    Not files: one whose process was killed is left alone for as long as a file may take.
    """
    from django.db import Error, close_old_connections, connection

    from django_chakra.models import (
        CallState,
        DeliveryStatus,
        FailureState,
        Message,
        MessageStatus,
        ReceiverFailure,
        WebhookCall,
    )

    rows = {
        "calls": WebhookCall.objects.filter(
            state__in=[CallState.RECEIVED, CallState.PROCESSING]
        ),
        "facts to tell": WebhookCall.objects.filter(announce_at__isnull=False),
        "messages to tell": Message.objects.filter(announce_at__isnull=False),
        "statuses to tell": DeliveryStatus.objects.filter(
            announce_at__isnull=False, message__isnull=False
        ),
        "failures": ReceiverFailure.objects.filter(state=FailureState.WAITING),
        "to send": Message.objects.filter(
            status__in=[MessageStatus.QUEUED, MessageStatus.SENDING]
        ),
    }  # fmt: skip
    try:
        found = {name: query.count() for name, query in rows.items()}
    except Error:
        connection.close()
        close_old_connections()
        return {"database away": 1}
    return found | {"calls in the spool": len(list((folder / "spool").iterdir()))}
