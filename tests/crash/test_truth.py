"""The crash test's judge is no yes-man: whatever it is to find, it finds when it is put there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from django_chakra.models import (
    CallState,
    DeliveryStatus,
    FailureState,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing.fake import FakeChakra, customers
from tests.posting import SECRETS, process_all
from tests.stack.hearing import RECEIVERS, Heard

from .killer import Kill
from .truth import TOGETHER, compare
from .verdict import Verdict

pytestmark = pytest.mark.django_db

ANA, BRUNO = "5511988887777", "5511977776666"


@pytest.fixture
def fake() -> FakeChakra:
    """A platform that posted three texts in both formats; all of it is processed."""
    url = "http://site/chakra/webhook/default/"
    fake = FakeChakra(secret=SECRETS["default"], webhook_url=url, format="both")

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return (
            Client()
            .post(
                "/chakra/webhook/default/",
                body,
                content_type="application/json",
                headers=dict(headers),
            )
            .status_code
        )

    for who in (ANA, ANA, BRUNO):
        fake.events.tell(customers.text(fake, who, "Hello"))
    fake.post_due(post)
    process_all()
    return fake


def told() -> list[Heard]:
    """Every receiver was told of everything, in order."""
    about = [
        (f"message {one.external_id}", one.conversation_id, one.sort_at.timestamp())
        for one in Message.objects.order_by("sort_at", "pk")
    ]
    about += [(f"fact {one.pk} text", 0, 0.0) for one in WebhookCall.objects.all()]
    return [
        Heard(receiver, "signal", what, conversation, at, place, 1e6 + place, 1e6 + place, 7, False)
        for receiver in RECEIVERS
        for place, (what, conversation, at) in enumerate(about)
    ]


def faults(verdict: Verdict) -> set[str]:
    """What was found."""
    return {name for name, cases in verdict.faults.items() if cases}


def test_a_run_in_which_all_went_well(fake: FakeChakra) -> None:
    """Where everything is there once and was told, there is no fault, and everything is counted."""
    verdict = compare(fake, told(), [])
    assert faults(verdict) == set()
    assert verdict.is_good
    assert verdict.counts["calls posted"] == verdict.counts["answered 200"] == 6
    assert verdict.counts["messages"] == 3
    assert verdict.counts["tellings due"] == 3 * (3 + 6)


def lose_a_call() -> None:
    WebhookCall.objects.latest("pk").delete()


def double_a_call() -> None:
    call = WebhookCall.objects.latest("pk")
    call.pk = None
    call._state.adding = True
    call.uid = "00000000-0000-4000-8000-000000000000"
    call.save()


def leave_a_call() -> None:
    WebhookCall.objects.filter(pk=WebhookCall.objects.latest("pk").pk).update(
        state=CallState.PROCESSING
    )


def lose_a_message() -> None:
    Message.objects.latest("pk").delete()


def invent_a_message() -> None:
    Message.objects.filter(pk=Message.objects.latest("pk").pk).update(external_id="wamid.nobody")


def leave_a_status() -> None:
    message = Message.objects.latest("pk")
    DeliveryStatus.objects.create(
        account="default", key="k", external_id=message.external_id, status="read",
        received_at=message.received_at,
    )  # fmt: skip


def leave_a_failure() -> None:
    ReceiverFailure.objects.create(
        account="default", key="k", signal="s", receiver="r", state=FailureState.WAITING
    )


@pytest.mark.parametrize(
    ("break_it", "found"),
    [
        (lose_a_call, {"calls lost"}),
        (double_a_call, {"calls doubled", "receivers that missed"}),
        (leave_a_call, {"calls not processed"}),
        (lose_a_message, {"messages lost"}),
        (invent_a_message, {"messages lost", "messages nobody wrote", "receivers that missed"}),
        (leave_a_status, {"statuses without their message"}),
        (leave_a_failure, {"failures left"}),
    ],
)
def test_what_is_wrong_with_the_rows(
    fake: FakeChakra, break_it: Callable[[], None], found: set[str]
) -> None:
    """A row that is missing, double, left or invented is named as that."""
    heard = told()
    break_it()
    assert faults(compare(fake, heard, [])) == found


def test_a_receiver_that_missed_something(fake: FakeChakra) -> None:
    """One telling that never was, or only raised, is one that was missed."""
    heard = told()
    assert faults(compare(fake, heard[1:], [])) == {"receivers that missed"}
    raised = [heard[0]._replace(raised=True), *heard[1:]]
    assert faults(compare(fake, raised, [])) == {"receivers that missed"}


def test_something_told_before_what_came_earlier(fake: FakeChakra) -> None:
    """The second message of a conversation told first is a violation, if the first was long due."""
    now = time.monotonic()
    heard = [one._replace(began=now + place) for place, one in enumerate(told())]
    of_ana = [one for one in heard if one.receiver == "quiet" and one.conversation][:2]
    first, second = of_ana
    heard += [first._replace(began=second.began), second._replace(began=first.began)]
    swapped = [one for one in heard if one not in of_ana]
    assert faults(compare(fake, swapped, [])) == set(), "it had not been due for long"
    long_ago = timedelta(seconds=TOGETHER + 60)
    WebhookCall.objects.update(processed_at=F("processed_at") - long_ago)
    assert faults(compare(fake, swapped, [])) == {"order violations"}


def test_something_told_twice(fake: FakeChakra) -> None:
    """A second telling is a fault, unless the teller or the database was killed in between."""
    heard = told()
    again = heard[0]._replace(began=heard[0].began + 10)
    assert faults(compare(fake, [*heard, again], [])) == {"told again for no reason"}
    at = heard[0].began + 1
    for kill in (Kill("worker 1", at, at, (7,), ("announce",)), Kill("postgresql", at, at)):
        verdict = compare(fake, [*heard, again], [kill])
        assert faults(verdict) == set()
        assert verdict.counts["doubled announcements"] == 1
    other = Kill("worker 2", at, at, (8,), ("announce",))
    assert faults(compare(fake, [*heard, again], [other])) == {"told again for no reason"}


def test_something_sent_twice(fake: FakeChakra) -> None:
    """A message that the platform took twice is found by its callback data."""
    for _ in range(2):
        sent = fake.hear(BRUNO)
        sent.direction, sent.callback_data = "OUTBOUND", "default:1"
    assert faults(compare(fake, told(), [])) == {"sent twice"}
