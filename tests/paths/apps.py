"""The app of a child process: connects its receivers."""

import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from django.apps import AppConfig
from django.db import connection


class Hearing(AppConfig):
    """Connects receivers that write to the file named in ``TEST_HEARING``.

    With ``TEST_STATEMENTS`` each statement is a dot in that file.
    """

    name = "tests.paths"
    label = "tests_paths"

    def ready(self) -> None:
        from .hearing import connect

        connect(**json.loads(os.environ["TEST_HEARING"]))
        if file := os.environ.get("TEST_STATEMENTS"):
            connection.execute_wrappers.append(partial(_count, file))


def _count(file: str, execute: Callable[..., Any], *statement: Any) -> Any:
    with open(file, "a") as dots:
        dots.write(".")
    return execute(*statement)
