"""Whoever does something in the admin leaves a line in the history of the row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client, override_settings

from django_chakra import conf
from django_chakra.models import (
    Campaign,
    Conversation,
    MediaFile,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA, process_all

from .looking import act, page_url, refused, see
from .test_sending import ana, fake, held, lost
from .walking import actions, member

__all__ = ["ana", "fake"]  # the fixtures, for pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def refused_call() -> WebhookCall:
    """One that was signed with another secret."""
    refused()
    return WebhookCall.objects.latest("pk")


def make(slot: str, fake: FakeChakra, ana: Conversation) -> Mapping[tuple[str, str], Any]:
    """For each action a function that makes a row to which there is something to do; what has none
    does it to rows that are there.
    """
    account = "default"
    call, message = WebhookCall.objects.latest("pk"), Message.objects.earliest("pk")
    failures, files = ReceiverFailure.objects, MediaFile.objects
    return {
        ("message", "check_with_platform"): lambda: lost(fake, ana),
        ("message", "send_again"): lambda: held(ana, "failed"),
        ("message", "cancel"): lambda: held(ana, "queued"),
        ("webhookcall", "verify_again"): refused_call,
        ("receiverfailure", "tell_again"): lambda: failures.create(
            account=account, key=slot, call=call
        ),
        ("mediafile", "download_again"): lambda: files.create(
            account=account, message=message, slot=slot, state="failed", media_id="9"
        ),
        ("campaign", "pause"): lambda: Campaign.objects.create(account=account, name=slot),
        ("webhookcall", "process_again"): lambda: call,
        ("campaign", "resume"): lambda: Campaign.objects.latest("pk"),
        ("conversation", "ask_what_is_missing"): lambda: ana,
    }


def test_every_action_is_in_the_history(fake: FakeChakra, ana: Conversation) -> None:
    """Each action of each list writes down for each row that it did it to who did what."""
    client = member("root")
    user = User.objects.get(username="root")
    done = 0
    for model, name in actions():
        LogEntry.objects.all().delete()
        known = model._meta.model_name or "", name
        chosen = {make(slot, fake, ana)[known]() for slot in ("image", "audio")}
        account = {**conf.raw_accounts()["default"], "WEBHOOK_SECRETS": ["wrong", "test-secret"]}
        chakra = {**conf.raw(), "ACCOUNTS": {"default": account}}
        with override_settings(CHAKRA=chakra):
            assert act(client, model, name, *chosen, confirmed="yes"), name
        entries = LogEntry.objects.filter(user=user, content_type__model=model._meta.model_name)
        assert {entry.object_id for entry in entries} == {str(row.pk) for row in chosen}, name
        assert all(entry.get_change_message() for entry in entries), name
        done += len(chosen)
    assert done == 17


def test_what_is_left_alone_has_no_line(staff: Client) -> None:
    """A row to which an action did nothing has nothing in its history."""
    refused()
    call = WebhookCall.objects.get()
    for action in ("process_again", "verify_again"):
        act(staff, WebhookCall, action, call)
    assert LogEntry.objects.count() == 0


def test_no_number_gets_into_the_history(staff: Client) -> None:
    """What is written down has no number, whoever did it: others read it."""
    campaign = Campaign.objects.create(account="default", name=f"For {ANA}")
    act(staff, Campaign, "pause", campaign)
    [entry] = LogEntry.objects.all()
    assert entry.object_repr == "For •••• 77"
    assert entry.get_change_message().startswith("For •••• 77 is paused")
    process_all()
    assert f"For {ANA}" in see(staff, page_url(campaign))
