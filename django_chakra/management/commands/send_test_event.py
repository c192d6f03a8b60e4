"""Post a sample, or a file, to a running site as the platform would."""

from __future__ import annotations

import difflib
import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from ... import conf
from ...exceptions import ConfigurationError
from ...testing import calls, changing, samples, webhooks


class Command(BaseCommand):
    """``send_test_event``: exit code 0 when the site took it, else 1."""

    help = (
        "Post a sample event, signed with the account's first secret, to a running site. The "
        "times of a sample become now. Exit code 1 when the site did not take it."
    )
    # It touches nothing of this process's site but its settings.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "event", nargs="?", help="a sample (meta/messages__text), or the path of a JSON file"
        )
        parser.add_argument("--list", action="store_true", help="print the names of all samples")
        parser.add_argument(
            "--url", help="the webhook (default: http://localhost:8000 and this site's path)"
        )
        parser.add_argument("--account", default="default", help="alias (default %(default)s)")
        parser.add_argument(
            "--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="changes",
            help="another value, wherever this path stands (text.body=Hi); repeatable",
        )  # fmt: skip
        parser.add_argument(
            "--new-id", action="store_true", help="new ids of messages, or it is known already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if options["list"]:
            self.stdout.write("\n".join(samples.names()))
            return
        if not options["event"]:
            raise CommandError("Which event? --list names the samples")
        try:
            account = conf.account(options["account"])
            url = options["url"] or f"http://localhost:8000{webhooks.path(account)}"
        except (ConfigurationError, LookupError) as error:
            raise CommandError(str(error)) from error
        if not account.webhook_secrets:
            where = f"CHAKRA['ACCOUNTS'][{account.alias!r}]['WEBHOOK_SECRETS']"
            raise CommandError(f"{where} is empty: nothing to sign with")
        document = _document(options["event"])
        if options["new_id"]:
            document = changing.renamed(document)
        for change in options["changes"]:
            document = _changed(document, change)
        body = calls.body(document)
        self._post(url, body, calls.headers(body, account.webhook_secrets[0]))

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Say what the site answered."""
        try:
            answer = requests.post(
                url, data=body, headers=headers, timeout=30, allow_redirects=False
            )
        except requests.RequestException as error:
            raise CommandError(f"{url} can't be reached: {type(error).__name__}") from error
        to = answer.headers.get("Location")
        said = f"{url} answered {answer.status_code}" + (f", to {to}" if to else "")
        text = " ".join(answer.text.split())[:200]
        if answer.status_code != 200:
            raise CommandError(f"{said}: {text}" if text else said)
        self.stdout.write(f"{said}: {len(body)} bytes are taken.")


def _document(name: str) -> Any:
    """The sample, with times of now; or what is in the file."""
    if name in samples.names():
        return changing.timely(samples.load(name), time.time())
    path = Path(name)
    if not path.is_file():
        near = difflib.get_close_matches(name, samples.names(), n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else "; --list names the samples"
        raise CommandError(f"{name!r} is neither a sample nor a file{hint}")
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{name} holds no JSON object")
    return document


def _changed(document: Any, change: str) -> Any:
    """``KEY.PATH=VALUE``, carried out. A text stays one; else the value is JSON where it can be."""
    path, equals, text = change.partition("=")
    if not path or not equals:
        raise CommandError(f"--set {change}: write KEY.PATH=VALUE")

    def value(old: Any) -> Any:
        if isinstance(old, str):
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text

    try:
        return changing.changed(document, path, value)
    except KeyError as error:
        raise CommandError(f"--set {change}: there is no {path} in this event") from error
