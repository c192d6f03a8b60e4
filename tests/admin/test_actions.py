"""Actions: who may run them, on which rows, and what they say."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.utils import timezone

from django_chakra import process
from django_chakra.models import CallState, FailureState, Message, ReceiverFailure, WebhookCall
from django_chakra.signals import message_received
from tests.posting import process_all, stored, text

from .looking import act, failing_receiver, hearing_receiver, list_url, play, refused, see

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

MENDED = {"ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["test-secret", "wrong"]}}}


def states() -> list[str]:
    """The states of all calls, in order of arrival."""
    return list(WebhookCall.objects.order_by("pk").values_list("state", flat=True))


def test_process_again(staff: Client) -> None:
    """The ticked calls are processed again, the others are not, and the admin says how many."""
    first, second, third = (stored(text(f"wamid.{index}")) for index in range(3))
    process_all()
    assert states() == ["processed"] * 3

    said = act(staff, WebhookCall, "process_again", first, third)
    assert said == ["2 calls will be processed again."]
    assert states() == ["received", "processed", "received"]
    assert process_all() == 2
    assert states() == ["processed"] * 3
    assert Message.objects.count() == 3
    assert act(staff, WebhookCall, "process_again", second) == ["1 call will be processed again."]


def test_process_again_leaves_what_it_must(staff: Client) -> None:
    """Refused calls and those that a worker has in hand stay, and the admin says so."""
    refused()
    stored(text("wamid.1"))
    WebhookCall.objects.filter(state="received").update(state=CallState.PROCESSING)

    said = act(staff, WebhookCall, "process_again", *WebhookCall.objects.all())
    assert said == ["2 calls were left as they are: refused, or being processed just now."]
    assert sorted(states()) == ["processing", "refused"]


def test_process_again_takes_a_failed_call(staff: Client) -> None:
    """A call that was given up is processed when it is asked for again."""
    call = stored(text("wamid.1"))
    WebhookCall.objects.update(state=CallState.FAILED, next_attempt_at=None, attempts=10)
    act(staff, WebhookCall, "process_again", call)
    assert process.run() == 1
    assert states() == ["processed"]


def test_actions_are_for_ticked_rows_only(staff: Client) -> None:
    """Whoever asks for all pages gets the ticked rows."""
    first, _second = stored(text("wamid.1")), stored(text("wamid.2"))
    process_all()
    act(staff, WebhookCall, "process_again", first, select_across="1")
    assert states() == ["received", "processed"]
    assert "across all pages" not in see(staff, list_url(WebhookCall))


def test_verify_again(staff: Client) -> None:
    """Refused calls that verify with a mended secret are taken in, and the admin says how many."""
    refused(2)
    chosen = WebhookCall.objects.all()
    assert act(staff, WebhookCall, "verify_again", *chosen) == [
        "0 of 2 calls verify now and were taken in."
    ]
    assert states() == ["refused", "refused"]

    with override_settings(CHAKRA=MENDED):
        said = act(staff, WebhookCall, "verify_again", chosen[0])
        assert said == ["1 of 1 call verifies now and was taken in."]
        assert sorted(states()) == ["received", "refused"]
        assert process_all() == 1
    assert Message.objects.count() == 1


def test_tell_again_now(staff: Client) -> None:
    """A failure is due at once, also one that was given up, and its receiver hears again."""
    play(0, 2)
    waiting, given_up = ReceiverFailure.objects.order_by("pk")
    ReceiverFailure.objects.filter(pk=given_up.pk).update(
        state=FailureState.GIVEN_UP, next_attempt_at=None, attempts=10
    )
    process_all()
    assert ReceiverFailure.objects.count() == 2

    said = act(staff, ReceiverFailure, "tell_again", waiting, given_up)
    assert said == ["2 receivers will be told again."]
    with failing_receiver():
        process_all()
    again = ReceiverFailure.objects.values_list("state", "attempts")
    assert list(again) == [(FailureState.WAITING, 1)] * 2
    assert act(staff, ReceiverFailure, "tell_again", waiting) == ["1 receiver will be told again."]
    act(staff, ReceiverFailure, "tell_again", given_up)
    with hearing_receiver() as heard:
        process_all()
    assert sorted(heard) == ["wamid.0", "wamid.1"]
    assert not ReceiverFailure.objects.exists()


def test_tell_again_now_during_the_last_attempt(staff: Client) -> None:
    """Who gives it up meanwhile does not undo it: its receiver hears once more."""
    play(0, 1)
    failure = ReceiverFailure.objects.get()
    ReceiverFailure.objects.update(attempts=9, next_attempt_at=timezone.now())
    heard: list[int] = []

    def asked_meanwhile(**told: Any) -> None:
        heard.append(1)
        if len(heard) == 1:
            act(staff, ReceiverFailure, "tell_again", failure)
            raise ValueError("for the last time")

    message_received.connect(asked_meanwhile, dispatch_uid="till")
    try:
        process_all()
        assert ReceiverFailure.objects.get().state == FailureState.WAITING
        process_all()
    finally:
        message_received.disconnect(dispatch_uid="till")
    assert heard == [1, 1]
    assert not ReceiverFailure.objects.exists()


@pytest.mark.parametrize("action", ["process_again", "verify_again"])
def test_actions_need_permission(reader: Client, action: str) -> None:
    """Who may only view sees no actions and can run none."""
    refused()
    call = stored(text("wamid.1"))
    process_all()
    assert action not in see(reader, list_url(WebhookCall))
    with override_settings(CHAKRA=MENDED):
        act(reader, WebhookCall, action, call, *WebhookCall.objects.all())
    assert states() == ["refused", "processed"]


def test_tell_again_needs_permission(reader: Client) -> None:
    """Who may only view can't have receivers told again."""
    play(0, 1)
    failure = ReceiverFailure.objects.get()
    act(reader, ReceiverFailure, "tell_again", failure)
    assert ReceiverFailure.objects.get().next_attempt_at == failure.next_attempt_at


def test_the_change_permission_is_enough(reader: Client) -> None:
    """Who has the permission to change calls may run their actions."""
    permission = Permission.objects.get(codename="change_webhookcall")
    User.objects.get(username="reader").user_permissions.add(permission)
    call = stored(text("wamid.1"))
    process_all()
    act(reader, WebhookCall, "process_again", call)
    assert states() == ["received"]
