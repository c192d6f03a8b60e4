"""Download the files of messages that were left behind; look at those that are kept."""

from __future__ import annotations

import hashlib
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q, QuerySet

from ... import download
from ...download.downloaders import Downloaders
from ...models import MediaFile, MediaState
from ...models.fields import DatabaseNow
from ..moments import moment
from ..options import add_threads, check
from ..staying import asked_to_stop, say, say_away, show

#: Rows that are looked at together.
BATCH = 500
BLOCK = 64 * 1024


class Command(BaseCommand):
    """``chakra_download``: what waits; ``--verify``: whether what is kept is whole."""

    help = (
        "Download the files of messages whose time has come, and on request those that failed, "
        "expired or were not wanted. Safe to run several times at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        for state in ("failed", "expired", "skipped"):
            parser.add_argument(
                f"--{state}", action="store_true", help=f"try those again that are {state}"
            )
        parser.add_argument("--account", metavar="ALIAS", help="of this account only")
        parser.add_argument("--message", type=int, metavar="ID", help="of this message only")
        parser.add_argument(
            "--since", type=moment, help="of messages received at or after (date or time)"
        )
        add_threads(parser, "files that are downloaded")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="read what is kept and compare it; what is damaged is downloaded again next time",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        check(options)
        rows = _chosen(options)
        again = [state for state in ("failed", "expired", "skipped") if options[state]]
        if options["verify"]:
            if again:
                raise CommandError("--verify looks at what is kept: it can't try others again")
            self._verify(rows, dry=options["dry_run"])
        elif options["dry_run"]:
            count = download.waiting(rows).count() + rows.filter(state__in=again).count()
            say(self, f"{count} files would be downloaded. {_counted(rows)}")
        else:
            if again:
                download.again(rows.filter(state__in=again))
            self._download(rows, options["threads"])

    def _download(self, rows: QuerySet[MediaFile], threads: int) -> None:
        with asked_to_stop() as stop:
            downloaders = Downloaders(
                threads,
                rows=rows,
                stop=stop,
                progress=lambda kept: show(self, f"{kept} files"),
                away=lambda error: say_away(self, error),
            )
            downloaders.start(stay=False)
            downloaders.join()
        show(self, f"{downloaders.kept} files", end="\n")
        missed = f", {downloaders.missed} attempts failed" if downloaders.missed else ""
        say(self, f"{downloaders.kept} files kept{missed}. {_counted(rows)}")

    def _verify(self, rows: QuerySet[MediaFile], *, dry: bool) -> None:
        """Read every byte of what is kept; what is damaged waits again, unless it is ours."""
        kept, looked, damaged = rows.filter(state=MediaState.KEPT), 0, 0
        last = 0
        while batch := list(kept.filter(pk__gt=last).order_by("pk")[:BATCH]):
            last = batch[-1].pk
            for media in batch:
                looked += 1
                show(self, f"{looked} files")
                if words := _damage(media):
                    damaged += 1
                    say(self, f"File {media.pk} of message {media.message_id}: {words}")
                    if not dry:
                        _let_wait(media, words)
        show(self, f"{looked} files", end="\n")
        say(self, f"{looked} files looked at, {damaged} damaged.")
        if damaged:
            sys.exit(1)


def _chosen(options: dict[str, Any]) -> QuerySet[MediaFile]:
    """The files that the options name."""
    names = {
        "account": "account",
        "message": "message",
        "since": "message__received_at__gte",
    }
    found = {path: options[name] for name, path in names.items() if options[name] is not None}
    return MediaFile.objects.filter(**found)


def _counted(rows: QuerySet[MediaFile]) -> str:
    """How many stand where."""
    found = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    told = [f"{found[state]} {state}" for state in MediaState.values if state in found]
    return f"There are {', '.join(told)}." if told else "There are no files."


def _damage(media: MediaFile) -> str:
    """What is wrong with a kept file, in words; "" where nothing is."""
    digest, size = hashlib.sha256(), 0
    try:
        with media.file.open("rb") as content:
            while block := content.read(BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError:
        return "it is not in the storage"
    except OSError as error:
        return f"it can't be read ({type(error).__name__})"
    if media.size is not None and size != media.size:
        return f"it has {size} bytes and should have {media.size}"
    if media.sha256 and digest.hexdigest() != media.sha256:
        return "its SHA-256 is another"
    return ""


def _let_wait(media: MediaFile, words: str) -> None:
    """Have it downloaded again; what is stored goes once the new file is there."""
    theirs = MediaFile.objects.exclude(Q(media_id="", url=""))
    theirs.filter(pk=media.pk, state=MediaState.KEPT).update(
        state=MediaState.WAITING,
        attempts=0,
        next_attempt_at=DatabaseNow(),
        error=f"Damaged in the storage: {words}",
    )
