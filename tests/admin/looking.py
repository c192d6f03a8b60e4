"""Rows to look at, and the pages on which they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from django_chakra import signals
from django_chakra.models import (
    Backfill,
    Campaign,
    Conversation,
    MediaFile,
    Message,
    MessageTemplate,
)
from django_chakra.testing import calls
from tests.posting import START, post, process_all, stored

MODELS: list[type[Model]] = list(apps.get_app_config("django_chakra").get_models())


def list_url(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:django_chakra_{model._meta.model_name}_changelist") + query


def table_url(model: type[Model], query: str = "") -> str:
    """Where the rows are listed as Django lists them: that of conversations is below the inbox."""
    if model is Conversation:
        return reverse("admin:django_chakra_conversation_table") + query
    return list_url(model, query)


def details_url(row: Model) -> str:
    """Where the columns of a row are: those of a conversation are below the thread."""
    if isinstance(row, Conversation):
        return reverse("admin:django_chakra_conversation_details", args=[row.pk])
    return page_url(row)


def page_url(row: Model) -> str:
    return reverse(f"admin:django_chakra_{row._meta.model_name}_change", args=[row.pk])


def see(client: Client, url: str) -> str:
    """The text of a page that must be there."""
    response = client.get(url)
    assert response.status_code == 200, (url, response.status_code, response.headers)
    return str(response.content.decode())


def shown(client: Client, model: type[Model], query: str = "") -> list[int]:
    """The ids of the rows on a list, in their order."""
    response = client.get(table_url(model, query))
    assert response.status_code == 200, (query, response.status_code, response.headers)
    return [row.pk for row in response.context["cl"].result_list]


def act(client: Client, model: type[Model], action: str, *rows: Model, **more: str) -> list[str]:
    """Run an action on these rows; return what the admin says about it."""
    posted = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    response = client.post(table_url(model), posted, follow=True)
    return [str(message) for message in response.context["messages"]]


def refused(count: int = 1) -> None:
    """Post so many calls that are signed with a wrong secret."""
    for index in range(count):
        call = calls.text_call(
            "meta", external_id=f"refused.{index}", sender="5511", text="x", timestamp=START
        )
        assert post(call, secret="wrong").status_code == 401


@contextmanager
def failing_receiver() -> Iterator[None]:
    """A receiver of the host's that raises whenever it hears of a message."""

    def raises(**named: Any) -> None:
        raise ValueError("the till is on fire")

    signals.message_received.connect(raises, dispatch_uid="till")
    try:
        yield
    finally:
        signals.message_received.disconnect(dispatch_uid="till")


@contextmanager
def hearing_receiver() -> Iterator[list[str]]:
    """The same receiver, mended; the ids of the messages that it hears of."""
    heard: list[str] = []

    def hears(message: Message, **named: Any) -> None:
        heard.append(str(message.external_id))

    signals.message_received.connect(hears, dispatch_uid="till")
    try:
        yield heard
    finally:
        signals.message_received.disconnect(dispatch_uid="till")


def play(first: int, last: int) -> None:
    """For each number a text of another customer to another of our numbers, read by them, of a
    campaign of its own; and a receiver that fails on it. Every table gets at least one row each.
    """
    statuses = []
    for index in range(first, last):
        sender, number = f"55119{index:08}", f"3000{index:08}"
        options: dict[str, Any] = {"phone_number_id": number, "display_number": f"+55 11 {index}"}
        stored(
            calls.text_call(
                "meta",
                external_id=f"wamid.{index}",
                sender=sender,
                text=f"hello {index}",
                name=f"Ana {index}",
                timestamp=START + index,
                **options,
            )
        )
        statuses.append(
            calls.status_call(
                "meta",
                external_id=f"wamid.{index}",
                status="read",
                timestamp=START + index + 5,
                recipient=sender,
                **options,
            )
        )
    stored(calls.batch_call(*statuses))
    with failing_receiver():
        process_all()
    for index in range(first, last):
        campaign = Campaign.objects.create(account="default", name=f"Campaign {index}")
        Message.objects.filter(external_id=f"wamid.{index}").update(campaign=campaign)
        message = Message.objects.get(external_id=f"wamid.{index}")
        MediaFile.objects.create(account="default", message=message, slot="image")
        Backfill.objects.create(account="default", reason=f"gap {index}", missed=index)
        MessageTemplate.objects.create(
            account="default", external_id=str(index), name=f"hello_{index}", language="en"
        )
