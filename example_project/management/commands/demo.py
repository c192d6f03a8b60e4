"""The example site, a customer who writes to it, and a check that all of it arrives."""

from __future__ import annotations

import signal
import tempfile
import time
from argparse import ArgumentParser, ArgumentTypeError
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from django_chakra import conf
from django_chakra.models import Conversation, Message

from ...demo import play, rehearsal, site, story, verification
from ...demo.platform import Platform

USER = PASSWORD = "demo"


class Command(BaseCommand):
    """``demo``: until it is stopped; ``demo --check``: once, with a verdict."""

    help = (
        "Run the example site with customers who write to it: signed calls in both formats over "
        "HTTP, some twice and out of order, until Ctrl-C. Nothing leaves this machine. With "
        "--check: play once on a database of its own, verify every row, exit with 0 or 1."
    )
    # Some of Django's own ask the database, and here it need not be there yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--check", action="store_true", help="play once, verify what came of it, and end"
        )
        parser.add_argument(
            "--port",
            type=_port,
            help=f"where the site listens (default: {site.FIRST_PORT} or the next free one; with "
            "--check any free one)",
        )
        parser.add_argument(
            "--every",
            type=_seconds,
            default=5.0,
            metavar="SECONDS",
            help="pause between two questions of customers (default %(default)s)",
        )
        parser.add_argument(
            "--secret",
            default="",
            help="sign the calls with this, to see what a site does with a wrong one (default: "
            "the site's own)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if number := getattr(signal, name, None):
                signal.signal(number, _interrupt)
        port = options["port"]
        if port is not None and not site.is_free(port):
            raise CommandError(f"Port {port} is taken; without --port the next free one is used.")
        try:
            if options["check"]:
                self._check(port, options["secret"])
            else:
                self._run(port or site.next_free(), options["secret"], options["every"])
        except site.SiteError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            if options["check"]:
                raise CommandError("Stopped before the end.", returncode=130) from None
            self.stdout.write("\nStopped. The conversations are kept for the next time.")

    def _check(self, port: int | None, secret: str) -> None:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="demo-") as name:
            folder = Path(name)
            try:
                played = rehearsal.rehearse(folder, port=port, secret=secret)
                findings = verification.verify(played, folder / rehearsal.HEARD)
            except site.SiteError as error:
                said = (folder / rehearsal.SERVER).read_text(errors="replace")
                raise CommandError(f"{error}\n{said[-4000:]}") from error
            finally:
                connections.close_all()
        for line in verification.table(findings):
            self.stdout.write(line)
        took = f"{time.monotonic() - started:.1f} s"
        wrong = sum(not finding.holds for finding in findings)
        if wrong:
            raise CommandError(f"{wrong} of {len(findings)} lines are wrong ({took}).")
        self.stdout.write(self.style.SUCCESS(f"All {len(findings)} lines hold ({took})."))

    def _run(self, port: int, secret: str, every: float) -> None:
        if ":memory:" in str(connection.settings_dict["NAME"]):
            raise CommandError("The demo needs a database file, which two processes can share.")
        self._say("Preparing the database and starting the site …")
        call_command("migrate", verbosity=0, interactive=False)
        _make_staff()
        run = f"{int(time.time()):x}"
        with site.running(port) as address:
            sender = Platform(site.webhook(address), secret or conf.account().webhook_secrets[0])
            if not Message.objects.exists():
                self._say("Customers write. This is what example_project/bot.py hears:\n")
                play.tell(story.opening(run, int(time.time()) - 900), sender)
            self._say_where(address, sender)
            self._trickle(run, sender, every)

    def _say_where(self, address: str, sender: Platform) -> None:
        if posted := sender.answers.total():
            messages, chats = Message.objects.count(), Conversation.objects.count()
            self._say(
                f"\n{posted} calls became {messages} messages in {chats} conversations: each came "
                "in both formats,\nsome twice, and out of order."
            )
        if refused := posted - sender.answers["200"]:
            self._say(self.style.ERROR(f"{refused} calls were not answered with 200."))
        self._say(
            f"\n  Admin     {self.style.SUCCESS(f'{address}/admin/')}\n"
            f"  Login     {USER}, password {PASSWORD}\n"
            f"  Webhook   {sender.url}\n"
            f"  Database  {connection.settings_dict['NAME']} (delete it to begin anew)\n\n"
            "Now customers keep writing. Stop with Ctrl-C.\n"
        )

    def _say(self, text: str) -> None:
        """At once, also into a pipe: the server's lines go to the same terminal."""
        self.stdout.write(text)
        self.stdout.flush()

    def _trickle(self, run: str, sender: Platform, every: float) -> None:
        for number in count():
            # A little ago, so that no report of the answer lies in the future.
            play.exchange(*story.small_talk(run, number, int(time.time()) - 10), sender)
            if errors := [word for word in sender.answers if not word.isdecimal()]:
                raise site.SiteError(f"The site does not answer any more ({', '.join(errors)}).")
            time.sleep(every)


def _make_staff() -> None:
    """The demo's superuser, with its password as it is printed."""
    user, _ = get_user_model().objects.get_or_create(username=USER)
    if not user.check_password(PASSWORD) or not (user.is_active and user.is_superuser):
        user.is_active = user.is_staff = user.is_superuser = True
        user.set_password(PASSWORD)
        user.save()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ArgumentTypeError(f"{text!r} is no port (1 to 65535)")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86400:
        raise ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
