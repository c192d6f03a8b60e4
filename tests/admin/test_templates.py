"""Templates in the admin: read, synced, handed in and edited, and what the platform says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from django_chakra import sync
from django_chakra.models import MessageTemplate
from django_chakra.testing.fake import FakeChakra, Misbehaviour
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.state import Template

from .looking import list_url, page_url, see, shown
from .test_hostile import BREAKOUT, SCRIPT, markup
from .test_sending import words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

NAME = "admin:django_chakra_messagetemplate"
DRAFT: dict[str, Any] = {
    "account": "default",
    "name": "order_shipped",
    "language": "pt_BR",
    "category": "UTILITY",
    "header": "TEXT",
    "header_text": "Order {{1}}",
    "header_example": "A7",
    "body": "Hello {{1}}, your order {{2}} is on its way.\nThank you",
    "examples": "Ana\nA7",
    "footer": "Example Shop",
    "buttons": json.dumps([{"type": "QUICK_REPLY", "text": "Thanks"}]),
}
COMPONENTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["A7"]}},
    {"type": "BODY", "text": DRAFT["body"], "example": {"body_text": [["Ana", "A7"]]}},
    {"type": "FOOTER", "text": "Example Shop"},
    {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}]},
]


@pytest.fixture
def fake(chakra_fake: FakeChakra, transactional_db: None) -> FakeChakra:
    """A platform with one template."""
    chakra_fake.state.templates = {
        "1": Template("1", "order_ready", "en", "UTILITY", COMPONENTS, "APPROVED", quality="GREEN")
    }
    return chakra_fake


def may(client: Client, *acts: str) -> Client:
    """The reader, who may do this to templates besides."""
    user = User.objects.get(username="reader")
    for act in acts:
        user.user_permissions.add(Permission.objects.get(codename=f"{act}_messagetemplate"))
    return client


def history() -> list[tuple[str, str, str]]:
    """What the admin wrote down: who, about what, and what."""
    return [
        (row.user.get_username(), row.object_repr, row.get_change_message())
        for row in LogEntry.objects.order_by("pk")
    ]


def notes(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def draft_errors(response: Any) -> dict[str, list[str]]:
    """What is wrong by field."""
    assert response.status_code == 200
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_sync_now(reader: Client, fake: FakeChakra) -> None:
    """All accounts are asked; the list shows when, and the history who wanted it."""
    may(reader, "change")
    page = see(reader, list_url(MessageTemplate))
    assert "Last sync: never" in words(page)
    assert "Sync now" in page
    response = reader.post(reverse(f"{NAME}_sync"), follow=True)
    assert notes(response) == [
        f"Account {alias}: 1 listed, 1 new, 0 changed, 0 deleted." for alias in ("default", "other")
    ]
    assert re.search(r"Last sync: default \d{4}-\d\d-\d\d .* other \d{4}-", words(see(
        reader, list_url(MessageTemplate)
    )))  # fmt: skip
    assert [entry[:2] for entry in history()] == [
        ("reader", "Templates of account default"),
        ("reader", "Templates of account other"),
    ]
    assert "1 listed, 1 new" in history()[0][2]


def test_a_sync_that_fails(reader: Client, fake: FakeChakra) -> None:
    """The reason is shown as text, and the other account is asked all the same."""
    may(reader, "change")
    failures = iter([errors(403, SCRIPT)])
    fake.before.append(lambda request: next(failures, None))
    response = reader.post(reverse(f"{NAME}_sync"), follow=True)
    assert "403" in notes(response)[0]
    assert notes(response)[1].startswith("Account other: 1 listed")
    assert markup(response.content.decode()) == []


def test_who_may_do_what(reader: Client, fake: FakeChakra) -> None:
    """To look is not to change; to change is not to create; strangers are sent to the login."""
    sync.templates()
    row = MessageTemplate.objects.get()
    urls = {
        "sync": reverse(f"{NAME}_sync"),
        "create": reverse(f"{NAME}_create"),
        "edit": reverse(f"{NAME}_edit", args=[row.pk]),
    }

    def answers() -> dict[str, int]:
        return {name: reader.post(url, {}).status_code for name, url in urls.items()}

    assert answers() == {"sync": 403, "create": 403, "edit": 403}
    for url in (list_url(MessageTemplate), page_url(row)):
        assert not any(there in see(reader, url) for there in urls.values())
    may(reader, "add")
    assert answers() == {"sync": 403, "create": 200, "edit": 403}
    assert urls["create"] in see(reader, list_url(MessageTemplate))
    may(reader, "change")
    assert answers() == {"sync": 302, "create": 200, "edit": 200}
    assert urls["edit"] in see(reader, page_url(row))
    assert reader.get(urls["sync"]).status_code == 405
    assert reader.get(reverse(f"{NAME}_edit", args=[10**9])).status_code == 404
    for url in urls.values():
        response = Client().post(url)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:login"))
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(User.objects.get(username="reader"))
    assert [checked.post(url).status_code for url in urls.values()] == [403] * 3


def test_lists_and_search(staff: Client, fake: FakeChakra) -> None:
    """By the beginning of a name or Meta's id, by status, category, account and deletion."""
    for n, (status, category) in enumerate([("APPROVED", "UTILITY"), ("PAUSED", "MARKETING")]):
        fake.state.templates[str(n)] = Template(
            str(n), f"news_{n}", "en", category, COMPONENTS, status
        )
    sync.templates()
    first, second = (MessageTemplate.objects.get(name=f"news_{n}") for n in (0, 1))
    del fake.state.templates["1"]
    sync.templates()
    assert shown(staff, MessageTemplate, "?q=news") == [second.pk, first.pk]
    assert shown(staff, MessageTemplate, "?q=NEWS_1") == [second.pk]
    assert shown(staff, MessageTemplate, "?q=ews_1") == []
    assert shown(staff, MessageTemplate, "?status=PAUSED") == [second.pk]
    assert shown(staff, MessageTemplate, "?category=MARKETING") == [second.pk]
    assert shown(staff, MessageTemplate, "?deleted=yes") == [second.pk]
    assert shown(staff, MessageTemplate, "?deleted=no&account=default") == [first.pk]
    assert "PAUSED deleted" in words(see(staff, list_url(MessageTemplate)))


def test_the_page_shows_what_people_read(staff: Client, fake: FakeChakra) -> None:
    """A bubble, the variables with examples, and the components as they were listed."""
    sync.templates()
    row = MessageTemplate.objects.get()
    page = see(staff, page_url(row))
    bubble = page[page.index('<div class="chakra-bubble">') :]
    assert words(bubble).startswith(
        "Order {{1}} Hello {{1}}, your order {{2}} is on its way. Thank you Example Shop Thanks"
    )
    said = words(page)
    assert "place name example header 1 A7 body 1 Ana body 2 A7" in said
    assert "APPROVED" in said
    assert "GREEN" in said
    assert "&quot;body_text&quot;" in page


def test_text_from_outside_is_text(staff: Client, fake: FakeChakra) -> None:
    """In every part of a template, on its page, in its form and on the list."""
    fake.state.templates = {
        "1": Template(
            "1",
            BREAKOUT,
            SCRIPT,
            "UTILITY",
            [
                {"type": "HEADER", "format": "TEXT", "text": f"{SCRIPT}{{{{x}}}}",
                 "example": {"header_text": [BREAKOUT]}},
                {"type": "BODY", "text": f"{BREAKOUT}{{{{1}}}}", "example": {
                    "body_text": [[SCRIPT]]
                }},
                {"type": "FOOTER", "text": SCRIPT},
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": BREAKOUT, "url": "javascript:alert(1)//{{1}}"}
                ]},
                {"type": "CAROUSEL", "cards": [{"components": [{"type": "BODY", "text": SCRIPT}]}]},
            ],
            "REJECTED",
            BREAKOUT,
        )
    }  # fmt: skip
    sync.templates()
    row = MessageTemplate.objects.get()
    for url in (
        list_url(MessageTemplate),
        page_url(row),
        reverse(f"{NAME}_edit", args=[row.pk]),
    ):
        page = see(staff, url)
        assert markup(page) == []
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


def test_a_template_is_handed_in(
    reader: Client, fake: FakeChakra, chakra_post_due: Callable[[], Any]
) -> None:
    """The platform gets what was written, the page shows the review, and the history who did it."""
    may(reader, "add")
    page = see(reader, reverse(f"{NAME}_create"))
    assert all(f'name="{field}"' in page for field in DRAFT)
    response = reader.post(reverse(f"{NAME}_create"), DRAFT, follow=True)
    row = MessageTemplate.objects.get()
    assert response.redirect_chain == [(page_url(row), 302)]
    assert "The platform has it: PENDING" in notes(response)[0]
    handed = fake.state.templates[row.external_id]
    assert (handed.name, handed.language, handed.category) == ("order_shipped", "pt_BR", "UTILITY")
    assert (handed.components, handed.parameter_format) == (COMPONENTS, "POSITIONAL")
    assert history() == [("reader", "order_shipped (pt_BR)", "Handed in for review.")]
    assert "PENDING" in words(see(reader, page_url(row)))
    fake.clock.move(3600)
    chakra_post_due()
    assert "APPROVED" in words(see(reader, page_url(row)))


def test_variables_with_names_are_handed_in(staff: Client, fake: FakeChakra) -> None:
    """By their names, in Meta's way."""
    named = {**DRAFT, "header": "", "body": "Hello {{name}}, welcome", "examples": "Ana"}
    staff.post(reverse(f"{NAME}_create"), named)
    handed = fake.state.template("order_shipped")[0]
    assert handed.parameter_format == "NAMED"
    assert handed.components[0]["example"] == {
        "body_text_named_params": [{"param_name": "name", "example": "Ana"}]
    }


def test_components_as_meta_writes_them(staff: Client, fake: FakeChakra) -> None:
    """What the fields lack can be handed in whole."""
    given = [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy"}]},
    ]
    draft = {
        "account": "default", "name": "code", "language": "en", "category": "AUTHENTICATION",
        "components": json.dumps(given),
    }  # fmt: skip
    assert staff.post(reverse(f"{NAME}_create"), draft).status_code == 302
    assert fake.state.template("code")[0].components == given


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": ""}, "name", "required"),
    "capitals": ({"name": "Order"}, "name", "valid"),
    "a line end": ({"name": "order\n\nx"}, "name", "valid"),
    "no language": ({"language": "English"}, "language", "valid"),
    "no category": ({"category": "FUN"}, "category", "valid choice"),
    "no account": ({"account": "sales"}, "account", "valid choice"),
    "no body": ({"body": ""}, "body", "must not be empty"),
    "no examples": ({"examples": "Ana"}, "body", "an example for each of 1, 2"),
    "no example above": ({"header_example": ""}, "header_text", "an example for each of 1"),
    "no handle": ({"header": "IMAGE", "header_example": ""}, "header_text", "must not be empty"),
    "a long footer": ({"footer": "x" * 61}, "footer", "at most 60"),
    "no list": ({"buttons": '{"type": "URL"}'}, "buttons", "list of objects"),
    "no objects": ({"buttons": "[1]"}, "buttons", "list of objects"),
    "no JSON": ({"components": "[1"}, "components", "valid JSON"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_draft_that_is_wrong(staff: Client, fake: FakeChakra, case: str) -> None:
    """Is said beside its field, and the platform is not asked."""
    changes, field, said = WRONG[case]
    asked: list[Any] = []
    fake.before.append(asked.append)
    found = draft_errors(staff.post(reverse(f"{NAME}_create"), {**DRAFT, **changes}))
    assert list(found) == [field]
    assert said in found[field][0]
    assert asked == []
    assert not LogEntry.objects.exists()


def test_what_the_platform_refuses(staff: Client, fake: FakeChakra) -> None:
    """Its words are the form's error, as text; what was written stays in the form."""
    twice = {**DRAFT, "name": "order_ready", "language": "en"}
    response = staff.post(reverse(f"{NAME}_create"), twice)
    (said,) = draft_errors(response)["__all__"]
    assert "already exists" in said
    assert "order_ready is there in en" in said
    assert "Thank you</textarea>" in response.content.decode()
    fake.before.append(lambda request: errors(400, SCRIPT))
    response = staff.post(reverse(f"{NAME}_create"), twice)
    assert "alert(1)" in draft_errors(response)["__all__"][0]
    assert markup(response.content.decode()) == []
    fake.before[:] = [lambda request: Misbehaviour.unreachable()]
    assert draft_errors(staff.post(reverse(f"{NAME}_create"), twice))["__all__"]
    assert not MessageTemplate.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_template_is_edited(reader: Client, fake: FakeChakra) -> None:
    """The form has what it says now; what is handed in is pending, and in the history."""
    may(reader, "change")
    sync.templates()
    row = MessageTemplate.objects.get()
    url = reverse(f"{NAME}_edit", args=[row.pk])
    initial = reader.get(url).context["form"].initial
    written = {key: value for key, value in DRAFT.items() if key not in ("name", "language")}
    del written["account"]
    assert initial == {**written, "buttons": json.loads(DRAFT["buttons"])}
    response = reader.post(url, {**written, "footer": "Another Shop"}, follow=True)
    assert response.redirect_chain == [(page_url(row), 302)]
    row.refresh_from_db()
    assert (row.status, row.components[2]["text"]) == ("PENDING", "Another Shop")
    assert fake.state.templates["1"].components == row.components
    assert history() == [
        ("reader", "order_ready (en)", "Edited, and handed in for review."),
    ]


def test_an_edit_that_the_platform_refuses(staff: Client, fake: FakeChakra) -> None:
    """Changes nothing here, and its words are the form's error."""
    sync.templates()
    row = MessageTemplate.objects.get()
    written = {**DRAFT, "category": "MARKETING"}
    response = staff.post(reverse(f"{NAME}_edit", args=[row.pk]), written)
    assert "category of an approved template stays" in draft_errors(response)["__all__"][0]
    row.refresh_from_db()
    assert (row.status, row.category) == ("APPROVED", "UTILITY")
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("type", [["BODY"], {"a": 1}, None, 7])
def test_a_component_of_an_odd_type(staff: Client, fake: FakeChakra, type: Any) -> None:
    """The page of an edit opens all the same, with the components as they are."""
    fake.state.templates["1"].components = odd = [*COMPONENTS, {"type": type, "text": "?"}]
    sync.templates()
    row = MessageTemplate.objects.get()
    form = staff.get(reverse(f"{NAME}_edit", args=[row.pk])).context["form"]
    assert form.initial["components"] == odd
    assert form.initial["buttons"] == COMPONENTS[3]["buttons"]


def test_what_the_fields_can_not_say_is_edited_whole(staff: Client, fake: FakeChakra) -> None:
    """A template with cards or a file is offered as Meta writes it, so that nothing gets lost."""
    fake.state.templates["1"].components = [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["h"]}},
        {"type": "BODY", "text": "Look"},
    ]
    sync.templates()
    row = MessageTemplate.objects.get()
    form = staff.get(reverse(f"{NAME}_edit", args=[row.pk])).context["form"]
    assert form.initial["components"] == row.components
