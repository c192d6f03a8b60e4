"""Process stored calls: once, or as the worker."""

from __future__ import annotations

import threading
import time
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections, connections
from django.db.models import QuerySet

from ... import download, process, receive, schedule, send, spool
from ...backfill.gaps import watching_for_gaps
from ...download.downloaders import Downloaders
from ...models import CallState, WebhookCall
from ...models.calls import CallQuerySet
from ...models.statements import exist
from ...send.carriers import Carriers
from ...send.carry import waiting
from ...watchdog import limiting
from ..moments import moment
from ..staying import Late, Stop, asked_to_stop, say, say_away, show

#: Idle seconds between two looks; with a sweep every ten this stays below 2 queries per second.
POLL_SECONDS = 0.8
#: The same while calls come in: for so many seconds after the last one.
BUSY_POLL_SECONDS = 0.2
BUSY_SECONDS = 10.0
#: Conversations that are sent to at once.
THREADS = 4
#: Files that are downloaded at once.
DOWNLOAD_THREADS = 2
#: Seconds until who sends or downloads looks without being told to: while receivers are slow nobody
#: tells.
SEND_POLL_SECONDS = 10.0


class Command(BaseCommand):
    """``chakra_process``: what waits now; ``--watch``: until it is stopped."""

    help = (
        "Process stored webhook calls, announce what is due, send what waits, and download files. "
        "Once by default; with --watch until SIGTERM or Ctrl-C. Safe to run several times at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--watch", action="store_true", help="stay and process what comes in")
        parser.add_argument(
            "--no-send", action="store_true", help="send nothing: that is chakra_send's"
        )
        parser.add_argument(
            "--no-download", action="store_true", help="download nothing: that is chakra_download's"
        )
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
        parser.add_argument("--since", type=moment, help="received at or after (date or time)")
        parser.add_argument("--until", type=moment, help="received before (date or time)")

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
        also = {"sends": not options["no_send"], "downloads": not options["no_download"]}
        if options["watch"]:
            how: Any = {"say": partial(say, self), "away": partial(say_away, self)}
            with asked_to_stop() as stop, watching_for_gaps(stop, **how):
                self._watch(options["batch"], stop, **also)
        else:
            with limiting():
                self._once(options["batch"], **also)

    def _once(self, batch: int, *, sends: bool, downloads: bool) -> None:
        """Until nothing is due."""
        total = taken_in = 0
        while came := spool.take_in(at_once=True):
            taken_in += came
        self._say_taken_in(taken_in)
        while expired := process.run_expired():
            total += expired
        swept = _sweep()  # before anything new, which might end this process
        while taken := process.run(limit=batch):
            total += taken
            show(self, f"{total} calls")
        swept += _sweep()
        show(self, f"{total} calls", end="\n")
        self.stdout.write(f"{total} calls processed, {swept} announcements caught up.")
        if sends:
            left = 0
            while more := send.run():
                left += more
                show(self, f"{left} messages")
            self.stdout.write(f"{left} messages left the queue.")
        if downloads and download.waiting().exists():
            downloaders = Downloaders(DOWNLOAD_THREADS)
            downloaders.start(stay=False)
            downloaders.join()
            self.stdout.write(f"{downloaders.kept} files kept.")

    def _watch(self, batch: int, stop: Stop, *, sends: bool, downloads: bool) -> None:
        """Until a signal asks to stop; what is in hand is finished first."""
        say(self, "Waiting for calls. Stop with Ctrl-C or SIGTERM.")
        # Apart, so that neither a slow API nor a large file ever keeps calls waiting.
        how: Any = {
            "stop": stop,
            "poll": SEND_POLL_SECONDS,
            "away": lambda error: say_away(self, error),
        }
        carriers = Carriers(THREADS, **how) if sends else None
        downloaders = Downloaders(DOWNLOAD_THREADS, **how) if downloads else None
        sending = threading.Thread(target=_send, args=(carriers,)) if carriers else None

        def end() -> None:
            stop.set()
            if sending:
                sending.join()
            if downloaders:
                downloaders.join()

        try:
            if sending:
                sending.start()
            if downloaders:
                downloaders.start(stay=True)
            with limiting(end), schedule.limited(Late(stop)):
                total = self._take(batch, stop, carriers, downloaders)
        finally:
            end()
        if downloaders and downloaders.kept:
            say(self, f"{downloaders.kept} files kept.")
        messages = f" and {carriers.left} messages" if carriers else ""
        say(self, f"Stopped after {total} calls{messages}.")

    def _say_taken_in(self, calls: int) -> None:
        if calls:
            say(self, f"{calls} calls taken in from the spool.")

    def _take(
        self,
        batch: int,
        stop: threading.Event,
        carriers: Carriers | None,
        downloaders: Downloaders | None,
    ) -> int:
        """Process calls as they come in; return how many there were."""
        total, swept, swept_at, worked_at = 0, 0, float("-inf"), float("-inf")
        while not stop.is_set():
            try:
                self._say_taken_in(spool.take_in())
                taken = 0
                # Before anything new, which might end this process each time it is started.
                # A stopped worker may have left more than one sweep takes.
                if swept or time.monotonic() - swept_at > process.SWEEP_SECONDS:
                    swept_at, swept = time.monotonic(), process.sweep()
                    taken = swept
                if _look(carriers, downloaders) and not stop.is_set():
                    taken += process.run(limit=batch)
            except Error as error:
                # Away for a while: the calls are rows, or wait at the server's door.
                say_away(self, error)
                close_old_connections()
                stop.wait(2)
                continue
            if taken:
                total, worked_at = total + taken, time.monotonic()
                show(self, f"{total} calls")
                if carriers is not None:
                    carriers.wake()  # receivers may have answered
            else:
                busy = time.monotonic() - worked_at < BUSY_SECONDS
                stop.wait(BUSY_POLL_SECONDS if busy else POLL_SECONDS)
        show(self, f"{total} calls", end="\n")
        return total


def _sweep() -> int:
    """Do all that stopped workers left undone; return how much that was."""
    total = 0
    while more := process.sweep():
        total += more
    return total


def _send(carriers: Carriers) -> None:
    """The thread that hands out what is to be sent."""
    try:
        carriers.run(stay=True)
    finally:
        connections.close_all()


def _look(carriers: Carriers | None, downloaders: Downloaders | None) -> bool:
    """Whether calls are due; who sends is told of messages, for which the same statement asks, and
    who downloads of files.
    """
    others: list[tuple[Carriers | Downloaders, QuerySet[Any]]] = []
    if carriers is not None:
        others.append((carriers, waiting()))
    if downloaders is not None:
        others.append((downloaders, download.waiting()))
    calls, *found = exist(
        WebhookCall.objects.due(CallState.RECEIVED), *(rows for _, rows in others)
    )
    for (one, _), is_due in zip(others, found, strict=True):
        if is_due:
            one.wake()
    return calls


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
