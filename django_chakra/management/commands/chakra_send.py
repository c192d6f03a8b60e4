"""Send what waits: once, or until it is stopped; pause and resume campaigns."""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from ... import send
from ...models import Campaign, Message, MessageStatus
from ...send.carriers import Carriers
from ..options import add_threads, check
from ..staying import asked_to_stop, say, say_away, show

#: States of which people want to know that something is left there.
LEFT = (
    MessageStatus.QUEUED,
    MessageStatus.PAUSED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
)


class Command(BaseCommand):
    """``chakra_send``: what waits now; ``--watch``: until it is stopped."""

    help = (
        "Send the messages that wait. Once by default; with --watch until SIGTERM or Ctrl-C. "
        "Safe to run several times at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--watch", action="store_true", help="stay and send what comes")
        add_threads(parser, "conversations that are sent to")
        parser.add_argument("--account", metavar="ALIAS", help="of this account only")
        parser.add_argument(
            "--campaign",
            metavar="NAME",
            help='with --pause, --resume or --status; of account "default" unless it is named',
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--pause", action="store_true", help="hold the campaign's messages")
        act.add_argument("--resume", action="store_true", help="let them be sent again")
        act.add_argument("--status", action="store_true", help="say where they stand")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        check(options)
        acts = [name for name in ("pause", "resume", "status") if options[name]]
        if bool(options["campaign"]) != bool(acts):
            raise CommandError("--campaign needs --pause, --resume or --status, and they need it")
        if acts:
            self._campaign(options["campaign"], options["account"] or "default", acts[0])
        else:
            with asked_to_stop() as stop:
                self._send(options, stop)

    def _send(self, options: dict[str, Any], stop: threading.Event) -> None:
        """What is due, or until a signal asks to stop; what is in hand is finished first."""
        stay = options["watch"]
        carriers = Carriers(
            options["threads"],
            account=options["account"],
            stop=stop,
            progress=lambda left: show(self, f"{left} messages"),
            away=lambda error: say_away(self, error),
        )
        if stay:
            say(self, "Waiting for messages. Stop with Ctrl-C or SIGTERM.")
        left = carriers.run(stay=stay)
        show(self, f"{left} messages", end="\n")
        rows = Message.objects.filter(status__in=LEFT)
        if options["account"] is not None:
            rows = rows.filter(account=options["account"])
        say(self, f"{left} messages left the queue. {_counted(rows) or 'Nothing waits.'}")

    def _campaign(self, name: str, account: str, act: str) -> None:
        try:
            campaign = Campaign.objects.get(account=account, name=name)
        except Campaign.DoesNotExist:
            raise CommandError(f"Account {account!r} has no campaign of this name") from None
        if act == "pause":
            say(self, f"{send.pause(campaign)} messages are paused.")
        elif act == "resume":
            say(self, f"{send.resume(campaign)} messages wait to be sent.")
        else:
            why = f" ({campaign.error_code}: {ascii(campaign.reason)[1:-1]})"
            reason = why if campaign.reason or campaign.error_code else ""
            counts = _counted(campaign.messages.all()) or "It has no messages."
            say(self, f"{campaign.get_state_display()}{reason}. {counts}")


def _counted(rows: Any) -> str:
    """How many stand where, in the order in which a message goes."""
    found = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    told = [f"{found[word]} {word}" for word in MessageStatus.values if word in found]
    return f"{', '.join(told)}." if told else ""
