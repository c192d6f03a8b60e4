"""Message templates: ask the platform for them, list them, show one."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ... import conf, sync
from ...client.payloads.fitting import Preview, preview
from ...exceptions import ChakraError
from ...models import MessageTemplate
from ...record.templates import shape
from ..options import accounts
from ..staying import say, show

HEADS = ("account", "name", "language", "category", "status", "quality", "last sync")


class Command(BaseCommand):
    """``chakra_templates sync``, ``list`` and ``show NAME``."""

    help = (
        "Message templates. `sync` asks the platform for all of them, page by page, and marks as "
        "deleted what it does not list any more; run it from cron. `list` and `show` read what was "
        "kept, and ask nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="sync|list|show")
        syncing = acts.add_parser(
            "sync",
            help="ask the platform",
            description=(
                "Ask the platform for the templates of each account that has an ACCESS_TOKEN and a "
                "WABA_ID. An account that fails does not keep the others from being synced; the "
                "exit code is then 1."
            ),
        )
        syncing.add_argument(
            "--waba", metavar="ID", help="another WhatsApp Business Account; with one --account"
        )
        listing = acts.add_parser("list", help="one line for each template and language")
        listing.add_argument("--deleted", action="store_true", help="also those that are gone")
        showing = acts.add_parser("show", help="what one says, and what goes into it")
        showing.add_argument("name", metavar="NAME")
        showing.add_argument("--language", metavar="CODE", help="in this one only (en, pt_BR)")
        for one in (syncing, listing, showing):
            one.add_argument(
                "--account",
                action="append",
                metavar="ALIAS",
                help="of this account only (repeatable)",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        accounts(options["account"] or ())  # raises for one that there is not
        acts = {"sync": self._sync, "list": self._list, "show": self._show}
        acts[options["act"]](options)

    def _sync(self, options: dict[str, Any]) -> None:
        named, waba = options["account"], options.get("waba")
        if waba and len(named or ()) != 1:
            raise CommandError("--waba needs one --account")
        aliases = named or [alias for alias in conf.raw_accounts() if self._is_ready(alias)]
        failed = 0
        for alias in aliases:
            try:
                say(self, self._synced(alias, waba))
            except ChakraError as error:
                failed += 1
                show(self, "", end="\n")
                self.stderr.write(f"Account {alias}: {_plain(error)}")
        if not aliases:
            raise CommandError("No account has an ACCESS_TOKEN and a WABA_ID")
        if failed:
            raise CommandError(f"{failed} of {len(aliases)} accounts could not be synced")

    def _is_ready(self, alias: str) -> bool:
        """Whether the account can be asked; else it is said why it is not."""
        account = conf.account(alias)
        keys = {"ACCESS_TOKEN": account.access_token, "WABA_ID": account.waba_id}
        missing = [key for key, value in keys.items() if not value]
        if missing:
            say(self, f"Account {alias}: left out, it has no {' and no '.join(missing)}.")
        return not missing

    def _synced(self, alias: str, waba: str | None) -> str:
        found = sync.templates(
            alias,
            waba_id=waba,
            progress=lambda count: show(self, f"Account {alias}: {count} templates"),
        )
        show(self, f"Account {alias}: {found.listed} templates", end="\n")
        return (
            f"Account {alias}, WABA {found.waba_id}: {found.listed} listed, {found.new} new, "
            f"{found.changed} changed, {found.deleted} deleted."
        )

    def _list(self, options: dict[str, Any]) -> None:
        rows = self._rows(options).defer("components")
        if not options["deleted"]:
            rows = rows.filter(deleted_at=None)
        lines = [
            (
                row.account, row.name or row.external_id, row.language, row.category, _status(row),
                row.quality, _moment(row.synced_at),
            )
            for row in rows
        ]  # fmt: skip
        if not lines:
            say(self, "No templates are known: run chakra_templates sync.")
            return
        for line in _table([HEADS, *lines]):
            self.stdout.write(line)

    def _show(self, options: dict[str, Any]) -> None:
        rows = self._rows(options).filter(name=options["name"])
        if options["language"]:
            rows = rows.filter(language=options["language"])
        found = list(rows)
        if not found:
            raise CommandError("No template of this name is known: run chakra_templates sync")
        for row in found:
            self._describe(row)

    def _describe(self, row: MessageTemplate) -> None:
        of = shape(row)
        self.stdout.write(_plain(f"{row.name} ({row.language}), account {row.account}"))
        words = (row.category, _status(row), f"quality {row.quality}" if row.quality else "")
        self.stdout.write(_plain("  " + ", ".join(filter(None, words))))
        if row.reason:
            self.stdout.write(f"  {_plain(' '.join(row.reason.split()))}")
        self.stdout.write(f"  last sync: {_moment(row.synced_at)}\n\n")
        for line in _lines(preview(of)):
            self.stdout.write(f"  | {line}")
        self.stdout.write("")
        for one in of.variables:
            example = f", as {one.example!a}" if one.example else ""
            self.stdout.write(f"  {one.place}: {_plain(one.name)}{example}")
        if not of.variables:
            self.stdout.write("  Nothing goes into it.")
        if not of.is_whole:
            self.stdout.write("  Not all of its parts are known.")
        self.stdout.write("")

    def _rows(self, options: dict[str, Any]) -> Any:
        rows = MessageTemplate.objects.order_by("account", "name", "language", "pk")
        if options["account"]:
            rows = rows.filter(account__in=options["account"])
        return rows


def _lines(shown: Preview, indent: str = "") -> Iterable[str]:
    """A template as lines of plain text."""
    for text in (shown.header, shown.body, shown.footer):
        for line in text.splitlines():
            yield indent + _plain(line)
    for button in shown.buttons:
        yield f"{indent}[{_plain(button)}]"
    for card in shown.cards:
        yield f"{indent}card:"
        yield from _lines(card, indent + "  ")


def _status(row: MessageTemplate) -> str:
    return f"{row.status} (deleted)".strip() if row.deleted_at is not None else row.status


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else "never"


def _table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Rows with their columns one under the other."""
    plain = [[_plain(cell) or "-" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    for row in plain:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _plain(text: object) -> str:
    """Text from outside, without control characters: a terminal would obey them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
