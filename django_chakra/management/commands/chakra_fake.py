"""Run the fake platform, for a site to talk with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...testing.fake import command


class Command(BaseCommand):
    """``chakra_fake``: the same as ``python -m django_chakra.testing``."""

    help = command.HELP
    #: It touches nothing of the site.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        command.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        try:
            command.run(options, self._say)
        except OSError as error:
            raise CommandError(command.told(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
