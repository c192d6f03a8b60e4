"""Rows of accounts that a user may not see are not there: on no list, by no address."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse

from django_chakra import sync
from django_chakra.admin import sight
from django_chakra.exceptions import ConfigurationError
from django_chakra.models import (
    BusinessNumber,
    Contact,
    Conversation,
    MediaFile,
    Message,
    MessageTemplate,
)
from tests.posting import process_all, stored, text

from .looking import MODELS, list_url, page_url, play, see, shown, table_url
from .test_templates import DRAFT
from .walking import actions, chat_url, custom_urls, everything, member

pytestmark = [pytest.mark.django_db]

PATH = "tests.admin.test_accounts.accounts_of"
#: What the function below answers, by user.
ANSWERS: dict[str, Iterable[str] | str | None] = {
    "theirs": ["other"],
    "none": (),
    "all": None,
    "one": "default",
}
asked: list[str] = []


def accounts_of(user: Any) -> Iterable[str] | None:
    """A host's function."""
    asked.append(user.username)
    return ANSWERS[user.username]


@pytest.fixture(autouse=True)
def teams(settings: Any, tmp_path: Path) -> None:
    """A site whose staff see some accounts each."""
    settings.CHAKRA = {**settings.CHAKRA, "ADMIN_ACCOUNTS": PATH, "MEDIA_DIR": str(tmp_path)}


def test_nothing_of_others_is_there() -> None:
    """On no list and in no search is a row of theirs, and no address of one leads anywhere."""
    play(0, 3)
    MediaFile.objects.filter(pk=MediaFile.objects.latest("pk").pk).update(state="kept", file="x")
    client = member("theirs")
    home = reverse("admin:index")
    for model in MODELS:
        rows = list(model._default_manager.all())
        assert shown(client, model) == []
        assert "0 " in see(client, table_url(model))
        for row in rows[:3]:
            assert shown(client, model, f"?q={row.pk}") == []
            for url in (page_url(row), page_url(row).replace("change", "history")):
                assert client.get(url).headers["Location"] == home, url
    lost = {"get": 0, "post": 0}
    for method, url in custom_urls():
        if url.endswith(("/sync/", "/create/")):
            continue
        assert getattr(client, method)(url).status_code == 404, url
        lost[method] += 1
    assert lost == {"get": 2, "post": 1}
    # Whether it was never there, or is another team's, nobody can tell.
    gone = client.get(list_url(Message) + "99999/change/", follow=True)
    here = client.get(page_url(Message.objects.all()[0]), follow=True)
    assert gone.redirect_chain == here.redirect_chain


def test_the_chat_of_others_is_not_there() -> None:
    """Not in the inbox by any tab, search, choice or count, nor in what its script is told; no
    thread of theirs opens, moves or is marked.
    """
    play(0, 2)
    client = member("theirs")
    rows = list(Conversation.objects.all())
    for query in ("show=all", "q=Ana", "account=default", f"contact={rows[0].contact_id}"):
        response = client.get(list_url(Conversation, f"?{query}"))
        assert (response.context["rows"], response.context["unread"]) == ([], 0)
        assert response.context["numbers"] == []
        told = client.get(f"{chat_url('poll')}?{query}&token=x")
        assert told.status_code == 204 or "Ana" not in everything(told)
    for row in rows:
        for page in ("updates", "bubbles"):
            assert client.get(chat_url(page, row)).status_code == 404
        assert client.get(chat_url("details", row)).status_code == 302
        for more in (("mark", row, "done"), ("read", row)):
            assert client.post(chat_url(*more), {"to": "1-1"}).status_code == 404
        act_url = chat_url("act", row, row.messages.all()[0].pk, "send_again")
        assert client.post(act_url).status_code == 404
    assert list(Conversation.objects.filter(done_at=None)) == rows
    assert len(member("one").get(list_url(Conversation)).context["rows"]) == 2


def test_links_do_not_lead_to_others() -> None:
    """A list that a link has opened stays empty for a row of theirs, and for a condition too."""
    play(0, 1)
    client, message = member("theirs"), Message.objects.get()
    conversation = message.conversation_id
    assert shown(client, Message, f"?conversation={conversation}") == []
    assert shown(client, Message, "?account__exact=default") == []


def test_actions_do_nothing_to_others() -> None:
    """No action changes or tells anything of their rows."""
    play(0, 1)
    client = member("theirs")
    before = [list(model._default_manager.order_by("pk").values()) for model in MODELS]
    for model, name in actions():
        keys = list(model._default_manager.values_list("pk", flat=True))
        posted = {"action": name, "_selected_action": keys, "confirmed": "yes"}
        page = client.post(list_url(model), posted, follow=True)
        assert page.status_code == 200
        assert "hello 0" not in everything(page)
    assert [list(model._default_manager.order_by("pk").values()) for model in MODELS] == before
    assert LogEntry.objects.count() == 0


def test_own_rows_are_there() -> None:
    """The rows of their own account they see and filter by, with no word of other accounts."""
    stored(text("wamid.1"))
    stored(text("wamid.2"), account="other")
    process_all()
    ours, theirs = Message.objects.order_by("account")
    client = member("theirs")
    assert shown(client, Message) == [theirs.pk]
    assert "?account=default" not in see(client, list_url(Message))
    assert page_url(theirs.conversation) in see(client, page_url(theirs))
    assert shown(client, Contact) == [theirs.contact_id]
    assert shown(member("all"), Message) == [theirs.pk, ours.pk]
    assert shown(member("one"), Message) == [ours.pk]
    assert shown(member("none"), Message) == []


def test_templates_of_others(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody hands in a template for another account, edits one, or has it synced."""
    client = member("theirs")
    url = reverse("admin:django_chakra_messagetemplate_create")
    assert 'value="default"' not in see(client, url)
    response = client.post(url, DRAFT)
    assert list(response.context["form"].errors) == ["account"]
    whole = {"WEBHOOK_SECRETS": ["s"], "ACCESS_TOKEN": "t", "WABA_ID": "1"}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {"default": whole, "other": whole}}
    synced: list[str] = []

    def asked_for(alias: str) -> None:
        synced.append(alias)
        raise ConfigurationError("not now")

    monkeypatch.setattr(sync, "templates", asked_for)
    client.post(reverse("admin:django_chakra_messagetemplate_sync"))
    assert synced == ["other"]
    assert MessageTemplate.objects.count() == 0
    BusinessNumber.objects.create(account="default", key="1")
    assert shown(client, BusinessNumber) == []


def test_the_function_is_asked_once_for_each_page() -> None:
    """However many lists and filters a page has; and not for whoever is not logged in."""
    play(0, 1)
    client = member("theirs")
    asked.clear()
    see(client, list_url(Message, "?received=today"))
    assert asked == ["theirs"]
    assert Client().get(list_url(Message)).status_code == 302
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert sight.of(request) == sight.Sight()
    assert asked == ["theirs"]


def test_what_is_rendered_without_a_request_is_masked() -> None:
    """Where nobody asks nothing may be seen; and after a page nothing of its sight is left."""
    play(0, 1)
    see(member("all"), list_url(Message))
    assert sight.current() == sight.Sight(numbers=False, payloads=False, accounts=frozenset())


def test_a_function_that_fails_shows_nothing(settings: Any) -> None:
    """A site that can't say who sees what shows an error, and no row."""
    play(0, 1)
    client = member("theirs")
    settings.CHAKRA = {**settings.CHAKRA, "ADMIN_ACCOUNTS": "nowhere.at_all"}
    with pytest.raises(ImportError):
        client.get(list_url(Message))
