"""How a number stands, on its page and on the list, and asking the platform from there."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_chakra import sync
from django_chakra.models import BusinessNumber, Conversation
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Reply, reviews

from .looking import page_url, see, shown
from .test_hostile import BREAKOUT, SCRIPT, markup

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

NUMBER = calls.PHONE_NUMBER_ID


def ask_url(row: BusinessNumber) -> str:
    return reverse("admin:django_chakra_businessnumber_ask", args=[row.pk])


def ask(client: Client, row: BusinessNumber) -> list[str]:
    """Press the button; return what the admin says."""
    response = client.post(ask_url(row), follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def text_of(page: str) -> str:
    """What a person reads, with single blanks."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def number(chakra_fake: FakeChakra) -> BusinessNumber:
    """Our number, which the platform has named and not more."""
    return BusinessNumber.objects.create(
        account="default", key=NUMBER, phone_number_id=NUMBER, waba_id=calls.WABA_ID
    )


def test_the_page_says_how_it_stands(
    staff: Client, number: BusinessNumber, chakra_fake: FakeChakra, chakra_post_due: Any
) -> None:
    """Quality, limit in words, restrictions of its WABA, health with solutions, who said what."""
    reviews.restrict(chakra_fake.events)
    sync.numbers()
    chakra_fake.clock.move(60)
    chakra_fake.events.tell(reviews.quality(chakra_fake.events, "FLAGGED"))
    chakra_fake.events.tell(reviews.restrict(chakra_fake.events, remediation="Ask first."))
    chakra_post_due()

    words = text_of(see(staff, page_url(number)))

    assert "FLAGGED low" in words
    assert "1,000 customers in 24 hours" in words
    assert "may not write to customers first RESTRICTED_BIZ_INITIATED_MESSAGING" in words
    assert "Ask first." in words
    assert "WABA LIMITED 141010 The account is restricted" in words
    assert "Review how you ask customers for their consent." in words
    assert re.search(r"quality by an event \d{4}-", words)
    assert re.search(r"name status by the API \d{4}-", words)


def test_a_restriction_that_is_past(staff: Client, number: BusinessNumber) -> None:
    """One whose time is over is shown as past, one without an end as such."""
    past = (timezone.now() - timedelta(days=1)).isoformat()
    BusinessNumber.objects.create(
        account="default",
        key=f"waba:{calls.WABA_ID}",
        restrictions=[{"type": "A", "expires_at": past}, {"type": "B", "expires_at": ""}],
    )

    words = text_of(see(staff, page_url(number)))

    assert words.count("(past)") == 1
    assert "B B not said -" in words


def test_the_list(staff: Client, number: BusinessNumber) -> None:
    """The list shows quality, limit and status, and is filtered by what these come to."""
    other = BusinessNumber.objects.create(
        account="default", key="2", quality="FLAGGED", status="BANNED", messaging_limit="TIER_10K"
    )
    odd = BusinessNumber.objects.create(account="default", key="3", quality="X", status="NEW_WORD")
    sync.numbers()
    assert shown(staff, BusinessNumber, "?quality=high") == [number.pk]
    assert shown(staff, BusinessNumber, "?quality=low") == [other.pk]
    assert shown(staff, BusinessNumber, "?quality=medium") == []
    waba = BusinessNumber.objects.get(key=f"waba:{calls.WABA_ID}")
    assert shown(staff, BusinessNumber, "?status=fine") == [waba.pk, number.pk]
    assert shown(staff, BusinessNumber, "?status=stopped") == [other.pk]
    assert shown(staff, BusinessNumber, "?status=doubtful") == [odd.pk]
    words = text_of(see(staff, reverse("admin:django_chakra_businessnumber_changelist")))
    for expected in ("FLAGGED low", "10,000 customers in 24 hours", "BANNED", "CONNECTED"):
        assert expected in words


def test_ask_the_platform_now(staff: Client, number: BusinessNumber) -> None:
    """The button asks, says what came of it, and stands in the history."""
    assert 'value="Ask the platform now"' in see(staff, page_url(number))

    assert ask(staff, number) == ["The platform told of 1 number."]

    number.refresh_from_db()
    assert (number.quality, number.status) == ("GREEN", "CONNECTED")
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (
        str(number.pk), "The platform told of 1 number.",
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_rows_are_not_locked_while_the_platform_is_asked(
    staff: Client, number: BusinessNumber, chakra_fake: FakeChakra
) -> None:
    """Though the site runs each request in a transaction, this one is in none."""
    nested: list[bool] = []
    chakra_fake.before.append(lambda request: nested.append(connection.in_atomic_block))

    ask(staff, number)

    assert nested == [False, False]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply.of({"_errors": [SCRIPT]}, 403), "The platform could not be asked"),
        (Reply.of({"_errors": ["no"]}, 401), "The platform could not be asked"),
    ],
)
def test_a_refusal_is_said(
    staff: Client, number: BusinessNumber, chakra_fake: FakeChakra, reply: Reply, words: str
) -> None:
    """What the platform refuses is a message on the page, as text, and in the history."""
    chakra_fake.before.append(lambda request: reply)

    response = staff.post(ask_url(number), follow=True)

    assert words in response.content.decode()
    assert markup(response.content.decode()) == []
    assert words in LogEntry.objects.get().change_message


def test_one_number_of_several_is_refused(
    staff: Client, number: BusinessNumber, chakra_fake: FakeChakra
) -> None:
    """A number that is gone and one that can't be told of are named; the others are kept."""
    for key in ("300000000000007", "300000000000008"):
        BusinessNumber.objects.create(account="default", key=key, phone_number_id=key)
    chakra_fake.before.append(
        lambda request: (
            Reply.of({"_errors": ["out of order"]}, 400)
            if request.path.endswith("300000000000008")
            else None
        )
    )

    told, gone, refused = ask(staff, number)

    assert told == "The platform told of 1 number."
    assert gone == "The platform knows no number 300000000000007."
    assert refused.startswith("300000000000008: GET")
    assert "out of order" in refused


def test_an_account_that_is_gone(staff: Client, number: BusinessNumber) -> None:
    """A row of an account that is in the settings no more can't be asked about, and says so."""
    number.account = "left"
    number.save()

    [words] = ask(staff, number)

    assert "no account named 'left'" in words


def test_a_number_that_becomes_another_row(
    staff: Client, chakra_fake: FakeChakra, chakra_post_event: Any
) -> None:
    """A number known by its digits becomes its own row once the platform names it: the answer
    leads to the list, and conversations are untouched.
    """
    chakra_post_event("meta/phone_number_quality_update__flagged")
    [row] = BusinessNumber.objects.all()
    assert row.key == "display:5511900000000"

    response = staff.post(ask_url(row))

    assert response.headers["Location"] == reverse("admin:django_chakra_businessnumber_changelist")
    named = BusinessNumber.objects.get(key=NUMBER)
    assert not BusinessNumber.objects.filter(pk=row.pk).exists()
    assert named.status == "CONNECTED"
    assert not Conversation.objects.exists()


def permitted(*names: str) -> Client:
    """A member of staff with these permissions for numbers."""
    user = User.objects.create_user("some", is_staff=True)
    codenames = [f"{name}_businessnumber" for name in names]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_who_may_ask(number: BusinessNumber, chakra_fake: FakeChakra) -> None:
    """Who may view has no button and no answer; change is needed too; a link can't do it."""
    asked: list[Any] = []
    chakra_fake.before.append(asked.append)
    viewer = permitted("view")
    assert "Ask the platform now" not in see(viewer, page_url(number))
    assert viewer.post(ask_url(number)).status_code == 403
    assert Client().post(ask_url(number)).status_code == 302
    User.objects.all().delete()
    client = permitted("view", "change")
    assert client.get(ask_url(number)).status_code == 405
    assert asked == []
    assert client.post(ask_url(number)).status_code == 302
    assert len(asked) == 2
    assert "Ask the platform now" in see(client, page_url(number))


def test_without_its_token_the_button_does_nothing(
    staff: Client, number: BusinessNumber, chakra_fake: FakeChakra
) -> None:
    """A post from another site is refused."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())

    assert strict.post(ask_url(number)).status_code == 403
    number.refresh_from_db()
    assert number.checked_at is None


def test_hostile_health(staff: Client, number: BusinessNumber) -> None:
    """Markup in whatever the platform said is text on the page."""
    error = {"error_code": SCRIPT, "error_description": BREAKOUT, "possible_solution": SCRIPT}
    entity = {
        "entity_type": BREAKOUT, "id": SCRIPT, "can_send_message": BREAKOUT, "errors": [error],
    }  # fmt: skip
    restriction = {"type": BREAKOUT, "expires_at": SCRIPT, "remediation": BREAKOUT}
    BusinessNumber.objects.update(
        health={"answer": {"healthStatus": {"entities": [entity, SCRIPT, None]}}, "told": SCRIPT},
        restrictions=[restriction, SCRIPT],
        told_at={"quality": SCRIPT, "status": timezone.now().isoformat()},
        quality=SCRIPT,
        messaging_limit=SCRIPT,
    )
    for page in (
        see(staff, page_url(number)),
        see(staff, reverse("admin:django_chakra_businessnumber_changelist")),
    ):
        assert markup(page) == []
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
