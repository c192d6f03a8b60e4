"""The example site beside a fake platform with customers, and a check that all of it arrives."""

from __future__ import annotations

import signal
import tempfile
import time
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from django_chakra.models import Conversation, Message
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.playing import play
from django_chakra.testing.fake.script import load

from ...demo import both, rehearsal, site, verification
from ...demo.both import Both

USER = PASSWORD = "demo"


class Command(BaseCommand):
    """``demo``: until it is stopped; ``demo --check``: once, with a verdict."""

    help = (
        "Run the example site beside a fake of Chakra, until Ctrl-C: customers write, the site "
        "answers over HTTP, and is told what becomes of it, in both formats, some twice and out of "
        "order. Nothing leaves this machine. With --check: play once on a database of its own, "
        "compare every row with the fake's book, exit with 0 or 1."
    )
    # Some of Django's own ask the database, and here it need not be there yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--check", action="store_true", help="play once, verify what came of it, and end"
        )
        for option, what, first in (
            ("--port", "site", site.FIRST_PORT),
            ("--fake-port", "fake", site.FIRST_FAKE_PORT),
        ):
            parser.add_argument(
                option,
                type=_port,
                help=f"where the {what} listens (default: {first} or the next free one; with "
                "--check any free one)",
            )
        parser.add_argument(
            "--every",
            type=_seconds,
            default=5.0,
            metavar="SECONDS",
            help="pause between two things that customers do (default %(default)s)",
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
        ports = _ports(options)
        try:
            if options["check"]:
                self._check(*ports, options["secret"])
            else:
                self._run(*ports, options["secret"], options["every"])
        except site.SiteError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            if options["check"]:
                raise CommandError("Stopped before the end.", returncode=130) from None
            self.stdout.write("\nStopped. The conversations are kept for the next time.")

    def _check(self, port: int | None, fake_port: int | None, secret: str) -> None:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="demo-") as name:
            folder = Path(name)
            try:
                fake = rehearsal.rehearse(folder, port=port, fake_port=fake_port, secret=secret)
                findings = verification.verify(fake, folder / rehearsal.HEARD)
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

    def _run(self, port: int | None, fake_port: int | None, secret: str, every: float) -> None:
        if ":memory:" in str(connection.settings_dict["NAME"]):
            raise CommandError("The demo needs a database file, which two processes can share.")
        self._say("Preparing the database and starting the site …")
        call_command("migrate", verbosity=0, interactive=False)
        _make_staff()
        port = port or site.next_free(site.FIRST_PORT, besides=fake_port)
        fake_port = fake_port or site.next_free(site.FIRST_FAKE_PORT, besides=port)
        # The database is kept: a run gives other ids than the ones before.
        with both.running(port, fake_port, seed=int(time.time()), secret=secret) as pair:
            if not Message.objects.exists():
                self._say("Customers write. This is what example_project/bot.py hears:\n")
                play(pair.fake, load(both.OPENING))
                both.settle(pair.fake)
                pair.site.check()
            self._say_where(pair)
            self._go_on(pair, every)

    def _say_where(self, pair: Both) -> None:
        if posted := pair.fake.ledger.entries("event"):
            messages, chats = Message.objects.count(), Conversation.objects.count()
            self._say(
                f"\n{len(posted)} calls became {messages} messages in {chats} conversations: they "
                "came in both formats,\nsome twice, and out of order."
            )
        if refused := sum(call["status"] != 200 for call in posted):
            self._say(self.style.ERROR(f"{refused} calls were not answered with 200."))
        self._say(
            f"\n  Admin     {self.style.SUCCESS(f'{pair.site.url}/admin/')}\n"
            f"  Login     {USER}, password {PASSWORD}\n"
            f"  Webhook   {site.webhook(pair.site.url)}\n"
            f"  Fake      {pair.fake_url} (stands for Chakra: the site sends there)\n"
            f"  Database  {connection.settings_dict['NAME']} (delete it to begin anew)\n\n"
            "Now customers keep writing. Stop with Ctrl-C.\n"
        )

    def _say(self, text: str) -> None:
        """At once, also into a pipe: the server's lines go to the same terminal."""
        self.stdout.write(text)
        self.stdout.flush()

    def _go_on(self, pair: Both, every: float) -> None:
        """Let customers write, one line of the script after the other, until a signal comes."""
        _open_windows(pair.fake)
        script = load(both.SMALL_TALK)
        steps = tuple(replace(step, after=every) for step in script.steps)
        habits = load(both.OPENING).habits
        play(pair.fake, replace(script, habits=habits, steps=steps, repeat=0.0))
        with both.posting(pair.fake):
            while True:
                pair.site.check()
                time.sleep(0.5)


def _ports(options: dict[str, Any]) -> tuple[int | None, int | None]:
    """The ports that were asked for, both of which are free."""
    for option in ("port", "fake_port"):
        port = options[option]
        if port is not None and not site.is_free(port):
            name = f"--{option.replace('_', '-')}"
            raise CommandError(f"Port {port} is taken; without {name} the next free one is used.")
    if options["port"] is not None and options["port"] == options["fake_port"]:
        raise CommandError("--port and --fake-port are the same; each needs one of its own.")
    return options["port"], options["fake_port"]


def _open_windows(fake: FakeChakra) -> None:
    """Let the fake know who wrote in earlier runs: who did so lately may be answered."""
    wrote = Conversation.objects.filter(contact__isnull=False).values_list(
        "contact__identities__value", "number__phone_number_id", "last_inbound_at"
    )
    for customer, number, at in wrote:
        if at is not None:
            fake.state.open_window(customer, phone_number_id=number, at=at.timestamp())


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
    if not 0 < seconds < 86400:
        raise ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
