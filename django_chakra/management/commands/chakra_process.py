"""Process stored calls: once, or as the worker."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ... import process, receive
from ...models import CallState, WebhookCall
from ...models.calls import CallQuerySet

#: Idle seconds between two looks; with a sweep every ten this stays below 2 queries per second.
POLL_SECONDS = 0.8
#: The same while calls come in: for so many seconds after the last one.
BUSY_POLL_SECONDS = 0.2
BUSY_SECONDS = 10.0


class Command(BaseCommand):
    """``chakra_process``: what waits now; ``--watch``: until it is stopped."""

    help = (
        "Process stored webhook calls and announce what is due. Once by default; with --watch "
        "until SIGTERM or Ctrl-C. Safe to run several times at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--watch", action="store_true", help="stay and process what comes in")
        parser.add_argument(
            "--batch",
            type=int,
            default=process.BATCH,
            help="calls taken at once (default %(default)s)",
        )
        parser.add_argument(
            "--replay",
            action="store_true",
            help="process calls again: choose them by --id, --kind, --state, --since, --until",
        )
        parser.add_argument(
            "--verify-again",
            action="store_true",
            help="take in refused calls that verify with the secrets of today",
        )
        parser.add_argument("--id", type=int, nargs="+", metavar="ID", help="calls by id")
        parser.add_argument("--kind", help="calls of this kind, for example status.failed")
        parser.add_argument("--state", choices=CallState.values, help="calls in this state")
        parser.add_argument("--account", help="calls of this account")
        parser.add_argument("--since", type=_moment, help="received at or after (date or time)")
        parser.add_argument("--until", type=_moment, help="received before (date or time)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if options["batch"] < 1:
            raise CommandError("--batch must be at least 1")
        if options["verify_again"]:
            taken = receive.verify_again(_chosen(options))
            self.stdout.write(f"{taken} refused calls verify now and were taken in.")
        if options["replay"]:
            if not any(options[name] for name in ("id", "kind", "state", "since", "until")):
                raise CommandError("--replay needs --id, --kind, --state, --since or --until")
            self.stdout.write(f"{process.replay(_chosen(options))} calls are processed again.")
        if options["watch"]:
            self._watch(options["batch"])
        else:
            self._once(options["batch"])

    def _once(self, batch: int) -> None:
        """Until nothing is due."""
        total = 0
        while taken := process.run(limit=batch):
            total += taken
            self._progress(total)
        while expired := process.run_expired():
            total += expired
        swept = process.sweep()
        self._progress(total, end="\n")
        self.stdout.write(f"{total} calls processed, {swept} announcements caught up.")

    def _watch(self, batch: int) -> None:
        """Until a signal asks to stop; what is in hand is finished first."""
        stop = threading.Event()

        def ask(number: int, frame: FrameType | None) -> None:
            stop.set()

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, ask)
        self.stdout.write("Waiting for calls. Stop with Ctrl-C or SIGTERM.")
        self.stdout.flush()
        total, swept_at, worked_at = 0, float("-inf"), float("-inf")
        while not stop.is_set():
            try:
                taken = process.run(limit=batch)
                if time.monotonic() - swept_at > process.SWEEP_SECONDS:
                    swept_at = time.monotonic()
                    taken += process.sweep()
            except Error as error:
                # Away for a while: the calls are rows, or wait at the server's door.
                self.stderr.write(f"The database failed ({type(error).__name__}); trying again.")
                close_old_connections()
                stop.wait(2)
                continue
            if taken:
                total, worked_at = total + taken, time.monotonic()
                self._progress(total)
            else:
                busy = time.monotonic() - worked_at < BUSY_SECONDS
                stop.wait(BUSY_POLL_SECONDS if busy else POLL_SECONDS)
        self._progress(total, end="\n")
        self.stdout.write(f"Stopped after {total} calls.")

    def _progress(self, total: int, end: str = "") -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{total} calls", ending=end)
            self.stdout.flush()


def _chosen(options: dict[str, Any]) -> CallQuerySet:
    """The calls that the options name."""
    names = {
        "id": "pk__in",
        "kind": "kind",
        "state": "state",
        "account": "account",
        "since": "received_at__gte",
        "until": "received_at__lt",
    }
    return WebhookCall.objects.filter(
        **{path: options[name] for name, path in names.items() if options[name]}
    )


def _moment(text: str) -> datetime:
    """A date or a time; without a zone it is the site's."""
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime(day.year, day.month, day.day)
    except ValueError:
        moment = None
    if moment is None:
        # argparse prints "invalid _moment value" for a ValueError; say it in words instead.

        raise ArgumentTypeError(f"{text!r} is no date (2026-11-22) or time (2026-11-22T10:00)")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
