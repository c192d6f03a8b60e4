"""Who may see what: numbers and payloads masked without their permissions, on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages.storage.cookie import CookieStorage
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import URLPattern

from django_chakra.models import (
    BusinessNumber,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    Message,
    WebhookCall,
)
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA, process_all, status, stored, text

from .looking import MODELS, details_url, list_url, page_url, see, shown, table_url
from .walking import (
    SEE,
    actions,
    acts,
    chat,
    customers,
    everything,
    finder,
    lists,
    member,
    pages,
    play_everything,
    rows_of,
)

#: What the names of all pages of the chat begin with.
CHAT = "django_chakra_conversation_"

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    """Files of the test's own."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path)}


@pytest.fixture
def blind(db: None) -> Client:
    """Who may do everything but see numbers and payloads."""
    return member("blind", without=SEE)


def own_urls() -> Iterator[str]:
    """The names of all pages of all our admins."""
    for model in MODELS:
        for pattern in admin.site.get_model_admin(model).urls:
            assert isinstance(pattern, URLPattern)
            if pattern.name and not pattern.name.endswith(("_add", "_delete")):
                yield pattern.name


@pytest.mark.parametrize(
    ("walk", "names"),
    [
        (lists, rf"(?!{CHAT}).*_changelist"),
        (pages, rf"(?!{CHAT}).*_change"),
        (chat, f"{CHAT}.*"),
        (acts, rf"(?!{CHAT}).*_(?!changelist|change)[a-z]+"),
    ],
    ids=["lists", "pages", "chat", "acts"],
)
def test_no_page_shows_a_number(
    blind: Client, chakra_fake: FakeChakra, walk: Any, names: str
) -> None:
    """Without "see phone numbers" no page, header, message or history has a customer's number, in
    digits or in base64; of each of our admins all pages are looked at.
    """
    play_everything()
    numbers = finder(customers())
    opened, found = set(), {}
    for name, response in walk(blind):
        assert response.status_code == 200, name
        opened.add(response.resolver_match.url_name)
        if told := numbers(everything(response)):
            found[name] = told
    assert found == {}
    assert opened >= {name for name in own_urls() if re.fullmatch(names, name)} - POSTED
    for entry in LogEntry.objects.all():
        assert numbers(f"{entry.object_repr} {entry.change_message}") == set()


def test_the_same_pages_have_them() -> None:
    """With the permission the numbers are there, on the list or a page of each of these tables: so
    the test above would find them.
    """
    play_everything()
    numbers, seeing = finder(customers()), member("seeing")
    telling = {url for url, response in lists(seeing) if numbers(everything(response))}
    for model in MODELS:
        urls = [details_url(row) for row in rows_of(model)[-5:]]
        telling |= {url for url in urls if numbers(everything(seeing.get(url)))}
    assert {url.split("/")[3] for url in telling} == TELLING


#: Pages that are only posted to, and lead to others.
POSTED = {
    "django_chakra_messagetemplate_sync",
    "django_chakra_businessnumber_ask",
    *(f"{CHAT}{name}" for name in ("read", "mark", "act")),
}
#: Tables with numbers in them.
TELLING = {
    "backfill",
    "campaign",
    "contact",
    "contactidentity",
    "conversation",
    "deliverystatus",
    "mediafile",
    "message",
    "receiverfailure",
    "webhookcall",
}


def test_the_chat_has_them() -> None:
    """With the permission they are on each kind of page of the chat that shows people."""
    play_everything()
    numbers, telling = finder(customers()), set()
    for _name, response in chat(member("seeing")):
        if numbers(everything(response)):
            telling.add(response.resolver_match.url_name.removeprefix(CHAT))
    assert telling >= {"changelist", "poll", "table", "change", "bubbles", "updates", "details"}


def test_masked_and_not(blind: Client) -> None:
    """The last two digits stay, an id has a stand-in that is always the same, and our own number is
    no secret.
    """
    wamid = "wamid.HBgNNTUxMTk4ODg4Nzc3NxUCABIYFDNB"
    stored(text(wamid, name="", text="call me: (11) 98888-7777, on 2026-10-03"))
    stored(status(wamid, "read"))
    process_all()
    page = see(blind, page_url(Message.objects.get()))
    assert "call me: (•••• 77, on 2026-10-03" in page
    [stand_in] = set(re.findall(r"wamid~[a-p]+", page))
    assert stand_in in see(blind, page_url(DeliveryStatus.objects.get()))
    assert "•••• 77" in see(blind, list_url(Contact))
    number = BusinessNumber.objects.get()
    assert number.display_number in see(blind, page_url(number))
    assert str(number) in see(blind, list_url(Conversation))


def test_half_a_number(blind: Client) -> None:
    """Of a number that would be cut off at the end of a line nothing is shown but its mask."""
    stored(text("wamid.1", text="so many words " * 5 + f"now {ANA} and more"))
    process_all()
    page = see(blind, list_url(Message))
    assert "so many words" in page
    assert "551" not in page.partition("so many words")[2].partition("</bdi>")[0]


def test_messages_after_an_action() -> None:
    """What an admin says after an action is masked, also by a subclass of a host's."""
    request: Any = RequestFactory().get("/")
    request._messages = CookieStorage(request)
    admin.site.get_model_admin(Contact).message_user(request, f"Wrote to {ANA}")
    assert [str(message) for message in request._messages] == ["Wrote to •••• 77"]


def test_payloads(blind: Client) -> None:
    """Without "see raw payloads" there is no payload and no body but a line that names the
    permission; with it alone numbers are masked in them, and bytes that are no JSON stay away.
    """
    stored(text("wamid.1", text="hello"))
    stored(status("wamid.1", "read"))
    process_all()
    rows: list[Model] = [m._default_manager.get() for m in (Message, DeliveryStatus)]
    rows += WebhookCall.objects.all()
    for row in rows:
        page = see(blind, page_url(row))
        assert "it needs the permission “Can see raw payloads”" in page
        assert "messaging_product" not in page
    half = member("half", without=("see_numbers",))
    for row in rows:
        page = see(half, page_url(row))
        assert "it needs the permission" not in page
        assert ANA not in page
    assert "•••• 77" in see(half, page_url(rows[-1]))
    WebhookCall.objects.update(body=b"\xff5511988887777")
    page = see(half, page_url(rows[-1]))
    assert "it needs the permission “Can see phone numbers”" in page
    assert "88887777" not in page


@pytest.mark.parametrize("written", ["5511988887777", "551188887777", "+55 11 98888-7777"])
def test_a_search_neither_finds_nor_confirms(blind: Client, written: str) -> None:
    """The page of a search by a customer's number is the one of a search by a number that nobody
    has, to the byte; with the permission it finds.
    """
    play_everything()
    unknown = re.sub(r"[0-9]", "4", written)
    for model in MODELS:
        for url in {list_url(model), table_url(model)}:
            found = []
            for term in (written, unknown):
                response = blind.get(url, {"q": term})
                page = response.content.decode().replace(term, "TERM").replace(quoted(term), "TERM")
                found.append(re.sub(r'csrf\w*" value="\w+"', "", page))
            assert found[0] == found[1]
        assert shown(blind, model, f"?q={quoted(written)}") == []
    seeing = member("seeing")
    assert shown(seeing, ContactIdentity, f"?q={quoted(written)}") != []


def quoted(term: str) -> str:
    return term.replace("+", "%2B").replace(" ", "+")


def test_a_search_by_what_holds_a_number(blind: Client) -> None:
    """Neither does one by a wamid; our own ids are found, and what is no number."""
    stored(text("wamid.HBgNNTUxMTk4ODg4Nzc3NxUCABIYFDNB", sender="BR.1234567890123456789"))
    process_all()
    message, contact = Message.objects.get(), Contact.objects.get()
    for term in ("wamid.HBgNNTUxMTk4ODg4Nzc3NxUCABIYFDNB", "HBgNNTUxMTk4ODg4Nzc3NxUCABIYFDNB"):
        assert shown(blind, Message, f"?q={term}") == []
        assert shown(blind, WebhookCall, f"?q={term}") == []
    assert shown(blind, Message, f"?q={message.pk}") == [message.pk]
    assert shown(blind, Contact, "?q=BR.1234567890123456789") == [contact.pk]


@pytest.mark.parametrize(
    ("model", "condition"),
    [
        (ContactIdentity, "value__startswith=55119"),
        (ContactIdentity, f"value={ANA}"),
        (Conversation, f"contact__identities__value={ANA}"),
        (Message, "external_id__startswith=wamid"),
        (Message, "payload__from__startswith=55"),
        (Message, "text__contains=9888"),
    ],
)
def test_columns_are_not_guessed_at(blind: Client, model: type[Model], condition: str) -> None:
    """A condition on a column, which no filter of the list offers, is refused."""
    stored(text("wamid.1"))
    process_all()
    assert blind.get(table_url(model, f"?{condition}")).status_code == 400
    assert blind.get(table_url(model, "?account=default")).status_code == 200


def test_large_keys_are_no_numbers(blind: Client) -> None:
    """A key of ours stays readable, however many digits it has."""
    stored(text("wamid.1"))
    process_all()
    message = Message.objects.get()
    DeliveryStatus.objects.create(
        account="default", key="k", message=message, pk=123456789, received_at=message.received_at
    )
    page = see(blind, page_url(message))
    assert "123456789</bdi>" in page
    assert "delivery status 123456789" in see(blind, f"{list_url(DeliveryStatus)}123456789/change/")


def test_superusers_see_all(staff: Client) -> None:
    """A superuser has these permissions too, as Django has it."""
    stored(text("wamid.1"))
    process_all()
    assert ANA in see(staff, page_url(ContactIdentity.objects.get()))
    assert "messaging_product" in see(staff, page_url(WebhookCall.objects.get()))


def test_permissions_can_be_given() -> None:
    """The three permissions are there for groups and users."""
    ours = Permission.objects.filter(content_type__app_label="django_chakra")
    found = set(ours.values_list("codename", flat=True))
    assert found >= {"see_numbers", "see_payloads", "reply_conversation"}
    user = User.objects.create_user("x", is_staff=True)
    assert not user.has_perm("django_chakra.see_numbers")


def test_all_actions_are_walked() -> None:
    """The walk knows of actions, so it would know of one more."""
    assert (WebhookCall, "process_again") in set(actions())
