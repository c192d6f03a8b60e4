"""A database that is away, and what then lies in the folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections

from django_chakra.models import WebhookCall
from tests.posting import post, text


@contextmanager
def away() -> Iterator[None]:
    """The database can't be reached: nobody listens at its port, or its file can't be opened."""
    kept = connection.settings_dict.copy()
    connection.close()
    elsewhere = {"NAME": os.devnull + "/x"} if connection.vendor == "sqlite" else {"PORT": "9"}
    connection.settings_dict |= {"HOST": "127.0.0.1", **elsewhere}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(kept)


def cut() -> None:
    """The server ends the connection of this process, which does not know it yet."""
    asked, kill = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
        "mysql": ("SELECT CONNECTION_ID()", "KILL %s"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(asked)
        (number,) = cursor.fetchone()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(kill, [number])
    finally:
        other.close()


def spooled(folder: Path, name: str, **options: Any) -> Path:
    """Post a text while the database is away; the file in which it waits."""
    before = set(folder.iterdir())
    with away():
        response = post(text(name), **options)
    assert (response.status_code, response.content) == (200, b"OK")
    (file,) = set(folder.iterdir()) - before
    return file


def names(folder: Path) -> list[str]:
    """All names in the folder, sorted."""
    return sorted(os.listdir(folder))


def ends(folder: Path) -> list[str]:
    """What stands behind the dot of each name of ours, but for what makes it unique."""
    behind = [name.partition("Z-")[2].partition(".")[2] for name in names(folder)]
    return sorted(end.rpartition("-")[0] if end.startswith("aside") else end for end in behind)


def bodies() -> list[bytes]:
    """The bodies of all stored calls, oldest arrival first."""
    calls = WebhookCall.objects.exclude(state="refused").order_by("received_at")
    return [bytes(call.body) for call in calls]


def grow_old(file: Path, seconds: float) -> None:
    """Let so much time have passed since the file was written or claimed."""
    found = file.lstat()
    times = (found.st_atime - seconds, found.st_mtime - seconds)
    os.utime(file, times, follow_symlinks=False)
