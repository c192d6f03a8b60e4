"""What the doctor makes of the rows that are there."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from django_chakra.models import Backfill, ReceiverFailure, WebhookCall
from tests.posting import post, stored, text

from .examining import Platform, examined, line, printed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_refused_calls(platform: Platform) -> None:
    """Refused calls are counted by reason: red while none was taken, else a warning."""
    post(text("wamid.A"), secret="wrong-secret")
    post(text("wamid.B"), secret="")
    post(text("wamid.C"), secret="")
    level, said = line("refused")
    assert (level, "3 calls" in said, "2 × X-Chakra-Signature-256 is missing" in said) == (
        "red", True, True,
    )  # fmt: skip

    stored(text("wamid.D"))
    assert line("refused")[0] == "warning"

    WebhookCall.objects.update(received_at=timezone.now() - timedelta(days=2))
    assert line("refused")[0] == "ok"


def test_the_last_call(platform: Platform) -> None:
    """No call at all and a long silence are warnings; refused calls do not count."""
    post(text("wamid.A"), secret="wrong-secret")
    assert line("last_call")[0] == "warning"
    stored(text("wamid.B"))
    assert line("last_call")[0] == "ok"
    WebhookCall.objects.update(received_at=timezone.now() - timedelta(days=9))
    assert (line("last_call")[0], "9 days" in line("last_call")[1]) == ("warning", True)


def test_calls_that_wait_and_calls_that_failed(platform: Platform) -> None:
    """Waiting calls are ok, after a failed attempt a warning, given up red."""
    stored(text("wamid.A"))
    assert line("backlog") == ("ok", "1 calls wait, none failed. -> ")
    WebhookCall.objects.update(attempts=2, error="Traceback with hidden words")
    assert line("backlog")[0] == "warning"
    WebhookCall.objects.update(state="failed", next_attempt_at=None)
    assert line("backlog")[0] == "red"
    assert "hidden" not in printed()


@pytest.mark.parametrize("runner", ["worker", "inline"])
@pytest.mark.parametrize("state", ["received", "processing"])
def test_nobody_at_work(settings: Any, platform: Platform, runner: str, state: str) -> None:
    """A call that is due for long while nothing is processed is red, with what to start."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": runner}
    call = WebhookCall(account="default", body=b"{}", received_at=timezone.now(), state=state)
    call.next_attempt_at = timezone.now() - timedelta(seconds=20)
    call.save()
    assert line("worker")[0] == "ok"

    WebhookCall.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=6))
    level, said = line("worker")
    assert (level, "6 minutes" in said, "chakra_process" in said) == ("red", True, True)

    call.pk, call.state, call.processed_at = None, "processed", timezone.now()
    call.uid = uuid4()
    call.save()
    assert line("worker")[0] == "warning"


def test_receivers_that_failed(platform: Platform) -> None:
    """Receivers that wait, are gone or were given up are named, without what they raised."""
    for state, level in (("waiting", "warning"), ("orphaned", "warning"), ("given_up", "red")):
        ReceiverFailure.objects.all().delete()
        ReceiverFailure.objects.create(
            account="default", key=state, signal="message_received", receiver="shop.greet",
            error="ValueError: hidden words", state=state,
        )  # fmt: skip
        assert line("given_up")[0] == level
        assert "1 × shop.greet on message_received" in printed()
        assert "hidden" not in printed()


def test_a_database_that_is_away(platform: Platform) -> None:
    """A failing database is a red line in each check that asks it, and the others go on."""

    def fail(*args: Any) -> None:
        raise OperationalError("connection to shop-db as secret-user failed")

    with connection.execute_wrapper(fail):
        found, _ = examined()

    for check in ("worker", "refused", "last_call", "backlog", "given_up"):
        assert found[check][0]["found"] == "The database failed (OperationalError)"
    assert found["token"][0]["level"] == "ok"


def test_the_last_backfill(platform: Platform) -> None:
    """Done is ok with how much had been missed; stopped is a warning with the reason."""
    assert line("backfill") == (
        "ok", "Nothing was ever asked for that webhooks might have missed. -> ",
    )  # fmt: skip
    row = Backfill.objects.create(
        account="default", state="done", reason="gap", missed=7, missed_statuses=3
    )
    Backfill.objects.create(account="default", scope={"conversation": 1}, state="done")
    assert "(gap): 7 messages and 3 statuses had been missed" in line("backfill")[1]
    now, rows = timezone.now(), Backfill.objects.filter(pk=row.pk)
    rows.update(state="running", claimed_until=now + timedelta(hours=1))
    assert (line("backfill")[0], "at work" in line("backfill")[1]) == ("ok", True)
    for state, until in (("running", now - timedelta(hours=1)), ("stopped", None)):
        rows.update(state=state, claimed_until=until, error="status 403: Not you")
        level, said = line("backfill")
        assert (level, "Not you" in said, "chakra_backfill" in said) == ("warning", True, True)
