"""Text from outside in every field of every kind goes through tables and pages as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from django_chakra.events import storable_text
from django_chakra.models import Message, WebhookCall
from django_chakra.testing import samples
from tests.posting import post, process_all

from .looking import MODELS, list_url, page_url, see, table_url
from .test_browser import Browser, browser, log_in
from .test_hostile import markup

__all__ = ["browser"]  # the fixture, for pytest

ATTACK = "<script>window.__pwned='script'</script><img src=x onerror=\"window.__pwned='img'\">"
# Out of an attribute, out of what holds it, from right to left, of no width, and in no encoding.
HOSTILE = f"\"'></bdi></pre>{ATTACK}\u202e\u2066\u200b\ufeff\x00\ud800{{{{ 7|add:7 }}}}%s"
LONG = HOSTILE + "é" * 5000

WORDS = {
    "object",
    "field",
    "event",
    "type",
    "recipient_type",
    "status",
    "deliveryStatus",
    "action",
    "value",
}
ROUTES = re.compile(r"from|to|id|phone_number|time|.*(_id|Id|ID|[tT]imestamp|_time)")
"""Keys of ids, people and times: text in these places would only make all facts unreadable."""

SHAPE = {"direction", "format", "kind", "role", "source", "status", "type"}
"""Columns by which a page shows other things, or shows them elsewhere."""


def tampered(value: Any, text: str, *, all_of_it: bool, key: str = "") -> Any:
    """A copy with the text before each string: of all, or of those that nothing is read by."""
    if isinstance(value, dict):
        return {k: tampered(part, text, all_of_it=all_of_it, key=k) for k, part in value.items()}
    if isinstance(value, list):
        return [tampered(part, text, all_of_it=all_of_it, key=key) for part in value]
    kept = key in WORDS or ROUTES.fullmatch(key) is not None
    # Never in the envelope's words, without which nothing is looked into.
    if not isinstance(value, str) or key in ("object", "field") or (kept and not all_of_it):
        return value
    return text + value


def post_all(*, all_of_it: bool) -> list[bytes]:
    """Every sample with the text in it, one short and the next long, taken and processed."""
    client = Client()
    bodies = []
    for place, name in enumerate(samples.names()):
        text = LONG if place % 2 else HOSTILE
        call = tampered(samples.load(name), text, all_of_it=all_of_it)
        bodies.append(json.dumps(call).encode())
        assert post(bodies[-1], client=client).status_code == 200
    process_all()
    assert not WebhookCall.objects.exclude(state="processed").exists()
    return bodies


def lists(client: Client) -> Iterator[tuple[str, str]]:
    """All pages of all lists: their addresses and what they hold."""
    for model in MODELS:
        count, shown = model._default_manager.count(), 0
        for number in range(1, 100):
            url = table_url(model, f"?p={number}")
            response = client.get(url)
            assert response.status_code == 200, url
            yield url, response.content.decode()
            shown += len(response.context["cl"].result_list)
            if shown >= count:
                break
        assert shown == count


def one_of_each() -> list[Model]:
    """Of each table one row of each shape; all rows where nothing tells shapes apart."""
    found: dict[tuple[object, ...], Model] = {}
    for model in MODELS:
        shape = [field.name for field in model._meta.fields if field.name in SHAPE] or ["pk"]
        for row in model._default_manager.order_by("pk"):
            found.setdefault((model, *(getattr(row, name) for name in shape)), row)
    return list(found.values())


def assert_harmless(url: str, page: str) -> None:
    assert markup(page) == [], url
    assert "<script>window" not in page, url
    assert "<img src=x" not in page, url
    # Nor has Django's own template language looked at it.
    assert "14%s" not in page, url


@pytest.mark.django_db
@pytest.mark.parametrize("all_of_it", [False, True], ids=["texts", "everything"])
def test_it_is_text_on_every_page(staff: Client, all_of_it: bool) -> None:
    """Markup in whatever field of whatever kind is text on every list and every page."""
    post_all(all_of_it=all_of_it)
    for url, page in lists(staff):
        assert_harmless(url, page)
    assert WebhookCall.objects.count() == len(samples.names())
    found = one_of_each()
    # Of facts whose words and ids are spoilt too hardly any has a kind.
    assert len(found) > (50 if all_of_it else 200)
    for row in found:
        assert_harmless(page_url(row), see(staff, page_url(row)))


@pytest.mark.django_db
@pytest.mark.databases
def test_it_is_unharmed_in_the_tables() -> None:
    """What was posted is kept byte for byte, and read whole but for what no database holds."""
    bodies = post_all(all_of_it=False)
    calls = WebhookCall.objects.order_by("pk")
    assert [bytes(call.body) for call in calls] == bodies
    assert [call.kinds for call in calls if call.unreadable] == []
    short, long = storable_text(HOSTILE), storable_text(LONG)
    assert set(short) - set(HOSTILE) == {"\ufffd"}
    texts = Message.objects.filter(kind="text", role="bubble").exclude(source="history")
    assert texts.filter(text__startswith=short).count() > 10
    for message in texts:
        assert message.text.startswith((long, short))
        part = message.payload["text"]
        # One relay has the text itself where Meta has an object.
        body = part if isinstance(part, str) else part["body"]
        assert body == message.text or message.edited_at


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_nothing_is_executed(browser: Browser) -> None:
    """A browser that opens every list and a page of each table runs nothing from outside."""
    post_all(all_of_it=False)
    log_in(browser)
    pages = [page_url(row) for model in MODELS if (row := model._default_manager.last())]
    pages += [page_url(row) for row in Message.objects.filter(role="bubble").order_by("-pk")[:7]]
    assert 10 < len(pages) <= 20
    seen = 0
    for url in [*map(list_url, MODELS), *pages]:
        browser.go(url)
        # Where a dialog is open this raises.
        assert browser.execute_script("return typeof window.__pwned") == "undefined", url
        seen += "<script>window.__pwned" in browser.words
    assert seen > 10
