"""What the seeded faults of ``tests.mutants`` showed that no other test looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from django_chakra import process
from django_chakra.models import FailureState, ReceiverFailure, WebhookCall
from django_chakra.signals import message_received
from django_chakra.signature import sign
from django_chakra.testing import calls
from django_chakra.views import webhook
from tests.paths.guarantees import let_time_pass
from tests.posting import SECRETS, post, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.mark.parametrize(("size", "answer"), [(2000, 200), (2001, 413)])
def test_limit_of_a_chunked_body(settings: Any, size: int, answer: int) -> None:
    """A body without a length has the same limit, to the byte, as one with a length."""
    settings.CHAKRA = {**settings.CHAKRA, "MAX_BODY_BYTES": 2000}
    body = calls.body(text("wamid.A")).ljust(size)
    request = RequestFactory().generic("POST", "/", HTTP_TRANSFER_ENCODING="chunked")
    request.environ |= {
        "CONTENT_LENGTH": "",
        "HTTP_X_CHAKRA_SIGNATURE_256": sign(body, SECRETS["default"]),
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
    }
    request.META = request.environ
    assert webhook(request).status_code == answer
    assert [bytes(call.body) for call in WebhookCall.objects.all()] == [body] * (answer == 200)


@contextmanager
def without_its_table() -> Iterator[None]:
    """A database that answers, and can store no call."""
    table = WebhookCall._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(WebhookCall, table, f"{table}_away")
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(WebhookCall, f"{table}_away", table)


def test_call_that_can_be_stored_nowhere() -> None:
    """It gets 503 and never 200, so that the platform knows that nobody has it."""
    with without_its_table():
        assert post(text("wamid.A")).status_code == 503
    assert WebhookCall.objects.count() == 0
    assert post(text("wamid.A")).status_code == 200


def test_given_up_with_the_last_attempt(settings: Any) -> None:
    """A receiver that raised as often as it may is given up at once, and waits no longer."""
    settings.CHAKRA = {**settings.CHAKRA, "RECEIVER_MAX_ATTEMPTS": 2}

    def hear(**told: Any) -> None:
        raise RuntimeError("always")

    message_received.connect(hear, weak=False, dispatch_uid="hear")
    try:
        stored(text("wamid.A"))
        process.run()
        assert ReceiverFailure.objects.get().state == FailureState.WAITING
        let_time_pass()
        process.sweep()
    finally:
        message_received.disconnect(dispatch_uid="hear")
    failure = ReceiverFailure.objects.get()
    assert (failure.attempts, failure.state) == (2, FailureState.GIVEN_UP)
    assert failure.next_attempt_at is None


def test_two_receivers_that_raise_on_one_message() -> None:
    """Each of them is a failure of its own and hears again until it succeeds."""
    heard: dict[str, int] = {"first": 0, "second": 0}

    def receiver(name: str) -> Any:
        def hear(**told: Any) -> None:
            heard[name] += 1
            if heard[name] == 1:
                raise RuntimeError(name)

        return hear

    for name in heard:
        message_received.connect(receiver(name), weak=False, dispatch_uid=name)
    try:
        stored(text("wamid.A"))
        process.run()
        names = ReceiverFailure.objects.values_list("receiver", flat=True)
        assert sorted(names) == ["first", "second"]
        let_time_pass()
        process.sweep()
    finally:
        for name in heard:
            message_received.disconnect(dispatch_uid=name)
    assert heard == {"first": 2, "second": 2}
    assert not ReceiverFailure.objects.exists()
