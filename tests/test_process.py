"""Stored calls on their way to processed: claims, attempts, what the row says in the end."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from django_chakra import process
from django_chakra.models import CallState, Conversation, Message, WebhookCall
from tests import settings
from tests.posting import post, process_all, status, stored, text

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

LONG = timedelta(days=1)


def claim(limit: int = 10, by: str = "test", most: int = process.BATCH_BYTES) -> list[int]:
    """Take calls as a worker does, without processing them; their ids."""
    due = WebhookCall.objects.due(CallState.RECEIVED)[:limit]
    return [call.pk for call in due.claim(by, seconds=60, most=most)]


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("chakra_process", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_processed_call_says_what_was_in_it() -> None:
    """Format, kind, kinds and the times are on the row; nothing is left claimed."""
    call = stored(text("wamid.A"))

    process.run()

    call.refresh_from_db()
    assert (call.state, call.format, call.kind) == ("processed", "meta", "message.text")
    assert (call.kinds, call.unreadable, call.error) == ("message.text", 0, "")
    assert (call.attempts, call.claimed_by, call.claimed_until) == (1, "", None)
    assert (call.next_attempt_at, call.announce_at) == (None, None)
    assert call.processed_at is not None
    assert call.announced_at is not None


@pytest.mark.parametrize(
    ("body", "kind", "kinds", "unreadable"),
    [
        (b'{"event":"invented","payload":{}}', "unknown", "unknown: invented", 0),
        (b'{"event":"message","payload":{"message":7}}', "unreadable", "unreadable: message", 1),
        (b'{"event":"status","payload":{"x":NaN}}', "unreadable", "unreadable", 1),
    ],
)
def test_what_was_not_read_is_counted_and_named(
    body: bytes, kind: str, kinds: str, unreadable: int
) -> None:
    """Unknown and unreadable facts are processed, named in words, and the latter counted."""
    call = stored(body)

    process.run()

    call.refresh_from_db()
    assert (call.state, call.kind, call.unreadable) == ("processed", kind, unreadable)
    assert call.kinds.startswith(kinds)


def test_a_call_with_facts_of_several_kinds_is_mixed() -> None:
    """The kind of such a call is "mixed", and kinds has each with its number."""
    value: dict[str, Any] = text("wamid.A")
    change = value["entry"][0]["changes"][0]["value"]
    change["messages"] *= 2
    change["statuses"] = status("wamid.B", "sent")["entry"][0]["changes"][0]["value"]["statuses"]
    call = stored(value)

    process.run()

    call.refresh_from_db()
    assert (call.kind, call.kinds) == ("mixed", "message.text ×2, status.sent")


def test_equal_bodies_are_two_rows_and_one_is_a_repeat() -> None:
    """The later of two equal calls is marked, whichever of them is processed first."""
    first, second = stored(text("wamid.A")), stored(text("wamid.A"))
    elsewhere = stored(text("wamid.A"), account="other")

    process.run_one(second.pk)
    process.run_one(first.pk)
    process.run()

    repeats = dict(WebhookCall.objects.values_list("pk", "repeat_of"))
    assert repeats == {first.pk: None, second.pk: first.pk, elsewhere.pk: None}
    assert Message.objects.count() == 2, "one for each account"


def test_a_claimed_call_is_left_alone() -> None:
    """What one worker has claimed no other takes, until the claim has run out."""
    stored(text("wamid.A"))
    assert len(claim()) == 1

    assert claim() == []
    assert process.run() == process.run_expired() == 0

    WebhookCall.objects.update(next_attempt_at=F("next_attempt_at") - LONG)
    assert process.run() == 0, "not with the others"
    assert process.run_expired() == 1
    assert Message.objects.count() == 1


def test_claims_count_the_attempt_and_go_in_order_of_arrival() -> None:
    """Claiming takes the oldest first, as many as asked for, and counts the attempt at once."""
    first, second, third = (stored(text(f"wamid.{n}")).pk for n in range(3))

    assert claim(2) == [first, second]
    assert claim(2) == [third]
    assert set(WebhookCall.objects.values_list("attempts", "state")) == {(1, "processing")}


def test_a_claim_takes_as_many_as_fit() -> None:
    """In order of arrival, up to so many bytes; one that has more is taken alone."""
    sizes = [100, 100, 500, 100, 100, 100]
    pks = [stored(b'{"event":"%s"}' % (b"x" * (size - 12))).pk for size in sizes]
    assert list(WebhookCall.objects.order_by("pk").values_list("size", flat=True)) == sizes

    assert claim(most=200) == pks[:2]
    assert claim(most=200) == pks[2:3]
    assert claim(most=299) == pks[3:5]
    assert claim(most=0) == pks[5:]
    assert claim(most=200) == []


def test_an_expired_claim_is_taken_alone() -> None:
    """Calls of a worker that fell silent come back one by one: one of them may be the reason."""
    for n in range(3):
        stored(text(f"wamid.{n}"))
    claim()
    WebhookCall.objects.update(next_attempt_at=F("next_attempt_at") - LONG)

    assert [process.run_expired() for _ in range(4)] == [1, 1, 1, 0]
    assert Message.objects.count() == 3


def test_a_sweep_takes_all_that_a_stopped_worker_held() -> None:
    """Its calls are taken one after the other, and a sweep takes more than one of them."""
    for n in range(20):
        stored(text(f"wamid.{n}", sender=f"55118{n:08}"))
    assert len(claim(20)) == 20
    WebhookCall.objects.update(next_attempt_at=F("next_attempt_at") - LONG)

    assert process.sweep() > 1
    while process.sweep():
        pass

    assert not WebhookCall.objects.exclude(state="processed").exists()
    assert not Message.objects.filter(announced_at=None).exists()


def test_a_call_that_stops_every_worker_is_given_up() -> None:
    """After the limit the call is failed and says why, without another worker being risked."""
    call = stored(text("wamid.A"))
    WebhookCall.objects.update(
        state="processing", attempts=10, next_attempt_at=timezone.now() - LONG
    )

    process.run_expired()

    call.refresh_from_db()
    assert (call.state, call.next_attempt_at) == ("failed", None)
    assert "10 workers stopped" in call.error
    assert Message.objects.count() == 0


def test_accounts_keep_apart_in_one_batch() -> None:
    """One claim may hold calls of several accounts; each records its own."""
    stored(text("wamid.A", name="Ana"))
    stored(text("wamid.A", name="Other", text="other"), account="other")

    assert process.run() == 2

    assert set(Message.objects.values_list("account", "text", "contact__name")) == {
        ("default", "hello", "Ana"),
        ("other", "other", "Other"),
    }


def test_an_account_that_was_removed_is_still_processed() -> None:
    """Calls of an account that left the settings are recorded all the same."""
    stored(text("wamid.A"), account="other")
    only = {"default": settings.CHAKRA["ACCOUNTS"]["default"]}  # type: ignore[index]

    with override_settings(CHAKRA={"ACCOUNTS": only, "RUNNER": "worker"}):
        process_all()

    assert Message.objects.get().account == "other"


# --- the command ------------------------------------------------------------------------------


def test_the_command_processes_what_is_due() -> None:
    """Without options it works until nothing is due, in batches, and says how much it was."""
    for n in range(5):
        stored(text(f"wamid.{n}"))

    assert "5 calls processed" in run_command("--batch", "2")
    assert Message.objects.count() == 5
    assert "0 calls processed" in run_command()


def test_the_command_takes_expired_claims() -> None:
    """A run from cron also takes what a stopped worker had claimed."""
    stored(text("wamid.A"))
    claim()
    WebhookCall.objects.update(next_attempt_at=F("next_attempt_at") - LONG)

    run_command()

    assert Message.objects.count() == 1


def test_replay_by_id() -> None:
    """--replay processes the chosen calls again, without another row."""
    call, other = stored(text("wamid.A")), stored(text("wamid.B"))
    process.run()
    Message.objects.filter(external_id="wamid.A").update(text="spoilt", payload={})

    assert "1 calls are processed again" in run_command("--replay", "--id", str(call.pk))

    call.refresh_from_db()
    other.refresh_from_db()
    assert (call.state, call.attempts, other.attempts) == ("processed", 2, 1)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["hello", "hello"]


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["--kind", "status.sent"], {"sent"}),
        (["--state", "failed"], {"failed"}),
        (["--since", "2020-01-01"], {"text", "sent", "failed"}),
        (["--since", "2020-01-01T10:00", "--account", "other"], set()),
        (["--until", "2020-01-01"], set()),
        (["--kind", "status.sent", "--state", "failed"], set()),
    ],
)
def test_replay_chooses_by_kind_state_and_date(options: list[str], chosen: set[str]) -> None:
    """The options of --replay narrow each other down."""
    calls = {
        "text": stored(text("wamid.A")),
        "sent": stored(status("wamid.B", "sent")),
        "failed": stored(text("wamid.C")),
    }
    process.run()
    WebhookCall.objects.filter(pk=calls["failed"].pk).update(state="failed", attempts=1)

    run_command("--replay", *options)

    again = {name for name, call in calls.items() if refreshed(call).attempts == 2}
    assert again == chosen


def refreshed(call: WebhookCall) -> WebhookCall:
    call.refresh_from_db()
    return call


def test_replay_never_takes_refused_calls() -> None:
    """A refused call stays refused, also when it is named."""
    assert post(text("wamid.A"), secret="wrong").status_code == 401
    refused = WebhookCall.objects.get()

    run_command("--replay", "--id", str(refused.pk))

    assert refreshed(refused).state == "refused"


def test_verify_again_takes_in_what_the_mended_secret_signs() -> None:
    """--verify-again processes refused calls that verify now, and leaves the others."""
    post(text("wamid.A"), secret="new-secret")
    post(text("wamid.B"), secret="never")
    mended = {"default": {"WEBHOOK_SECRETS": ["test-secret", "new-secret"]}}

    with override_settings(CHAKRA={"ACCOUNTS": mended, "RUNNER": "worker"}):
        assert "1 refused calls verify now" in run_command("--verify-again")

    assert [message.external_id for message in Message.objects.all()] == ["wamid.A"]
    assert WebhookCall.objects.filter(state="refused").count() == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--replay"], "needs --id"),
        (["--batch", "0"], "at least 1"),
        (["--since", "yesterday"], "no date"),
        (["--since", "2026-13-45"], "no date"),
        (["--state", "lost"], "invalid choice"),
    ],
)
def test_wrong_options_are_said(arguments: list[str], said: str) -> None:
    """Options that can't be meant end the command with a sentence."""
    with pytest.raises(CommandError, match=said):
        run_command(*arguments)


def test_an_attempt_that_left_nothing_behind() -> None:
    """A call whose first worker stopped before it wrote anything is shown and told like any
    other."""
    stored(text("wamid.A"))
    WebhookCall.objects.update(attempts=1)
    process.run()
    conversation, message = Conversation.objects.get(), Message.objects.get()
    assert (conversation.last_message, conversation.unread_count) == (message, 1)
    assert message.announced_at is not None
