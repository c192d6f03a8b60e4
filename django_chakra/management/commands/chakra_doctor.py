"""Say what is wrong with this site's way to WhatsApp, and what to do about it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import conf, doctor
from ...exceptions import ConfigurationError


class Command(BaseCommand):
    """``chakra_doctor``: one line per finding; exit code 1 when one is red."""

    help = (
        "Look at settings, token, plugin, number, webhook URLs, stored calls, receivers and "
        "worker. Changes nothing and prints no secret. Exit code 1 when something is red."
    )
    # What is wrong with the settings is the first thing to be said, and not a reason to stop.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--account", action="append", metavar="ALIAS", help="look at this one (repeatable)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--offline", action="store_true", help="make no calls of the API")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        for alias in options["account"] or ():
            try:
                conf.account(alias)
            except ConfigurationError as error:
                raise CommandError(str(error)) from error
        findings = doctor.examine(options["account"], offline=options["offline"])
        worst = doctor.worst(findings)
        if options["json"]:
            answer = {"level": worst, "findings": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            self._print(findings)
        if worst is doctor.Level.RED:
            sys.exit(1)

    def _print(self, findings: Sequence[doctor.Finding]) -> None:
        styles = {
            doctor.Level.OK: self.style.SUCCESS,
            doctor.Level.WARNING: self.style.WARNING,
            doctor.Level.RED: self.style.ERROR,
        }
        account: str | None = None
        for finding in findings:
            if finding.account != account:
                account = finding.account
                self.stdout.write(f"Account {account}" if account else "Site")
            level = styles[finding.level](f"{finding.level:<7}")
            self.stdout.write(f"  {level}  {finding.check:<9}  {finding.found}")
            if finding.do and finding.level is not doctor.Level.OK:
                self.stdout.write(f"{'':22}-> {finding.do}")
        counts = [(level, sum(one.level is level for one in findings)) for level in doctor.Level]
        self.stdout.write(", ".join(f"{count} {level}" for level, count in counts) + ".")
