"""The app that makes a process of the stack one that can be looked into from outside."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string


class Stack(AppConfig):
    """Connects the receivers of this play, and calls ``prepare`` where it names one."""

    name = "tests.stack"
    label = "tests_stack"

    def ready(self) -> None:
        given: dict[str, Any] = settings.STACK  # type: ignore[misc]  # of tests.stack.site alone
        if given["broker"]:
            # As a host's package does: every process has the app.
            import_string("tests.runner.app.app")
        for path in given["prepare"]:
            import_string(path)(**given["prepare"][path])
