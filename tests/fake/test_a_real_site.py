"""The fake and our own site: what our tables hold is what the fake's book says."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from django_chakra.models import DeliveryStatus, Message, WebhookCall
from django_chakra.testing.fake import FakeChakra, Habits
from django_chakra.testing.fake.misbehaviour import misbehave
from django_chakra.testing.fake.playing import play
from django_chakra.testing.fake.script import load

from .. import posting
from .site import ANA, Site, client_of, made, pass_time, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
SECRET = posting.SECRETS["default"]


class OurSite(Site):
    """The view of the package, through Django's client."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        answer: Any = Client().post(
            "/chakra/webhook/default/", data=body, content_type="application/json",
            headers={name: value for name, value in headers.items() if name != "Content-Type"},
        )  # fmt: skip
        return int(answer.status_code)


def statuses(fake: FakeChakra) -> set[tuple[str, str]]:
    """What the book says that our site was told, and took."""
    return {
        (one["wamid"], one["word"])
        for one in fake.ledger.entries("event")
        if one["event"].startswith("status.") and one["status"] == 200
    }


def test_our_tables_agree_with_the_book() -> None:
    """Doubled, shuffled, delayed and lost events, in both formats: one row for each status told."""
    habits = Habits(
        doubled=0.3, shuffled=0.5, delayed=0.2, never=0.1, early=0.3, fails=0.2, echoes=0.2
    )
    fake, site = made(habits, secret=SECRET, seed=9), OurSite()
    fake.events.post = site
    with client_of(fake) as client:
        for place in range(12):
            say(client, f"Hi {place}")
    pass_time(fake, site, 100)
    posting.process_all()

    book = fake.ledger.entries("event")
    assert {one["status"] for one in book} == {200}
    assert WebhookCall.objects.count() == len(book)
    told = set(DeliveryStatus.objects.values_list("external_id", "status"))
    assert told == statuses(fake)
    echoed = {one["wamid"] for one in book if one["event"].startswith("message_echo")}
    assert set(Message.objects.values_list("external_id", flat=True)) == echoed


def test_a_script_in_our_tables() -> None:
    """What customers and staff wrote is there once, whatever the format and however often."""
    fake, site = made(secret=SECRET, seed=2), OurSite()
    play(fake, load("shop"))
    pass_time(fake, site, 30)
    posting.process_all()

    book = fake.ledger.entries("event")
    ids = {one["wamid"] for one in book if one["event"].startswith("message")}
    assert set(Message.objects.values_list("external_id", flat=True)) == ids
    edited = Message.objects.get(external_id=fake_text(fake).wamid)
    assert edited.text == "Two of them, please"


def fake_text(fake: FakeChakra) -> Any:
    return [one for one in fake.state.messages.values() if one.to == ANA][-1]


@pytest.mark.parametrize("rule", ["unsigned", "old-secret"])
def test_badly_signed_events_are_not_taken(rule: str) -> None:
    """Our site refuses them, and the book says so."""
    fake, site = made(secret=SECRET, format="chakra"), OurSite()
    misbehave(fake, f"{rule}:every=2")
    with client_of(fake) as client:
        for _ in range(3):
            say(client)
    pass_time(fake, site)
    posting.process_all()

    answers = [
        (one["signed"] == "secret", one["status"] == 200) for one in fake.ledger.entries("event")
    ]
    assert answers.count((True, True)) == 5
    assert answers.count((False, False)) == 4
    assert set(DeliveryStatus.objects.values_list("external_id", "status")) == statuses(fake)
