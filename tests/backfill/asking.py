"""What was missed, and asking for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from django.utils import timezone

from django_chakra import backfill, receive
from django_chakra.backfill import Scope
from django_chakra.models import Backfill, Message
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.taking import keep
from tests.posting import process_all

ANA, BRUNO = "5511988887777", "5511977776666"
DEFAULT = Scope(account="default")


@contextmanager
def small_pages(size: int) -> Iterator[None]:
    """So few entries on a page."""
    with mock.patch("django_chakra.backfill.chats.PAGE", size):
        yield


def ask(scope: Scope = DEFAULT, **options: Any) -> Backfill:
    """Ask for all of the past two days."""
    options = {"since": timezone.now() - timedelta(days=2), **options}
    return backfill.run(scope, **options)


def wrote(fake: FakeChakra, customer: str, body: Any, *, ago: float = 60, **more: Any) -> str:
    """A customer wrote so many seconds ago, and nobody heard; what WhatsApp calls it."""
    number, at = more.get("phone_number_id", fake.phone_number_id), fake.clock.now() - ago
    fake.state.open_window(customer, phone_number_id=number, at=at)
    return said(fake, customer, body, ago=ago, direction="INBOUND", **more)


def said(
    fake: FakeChakra,
    customer: str,
    body: Any,
    *,
    ago: float = 60,
    kind: str = "text",
    direction: str = "OUTBOUND",
    **more: Any,
) -> str:
    """Somebody of ours wrote, elsewhere, and nobody heard."""
    message = keep(
        fake,
        customer=customer,
        kind=kind,
        body={"body": body} if isinstance(body, str) else body,
        at=fake.clock.now() - ago,
        phone_number_id=more.pop("phone_number_id", fake.phone_number_id),
        direction=direction,
        **more,
    )
    return message.wamid


def posted(call: Mapping[str, Any], account: str = "default") -> None:
    """A webhook brings this, and it is processed."""
    receive.store(account, calls.body(call), "")
    process_all()


def texts(**of: Any) -> list[str]:
    """What messages say, in the order of the platform's clock."""
    rows = Message.objects.filter(**of).order_by("sort_at", "external_id")
    return list(rows.values_list("text", flat=True))


@contextmanager
def listening() -> Iterator[list[tuple[str, str]]]:
    """What receivers of messages and ticks hear: signal, and the message's text."""
    heard: list[tuple[str, str]] = []
    names = [name for name in SIGNALS if name.startswith("message_")]

    def receiver(name: str) -> Any:
        def hear(message: Message, **told: Any) -> None:
            late = " late" if told.get("late") else ""
            heard.append((name + late, message.text))

        return hear

    for name in names:
        SIGNALS[name].connect(receiver(name), weak=False, dispatch_uid=f"listening {name}")
    try:
        yield heard
    finally:
        for name in names:
            SIGNALS[name].disconnect(dispatch_uid=f"listening {name}")
