"""Ask the platform what was missed."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ... import backfill, conf
from ...backfill import Found, Scope
from ...exceptions import ChakraError
from ...models import Backfill, BackfillState, Conversation
from ..moments import moment
from ..options import accounts
from ..staying import asked_to_stop, say, show

_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    """``chakra_backfill``: what the webhook did not bring, from the platform's lists."""

    help = (
        "Ask the platform for chats and their messages, record what is missing here, and tell "
        "receivers of it. By default of all accounts that have a token, since where the finished "
        "runs left off, or of seven days. Safe at any time and any number of times: what is "
        "here already stays one row. Stopped (Ctrl-C, SIGTERM, a failing platform), the same "
        "command goes on where it was. Exit code 1 where an account failed or was not finished."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--account", action="append", metavar="ALIAS", help="of this account (repeatable)"
        )
        parser.add_argument(
            "--number", default="", metavar="ID", help="of this number of ours (phone number id)"
        )
        parser.add_argument(
            "--conversation", type=int, metavar="ID", help="of this conversation (our id)"
        )
        parser.add_argument(
            "--since",
            type=_moment,
            metavar="TIME",
            help="leave out what is older: a date, a time, or 90m, 36h, 3d",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be recorded; write nothing"
        )
        parser.add_argument(
            "--restart", action="store_true", help="begin anew, also where one was stopped"
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="look at so many chats, then stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1")
        failed: list[str] = []
        with asked_to_stop() as stop:
            for scope in _scopes(options):
                if stop.is_set():
                    break
                try:
                    row = self._run(scope, options, stop.is_set)
                except ChakraError as error:
                    show(self, "", end="\n")
                    words = ascii(str(error))[1:-1]
                    failed.append(scope.account)
                    self.stderr.write(f"{scope.account}: {words}")
                else:
                    if row.state != BackfillState.DONE:
                        failed.append(scope.account)
        if failed:
            names = ", ".join(failed)
            raise CommandError(f"Not finished: {names}. The same command goes on where it was.")

    def _run(self, scope: Scope, options: dict[str, Any], is_stopped: Any) -> Backfill:
        """One account, and its summary."""
        dry = options["dry_run"]

        def progress(row: Backfill, found: Found) -> None:
            if dry and (found.messages or found.statuses):
                say(self, f"{scope.account}: {_would_be(found)}")
            show(self, f"{scope.account}: {_counts(row)}")

        row = backfill.run(
            scope,
            since=options["since"],
            reason="command",
            anew=options["restart"],
            limit=options["limit"],
            dry=dry,
            is_stopped=is_stopped,
            progress=progress,
        )
        show(self, f"{scope.account}: {_counts(row)}", end="\n")
        since = timezone.localtime(row.since).strftime("%Y-%m-%d %H:%M") if row.since else "ever"
        would = "Nothing was written. " if dry else ""
        state = "" if row.state == BackfillState.DONE else " Stopped before the end."
        say(self, f"{scope.account}: {would}Since {since}: {_counts(row)}.{state}")
        if row.error:
            say(self, f"{scope.account}: not used: {ascii(row.error)[1:-1]}.")
        return row


def _scopes(options: dict[str, Any]) -> list[Scope]:
    """What is asked for, account by account."""
    aliases = options["account"]
    if options["conversation"] is not None:
        rows = Conversation.objects.filter(pk=options["conversation"])
        account = rows.values_list("account", flat=True).first()
        if account is None or (aliases and account not in aliases):
            raise CommandError(f"There is no conversation {options['conversation']} there")
        aliases = [account]
    given = accounts(aliases or conf.raw_accounts())
    chosen = [one.alias for one in given if one.access_token or aliases]
    if not chosen:
        raise CommandError("No account has an ACCESS_TOKEN")
    number, conversation = options["number"], options["conversation"]
    return [Scope(account=one, number=number, conversation=conversation) for one in chosen]


def _counts(row: Backfill) -> str:
    """How far it is, and what it came to."""
    return (
        f"{row.chats} chats, {row.seen} messages seen, {row.missed} missed, "
        f"{row.missed_statuses} statuses missed, {row.resolved} of unknown end found"
    )


def _would_be(found: Found) -> str:
    """What is missing of a page of a chat."""
    times = [timezone.localtime(at) for at in (found.first_at, found.last_at) if at]
    when = " to ".join(f"{at:%Y-%m-%d %H:%M}" for at in times)
    words = f"{found.messages} messages" + (f" ({when})" if when else "")
    return f"{ascii(found.contact)[1:-1]}: {words}, {found.statuses} statuses"


def _moment(text: str) -> datetime:
    """A date, a time (without a zone it is the site's), or how long ago."""
    if span := _SPAN.fullmatch(text):
        return timezone.now() - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        return moment(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}, and no span like 36h") from error
