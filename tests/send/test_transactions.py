"""A message belongs to its caller's transaction, and a key to one message."""

import subprocess
import sys
import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from django_chakra import send
from django_chakra.models import Contact, Conversation, Message
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

READY: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "category": "utility"}


def test_a_key_is_sent_once(fake: FakeChakra, ana: Conversation) -> None:
    """The same message comes back, also later, with other words, and outside the window."""
    first = send.text(to=ana, body="Hi", idempotency_key="order-7")
    again = send.text(to=ana, body="Hi again", idempotency_key="order-7")
    assert (again.pk, again.text, again.status) == (first.pk, "Hi", "accepted")
    Conversation.objects.update(last_inbound_at=None)
    Contact.objects.update(marketing_stopped_at="2024-01-01T00:00Z")
    assert send.text(to=ana, body="Hi", idempotency_key="order-7").pk == first.pk
    marketing = {**READY, "category": "marketing"}
    assert send.template(to=ana, **marketing, idempotency_key="order-7").pk == first.pk
    assert [one.text for one in fake.sent] == ["Hi"]


def test_a_key_does_not_hurt_the_callers_transaction(fake: FakeChakra, ana: Conversation) -> None:
    """A key that is taken is no error of the database: what else the caller writes stays."""
    with transaction.atomic():
        first = send.text(to=ana, body="Hi", idempotency_key="order-7")
        again = send.text(to=ana, body="Hi", idempotency_key="order-7")
        User.objects.create_user("bea")
    assert first.pk == again.pk
    assert User.objects.count() == len(fake.sent) == 1


def test_two_at_once_with_one_key(fake: FakeChakra, ana: Conversation) -> None:
    """One row, one request, and both callers have it."""
    ready, found = threading.Barrier(2, timeout=20), []

    def act() -> None:
        try:
            ready.wait()
            found.append(send.text(to=ana, body="Hi", idempotency_key="order-7").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Message.objects.get(direction="out").pk] * 2
    assert len(fake.sent) == 1


def order(request: HttpRequest, fate: str) -> HttpResponse:
    """A view of the host's, in a transaction by ATOMIC_REQUESTS."""
    message = send.text(to=ANA, body="Your order is confirmed")
    if fate == "raise":
        raise RuntimeError
    assert message.status == "queued"
    return HttpResponse("ok")


class Orders:
    """The host's URLconf."""

    urlpatterns = [path("orders/<fate>/", order)]


@override_settings(ROOT_URLCONF=Orders, MIDDLEWARE=[])
def test_a_view_sends_with_its_transaction(fake: FakeChakra, ana: Conversation) -> None:
    """A view that raises has sent nothing; one that answers has."""
    assert Client(raise_request_exception=False).get("/orders/raise/").status_code == 500
    assert fake.sent == []
    assert Client().get("/orders/answer/").status_code == 200
    assert [one.text for one in fake.sent] == ["Your order is confirmed"]
    assert Message.objects.get(direction="out").status == "accepted"


@pytest.mark.databases("sqlite")
def test_the_tables_may_stand_in_another_database() -> None:
    """By a router: the message follows the transaction of that database, and no other is asked."""
    command = [sys.executable, "-m", "tests.send.aliased"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "all true\n", "")
