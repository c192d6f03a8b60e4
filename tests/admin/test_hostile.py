"""Text from outside is never markup, in whatever column it stands."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.utils import timezone

from django_chakra.models import (
    Backfill,
    BusinessNumber,
    Campaign,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    MediaFile,
    Message,
    MessageTemplate,
    ReceiverFailure,
    WebhookCall,
)
from tests.posting import process_all, stored, text

from .looking import MODELS, details_url, list_url, page_url, see, table_url

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
SHORT = "<b id=x>"
BREAKOUT = "\"'><script>alert(2)</script><img src=x onerror=alert(3)>\u202e</bdi></pre>"


class Found(HTMLParser):
    """What a browser would take for markup of ours that is not."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        # Scripts of ours come from files, never inline.
        inline = tag == "script" and "src" not in named and named.get("type") is None
        handlers = any(name.startswith("on") for name in named)
        if inline or handlers or named.get("id") == "x" or named.get("src") == "x":
            self.foreign.append(f"<{tag} {attrs}>")


def hostile(field: models.Field[Any, Any]) -> Any:
    """Markup that fits into a column; None where it takes none."""
    if isinstance(field, models.JSONField):
        return {SCRIPT: [BREAKOUT]}
    if isinstance(field, models.BinaryField):
        return f'{{"{SCRIPT}": "{SCRIPT}"}}'.encode()
    if not isinstance(field, models.CharField | models.TextField):
        return None
    length = field.max_length or 1000
    return next((text for text in (BREAKOUT + SCRIPT, SCRIPT, SHORT) if len(text) <= length), None)


def make(model: type[models.Model], **given: Any) -> Any:
    """A row with markup in every column that takes text."""
    values = {f.name: hostile(f) for f in model._meta.concrete_fields if f.name not in given}
    chosen = {name: value for name, value in values.items() if value is not None}
    moments = {
        f.name: timezone.now()
        for f in model._meta.concrete_fields
        if isinstance(f, models.DateTimeField)
    }
    return model._default_manager.create(**moments, **chosen, **given)


def make_all() -> list[models.Model]:
    """One such row in each table, each leading to the others."""
    call = make(WebhookCall)
    number, contact = make(BusinessNumber), make(Contact)
    identity = make(ContactIdentity, contact=contact)
    conversation = make(Conversation, number=number, contact=contact)
    campaign = make(Campaign)
    attempt = {"began": SCRIPT, "ended": 1, "outcome": BREAKOUT, "code": SCRIPT, "words": BREAKOUT}
    message = make(
        Message,
        conversation=conversation,
        contact=contact,
        call=call,
        campaign=campaign,
        source="echo_phone",
        attempt_log=[attempt, SCRIPT, None],
    )
    tick = make(DeliveryStatus, message=message, call=call)
    failure = make(ReceiverFailure, message=message, call=call)
    template = make(MessageTemplate)
    return [
        call,
        number,
        contact,
        identity,
        conversation,
        message,
        tick,
        failure,
        campaign,
        template,
        make(Backfill),
        make(MediaFile, message=message, state="kept", mime_type="image/png"),
    ]


def markup(page: str) -> list[str]:
    """The foreign tags of a page."""
    found = Found()
    found.feed(page)
    return found.foreign


def test_markup_in_every_column(staff: Client) -> None:
    """Markup in any column of any table is text on its list and on its page."""
    rows = make_all()
    assert {type(row) for row in rows} == set(MODELS)
    for row in rows:
        everything = "?show=all" if isinstance(row, Conversation) else ""
        lists = {list_url(type(row), everything), table_url(type(row))}
        for url in lists | {page_url(row), details_url(row)}:
            page = see(staff, url)
            assert "<script>alert" not in page
            assert markup(page) == []
            assert "&lt;" in page


def test_markup_in_a_call_of_the_platform(staff: Client) -> None:
    """Markup that came by the webhook, in texts, names and ids, is text on every page."""
    stored(text("wamid" + BREAKOUT, text=SCRIPT, name=BREAKOUT, chakra_id=SCRIPT, format="chakra"))
    stored({"event": SCRIPT, "payload": {SCRIPT: BREAKOUT}})
    process_all()
    for model in (WebhookCall, Contact, Conversation, Message):
        pages = [see(staff, list_url(model))]
        pages += [see(staff, page_url(row)) for row in model._default_manager.all()]
        for page in pages:
            assert markup(page) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in see(staff, list_url(Message))


def test_markup_in_a_search(staff: Client) -> None:
    """Markup in a search term is text."""
    assert markup(see(staff, list_url(Message, f"?q={BREAKOUT}"))) == []
