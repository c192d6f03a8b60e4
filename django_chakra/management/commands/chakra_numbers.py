"""How our numbers stand: ask the platform, or say what is known."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ... import conf, sync
from ...exceptions import ChakraError
from ...models import BusinessNumber, standing
from ..options import accounts

HEADS = ("number", "name", "quality", "limit", "name status", "status", "restrictions", "asked")
#: A longer cell would tear the table apart.
WIDEST = 40


class Command(BaseCommand):
    """``chakra_numbers sync`` asks the platform; ``chakra_numbers list`` shows the rows."""

    help = (
        "Quality, messaging limit, restrictions and name status of our numbers. sync asks the "
        "platform and keeps what it says; list shows what is kept, and asks nothing. Exit code 1 "
        "when the platform could not be asked about every number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("act", choices=("sync", "list"), help="ask the platform, or only show")
        parser.add_argument(
            "--account", action="append", metavar="ALIAS", help="of this one (repeatable)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        aliases = options["account"] or [str(alias) for alias in conf.raw_accounts()]
        accounts(aliases)  # raises for one that there is not
        trouble = False
        for alias in aliases:
            if options["act"] == "sync":
                trouble |= not self._sync(alias)
            self._show(alias)
        if trouble:
            raise CommandError("Not every number could be asked about.")

    def _sync(self, alias: str) -> bool:
        """Ask for one account; whether the platform told of all its numbers."""
        try:
            done = sync.numbers(alias)
        except ChakraError as error:
            self.stderr.write(f"Account {alias}: {_cell(str(error), None)}")
            return False
        for name in done.unknown:
            self.stderr.write(f"Account {alias}: the platform knows no number {_cell(name)}.")
        for name, why in done.failed.items():
            self.stderr.write(f"Account {alias}: {_cell(name)}: {_cell(str(why), None)}")
        others = f" {done.others} of others were left alone." if done.others else ""
        self.stdout.write(f"Account {alias}: {len(done.kept)} numbers asked about.{others}")
        if not done.kept and done.others:
            self.stderr.write(
                f"Account {alias}: none of them is this account's. Set WABA_ID or PHONE_NUMBER_ID."
            )
        return not done.failed

    def _show(self, alias: str) -> None:
        """The account's rows as a table."""
        rows = BusinessNumber.objects.filter(account=alias).order_by("key")
        lines = [_line(row) for row in rows]
        if not lines:
            self.stdout.write(f"Account {alias}: no number is known.")
            return
        self.stdout.write(f"Account {alias}")
        widths = [max(len(line[place]) for line in (HEADS, *lines)) for place in range(len(HEADS))]
        for line in (HEADS, *lines):
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write(f"  {'  '.join(cells)}".rstrip())


def _line(number: BusinessNumber) -> Sequence[str]:
    """One row of the table."""
    quality = standing.quality_words(number.quality) if number.quality else ""
    words = (
        number.display_number or number.key,
        number.name,
        f"{number.quality} ({quality})" if quality else number.quality,
        standing.limit_words(number.messaging_limit),
        number.name_status,
        number.status,
    )
    whole = (_cell(_restricted(number), None), _minute(number.checked_at))
    return [cell or "-" for cell in (*map(_cell, words), *whole)]


def _restricted(number: BusinessNumber) -> str:
    """What holds now; how many are past."""
    known, now = standing.restrictions(number), timezone.now()
    holds = [one for one in known if not one.is_past(now)]
    words = [f"{one.words} until {_minute(one.expires_at) or 'not said'}" for one in holds]
    past = len(known) - len(holds)
    return "; ".join([*words, *([f"{past} past"] if past else [])])


def _minute(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at is not None else ""


def _cell(text: str, most: int | None = WIDEST) -> str:
    """On one line, without what a terminal would obey."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{shown[: most - 1]}…" if most is not None and len(shown) > most else shown
