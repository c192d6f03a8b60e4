"""Play the demo's opening once, then spoil what came of it in many ways, each undone again.

Run as ``python -m tests.example_project.tampering FOLDER`` with the settings of the example
project; prints, as JSON, which lines of the table are wrong after each.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

django.setup()

from django_chakra.models import (  # noqa: E402  models can be imported only now
    Conversation,
    DeliveryStatus,
    MediaFile,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.storage import PrivateStorage  # noqa: E402  the same
from example_project.demo import rehearsal, verification  # noqa: E402  the same


def message(direction: str, source: str | None = None) -> Any:
    """One bubble of this direction that no other is about, as a queryset."""
    alone = {"replies": None, "reply_to": None, "edited_at": None}
    rows = Message.objects.filter(direction=direction, role="bubble", **alone)
    from_phone = rows.filter(source="echo_phone")
    rows = from_phone if source == "phone" else rows.exclude(pk__in=from_phone)
    return Message.objects.filter(pk=rows.earliest("pk").pk)


def copy_of_a_message() -> None:
    """The same text once more, under another id."""
    row = message("in").get()
    row.pk, row.external_id = None, f"{row.external_id}.again"
    row.save(force_insert=True)


def another_conversation() -> None:
    """A second conversation of a customer, with a number of ours that is not known."""
    row = Conversation.objects.earliest("pk")
    number = row.number
    row.pk = number.pk = None
    number.key = "waba:1"
    number.save(force_insert=True)
    row.number = number
    row.save(force_insert=True)


def other_file() -> str:
    """The name of a stored file that no customer has sent."""
    return PrivateStorage().save("other", ContentFile(b"other"))


TAMPERINGS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "a call failed": lambda: WebhookCall.objects.filter(pk=1).update(state="failed"),
    "a call is lost": lambda: WebhookCall.objects.filter(repeats=None).earliest("pk").delete(),
    "a repeat is not marked": lambda: WebhookCall.objects.update(repeat_of=None),
    "a call is unreadable": lambda: WebhookCall.objects.filter(pk=1).update(unreadable=1),
    "a text is lost": lambda: message("in").delete(),
    "a text changed": lambda: message("in").update(text="another"),
    "a text is there twice": copy_of_a_message,
    "a text is in a wrong conversation": lambda: message("in").update(
        conversation=Conversation.objects.exclude(messages__in=message("in")).earliest("pk")
    ),
    "a conversation too many": another_conversation,
    "a reply is loose": lambda: Message.objects.update(reply_to=None),
    "a file is not kept": lambda: MediaFile.objects.update(state="waiting"),
    "a file has other bytes": lambda: MediaFile.objects.update(file=other_file()),
    "an edit is lost": lambda: Message.objects.filter(role="edit").delete(),
    "an answer is lost": lambda: message("out").delete(),
    "a message from the phone is lost": lambda: message("out", "phone").delete(),
    "an answer has a lower status": lambda: message("out").update(status="accepted"),
    "a status is lost": lambda: DeliveryStatus.objects.earliest("pk").delete(),
    "a status is loose": lambda: DeliveryStatus.objects.filter(status="sent").update(message=None),
    "a receiver failed": lambda: ReceiverFailure.objects.create(account="default", receiver="bot"),
    "something is left to announce": lambda: message("in").update(announce_at=timezone.now()),
}


def main(folder: Path) -> None:
    fake, heard = rehearsal.rehearse(folder), folder / rehearsal.HEARD

    def wrong() -> list[str]:
        return [line.what for line in verification.verify(fake, heard) if not line.holds]

    found = {}
    for name, tamper in TAMPERINGS.items():
        with transaction.atomic():
            tamper()
            found[name] = wrong()
            transaction.set_rollback(True)
    lines = heard.read_text().splitlines(keepends=True)
    for name, signal in (
        ("a text was heard", "message_received"),
        ("a message from the phone was heard", "message_echoed"),
        ("a status was heard", "message_sent"),
        ("an unknown fact was heard", "event_received"),
    ):
        one = next(line for line in lines if signal in line)
        heard.write_text("".join([*lines, one]))
        found[f"{name} twice"] = wrong()
        heard.write_text("".join(line for line in lines if line != one))
        found[f"{name} never"] = wrong()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
