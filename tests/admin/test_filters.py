"""Filters: closed lists and the settings, and never a question to the whole table."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from django_chakra import process
from django_chakra.admin import filters
from django_chakra.admin.calls import KINDS
from django_chakra.models import (
    DeliveryStatus,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing import calls, samples
from tests.posting import process_all, status, stored, text

from .looking import list_url, play, refused, see, shown

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_filter_by_state(staff: Client) -> None:
    """Each state has its calls."""
    done = stored(text("wamid.1"))
    process_all()
    refused()
    waiting = stored(text("wamid.2"))
    failed = stored(text("wamid.3"))
    WebhookCall.objects.filter(pk=failed.pk).update(state="failed", next_attempt_at=None)

    assert shown(staff, WebhookCall, "?state=processed") == [done.pk]
    assert shown(staff, WebhookCall, "?state=received") == [waiting.pk]
    assert shown(staff, WebhookCall, "?state=failed") == [failed.pk]
    assert shown(staff, WebhookCall, "?state=processing") == []
    (again,) = shown(staff, WebhookCall, "?state=refused")
    assert WebhookCall.objects.get(pk=again).state == "refused"


def test_filter_by_what_a_call_is(staff: Client) -> None:
    """Calls are chosen by kind, format and account, alone and together."""
    chakra = stored(text("wamid.1", format="chakra"))
    meta = stored(status("wamid.1", "read"))
    other = stored(text("wamid.1"), account="other")
    odd = stored({"event": "somethingNew"})
    neither = stored({"hello": "world"})
    process_all()

    assert shown(staff, WebhookCall, "?kind=message.text") == [other.pk, chakra.pk]
    assert shown(staff, WebhookCall, "?kind=unknown") == [neither.pk, odd.pk]
    assert shown(staff, WebhookCall, "?format=meta") == [other.pk, meta.pk]
    assert shown(staff, WebhookCall, "?format=none") == [neither.pk]
    assert shown(staff, WebhookCall, "?account=other") == [other.pk]
    assert shown(staff, WebhookCall, "?kind=message.text&account=default") == [chakra.pk]


def test_filter_by_date(staff: Client) -> None:
    """Calls and messages are chosen by the time at which they came."""
    now = timezone.now()
    rows: dict[str, tuple[WebhookCall, Message]] = {}
    for name, days in {"now": 0, "yesterday": 1, "week": 6, "month": 20, "old": 40}.items():
        call = stored(text(f"wamid.{name}"))
        at = now - timedelta(days=days)
        WebhookCall.objects.filter(pk=call.pk).update(received_at=at)
        process_all()
        rows[name] = call, Message.objects.get(call=call)

    expected = {
        "hour": ["now"],
        "today": ["now"],
        "yesterday": ["yesterday"],
        "week": ["week", "yesterday", "now"],
        "month": ["month", "week", "yesterday", "now"],
    }
    for word, names in expected.items():
        for place, model in enumerate((WebhookCall, Message)):
            found = shown(staff, model, f"?received={word}")
            assert found == [rows[name][place].pk for name in names], (word, model)


def test_filter_messages(staff: Client) -> None:
    """Messages and delivery statuses are chosen by direction, status and type."""
    play(0, 2)
    newest, oldest = Message.objects.order_by("-pk")
    assert shown(staff, Message, "?direction=in") == [newest.pk, oldest.pk]
    assert shown(staff, Message, "?direction=out") == []
    assert shown(staff, Message, f"?status={newest.status}") == [newest.pk, oldest.pk]
    assert shown(staff, Message, "?status=failed") == []
    assert len(shown(staff, DeliveryStatus, "?status=read&type=message")) == 2
    assert shown(staff, DeliveryStatus, "?type=payment") == []
    assert len(shown(staff, ReceiverFailure, "?state=waiting&signal=message_received")) == 2


def test_filters_without_an_index_look_at_recent_rows(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter on a column without an index looks no further back than its bound."""
    first, *_rest, last = (stored(text(f"wamid.{index}")) for index in range(4))
    process_all()
    monkeypatch.setattr(filters, "RECENT", 3)
    found = shown(staff, WebhookCall, "?format=meta")
    assert first.pk not in found
    assert found[0] == last.pk
    assert len(found) == 3
    assert len(shown(staff, WebhookCall, "?kind=message.text")) == 4


@pytest.mark.parametrize(
    "query",
    ["?kind=nonsense", "?state=%00", "?received=never", "?repeat_of=x", "?repeat_of=-1", "?nope=1"],
)
def test_filters_of_no_sense(staff: Client, query: str) -> None:
    """A word that is not on a filter's list leads back to the whole list."""
    stored(text("wamid.1"))
    response = staff.get(list_url(WebhookCall, query))
    assert response.status_code == 302
    assert response.headers["Location"].endswith("?e=1")


def test_one_account_is_no_choice(staff: Client) -> None:
    """The accounts are those of the settings; where there is only one, nothing is to choose."""
    assert "?account=other" in see(staff, list_url(WebhookCall))
    with override_settings(CHAKRA={"ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["s"]}}}):
        assert "?account=" not in see(staff, list_url(WebhookCall))


def test_every_kind_can_be_chosen(staff: Client) -> None:
    """A family is offered always and gives all its kinds; its kinds are offered once it is."""
    image = stored(calls.body("meta/messages__image"))
    written = stored(text("wamid.1"))
    stored(status("wamid.1", "read"))
    mixed = stored(calls.batch_call(text("wamid.2"), status("wamid.1", "delivered")))
    process.run()

    assert shown(staff, WebhookCall, "?kind=message") == [written.pk, image.pk]
    assert shown(staff, WebhookCall, "?kind=message.image") == [image.pk]
    assert shown(staff, WebhookCall, "?kind=mixed") == [mixed.pk]
    for kind in KINDS:
        assert see(staff, list_url(WebhookCall, f"?kind={kind}"))


def test_the_filter_knows_what_processing_gives() -> None:
    """Whatever a call is said to hold, the filter has it."""
    for name in samples.names():
        stored(calls.body(name))
    stored(b'{"event": ""}')
    process.run(limit=1000)

    assert set(WebhookCall.objects.values_list("kind", flat=True)) <= set(KINDS)
