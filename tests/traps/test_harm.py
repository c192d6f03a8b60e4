"""Traps 25 to 27: what others do to themselves with text from outside."""

import logging
import socket
from typing import Any

import pytest
from django.test import Client

from django_chakra.models import Contact, DeliveryStatus, Message, WebhookCall
from django_chakra.signals import message_received
from tests.admin.looking import list_url, page_url, see
from tests.admin.test_hostile import markup
from tests.posting import ANA, post, process_all, stored
from tests.record.poison import TEXT, refused

from .delivery import call_of, message, taken, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LINK = "javascript:alert(3)"


def test_trap_25_what_customers_write_is_text(admin_client: Client) -> None:
    """Names, captions, file names, types, addresses and words are shown as text, never as links."""
    media = {"caption": EVIL, "filename": EVIL, "mime_type": EVIL, "url": LINK, "id": LINK}
    template = {"name": EVIL, "components": [{"parameters": [{"text": LINK}]}]}
    echo = {"from": "5511900000000", "to": ANA, "type": "template", "template": template}
    taken(
        call_of(
            {
                "contacts": [{"profile": {"name": EVIL, "username": LINK}, "wa_id": ANA}],
                "messages": [message("wamid.A", type="document", document=media)],
                "statuses": [tick("wamid.B", EVIL, errors=[{"code": 1, "title": LINK}])],
            }
        ),
        call_of({"message_echoes": [message("wamid.B", **echo)]}, field="message_echoes"),
    )
    for model in (WebhookCall, Contact, Message, DeliveryStatus):
        urls = [list_url(model), *map(page_url, model._default_manager.all())]
        for page in (see(admin_client, url) for url in urls):
            assert markup(page) == []
            assert f'="{LINK}' not in page


def test_trap_26_media_lead_nowhere(monkeypatch: Any) -> None:
    """An id and an address that customers chose are kept as text; nothing goes there by itself."""
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **rest: asked.append(where))
    monkeypatch.setattr(socket, "create_connection", lambda *where, **rest: asked.append(where))
    media = {"id": "../../me?access_token=", "url": "http://169.254.169.254/latest/meta-data"}
    taken(call_of({"messages": [message("wamid.A", type="image", image=media)]}))
    assert Message.objects.get().payload["image"] == media
    assert asked == []


def test_trap_27_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    """No word from outside is in our log lines, nor does any of them break or colour a line."""
    foreign = "Mallory\r\nERROR all is lost \x1b[31m%s%(name)s"

    def raises(**named: Any) -> None:
        raise ValueError(foreign)

    caplog.set_level(logging.DEBUG, logger="django_chakra")
    profile = {"profile": {"name": foreign}, "wa_id": ANA}
    items = [message("wamid.A", text={"body": foreign}), message("wamid.B", text={"body": TEXT})]
    call = call_of({"contacts": [profile], "messages": items}, {foreign: [foreign]})
    message_received.connect(raises, dispatch_uid="till")
    try:
        with refused():
            stored(call)
            post(call, secret=foreign)
            post({foreign: foreign}, secret="", HTTP_X_CHAKRA_SIGNATURE_256="Mallory %s \x1b[31m")
            process_all()
    finally:
        message_received.disconnect(dispatch_uid="till")
    records = [record for record in caplog.records if "chakra" in record.name]
    assert len(records) >= 4
    for record in records:
        assert "Mallory" not in record.getMessage()
        # As handlers write it: the traceback of the receiver too, which names what it raised.
        for line in logging.Formatter("%(message)s").format(record).split("\n"):
            assert line.isprintable(), line
            assert not line.startswith("ERROR")
