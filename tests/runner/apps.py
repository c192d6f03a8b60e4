"""A receiver that does not behave while the file named in ``TEST_HANGS`` is there."""

import os
import time
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import connection


class Odd(AppConfig):
    """Connects it."""

    name = "tests.runner"
    label = "tests_runner"

    def ready(self) -> None:
        from django_chakra.signals import message_received

        message_received.connect(hang, dispatch_uid="odd")


def hang(message: Any, **_: Any) -> None:
    """Take long, in Python or in the database, or end the process, by what the message says."""
    file = os.environ.get("TEST_HANGS")
    if not file or not Path(file).exists():
        return
    if message.text == "hangs":
        while True:
            time.sleep(0.05)
    if message.text == "waits for the database":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
    if message.text == "ends the process":
        os.kill(os.getpid(), 9)
