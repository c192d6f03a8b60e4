"""The chat where hosts have their admin: a site of their own, another address, a prefix."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse, set_script_prefix

from django_chakra.admin import ConversationAdmin
from django_chakra.models import Conversation, Message
from tests.admin.looking import see
from tests.posting import process_all, status, stored

from .scenes import NOW, hear, ours

pytestmark = pytest.mark.django_db

DESK = "/back-office/desk/django_chakra/conversation/"


def addresses(page: str) -> set[str]:
    """All that a page links to, posts to and asks."""
    return set(re.findall(r'(?:href|action|data-(?:updates|more|read))="([^"#?]+)', page))


@pytest.fixture
def conversation() -> Conversation:
    """One with a message of each side; heard before the site's addresses changed."""
    row = hear(at=NOW - 5)
    ours(row.conversation, status="unknown", external_id="wamid.ours")
    stored(status("wamid.ours", "sent"))
    process_all()
    Message.objects.filter(direction="out").update(status="unknown")
    return row.conversation


def test_a_site_of_the_hosts(staff: Client, conversation: Conversation, settings: Any) -> None:
    """All addresses lead into the site that one is in, and its acts work there."""
    settings.ROOT_URLCONF = "tests.admin.chat.sites"
    thread = f"{DESK}{conversation.pk}/change/"
    for url in (DESK, thread):
        page = see(staff, url)
        assert "The desk" in page
        inside = {one for one in addresses(page) if one.startswith("/") and "/static/" not in one}
        assert len(inside) > 5
        assert {one for one in inside if not one.startswith("/back-office/desk/")} <= {"/"}
    assert staff.get(f"{DESK}poll/").status_code == 200
    assert "Nobody knows" in staff.get(f"{DESK}{conversation.pk}/updates/").json()["bubbles"]
    response = staff.post(f"{DESK}{conversation.pk}/mark/done/", {"next": "//evil"})
    assert response.headers["Location"] == DESK
    # What this site does not have is not linked to.
    assert "/mediafile/" not in see(staff, thread)
    assert "/webhookcall/" not in see(staff, thread)


def test_the_usual_site_elsewhere(staff: Client, conversation: Conversation, settings: Any) -> None:
    """Beside another site, and not at /admin/, the usual one keeps to itself."""
    settings.ROOT_URLCONF = "tests.admin.chat.sites"
    page = see(staff, f"/other/admin/django_chakra/conversation/{conversation.pk}/change/")
    assert not [one for one in addresses(page) if "back-office" in one]
    assert f"/other/admin/django_chakra/conversation/{conversation.pk}/updates/" in page


def test_behind_a_prefix(staff: Client, conversation: Conversation) -> None:
    """Where a proxy hands us a part of a site, all addresses begin with that part."""
    url = reverse("admin:django_chakra_conversation_change", args=[conversation.pk])
    set_script_prefix("/shop/")  # as Django's WSGI handler does it
    try:
        page = see(staff, url)
    finally:
        set_script_prefix("/")
    inside = addresses(page.partition('id="chat"')[2])
    assert len(inside) > 5
    assert [one for one in inside if not one.startswith("/shop/")] == []


def test_what_a_host_leaves_out_nobody_sees(
    staff: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queryset of the host's own narrows list, thread, news and acts."""

    def nothing(page: ConversationAdmin, request: HttpRequest) -> object:
        return Conversation.objects.none()

    monkeypatch.setattr(ConversationAdmin, "get_queryset", nothing)
    base = reverse("admin:django_chakra_conversation_changelist")
    assert "Ana Souza" not in see(staff, f"{base}?show=all")
    assert staff.get(f"{base}poll/?token=").status_code == 204
    for path in ("updates", "bubbles"):
        assert staff.get(f"{base}{conversation.pk}/{path}/").status_code == 404
    assert staff.get(f"{base}{conversation.pk}/change/").status_code == 302
    assert staff.post(f"{base}{conversation.pk}/mark/done/").status_code == 404
    assert admin.site.is_registered(Conversation)


def test_a_template_of_the_hosts(
    staff: Client,
    conversation: Conversation,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A block that a host overrides is shown in the place of ours."""
    folder = tmp_path / "admin/django_chakra/conversation/parts"
    folder.mkdir(parents=True)
    (folder / "words.html").write_text("<p>OURS: {{ part.text }}</p>")
    (tmp_path / "desk.html").write_text(
        "{% extends 'admin/django_chakra/conversation/thread.html' %}"
        "{% block chat_composer %}<p>Answer by phone</p>{% endblock %}"
    )
    monkeypatch.setattr(ConversationAdmin, "thread_template", "desk.html")
    templates = settings.TEMPLATES
    settings.TEMPLATES = [{**templates[0], "DIRS": [str(tmp_path)]}]
    url = reverse("admin:django_chakra_conversation_change", args=[conversation.pk])
    page = see(staff, url)
    assert "<p>OURS: Good morning!" in page
    assert "<p>Answer by phone</p>" in page
