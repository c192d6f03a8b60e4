"""What is wrong is said by an exception, before anything is written."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from django_chakra import send
from django_chakra.exceptions import SendRefused, UnknownAccount, ValidationFailed
from django_chakra.models import Contact, Conversation, Message
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

LINK = "https://example.com/file"
OTHER = "919900000000"
BUTTONS = [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}]
READY: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "category": "utility"}

WRONG: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "no number": (ValidationFailed, "to", lambda: send.text(to="Ana", body="Hi")),
    "a national number": (ValidationFailed, "begins with 0", lambda: template(to="09900000000")),
    "an empty text": (ValidationFailed, "text.body", lambda: send.text(to=ANA, body=" ")),
    "link and id": (ValidationFailed, "either", lambda: send.image(to=ANA, link=LINK, id="7")),
    "NUL in a text": (SendRefused, "NUL", lambda: send.text(to=ANA, body="a\x00b")),
    "http": (ValidationFailed, "image.link", lambda: send.image(to=ANA, link="http://a.example")),
    "two headers": (
        ValidationFailed,
        "at most one",
        lambda: send.buttons(
            to=ANA, body="?", buttons=BUTTONS, header_text="A", header_image=LINK
        ),
    ),
    "an unknown argument": (
        TypeError, "captoin", lambda: send.image(to=ANA, link=LINK, captoin="Look"),  # type: ignore[call-arg]
    ),
    "a misplaced argument": (
        TypeError,
        "header_image",
        lambda: send.list_message(  # type: ignore[call-arg]
            to=ANA, body="?", button="?", sections=[{"rows": BUTTONS}], header_image=LINK
        ),
    ),
    "a template's unknown argument": (TypeError, "bdy", lambda: template(to=OTHER, bdy=["Ana"])),
    "a mapped template's": (
        TypeError, "footer", lambda: send.mapped_template(to=OTHER, **READY, footer="Us"),  # type: ignore[call-arg]
    ),
    "an unknown account": (UnknownAccount, "'sales'", lambda: template(to=OTHER, account="sales")),
    "no user": (ValueError, "author", lambda: template(to=OTHER, author=AnonymousUser())),
    "a key that is too long": (SendRefused, "255", lambda: keyed("k" * 256)),
    "an empty key": (SendRefused, "255", lambda: keyed("")),
    "a key that is no text": (SendRefused, "255", lambda: keyed(7)),
    "a body that is no JSON": (
        ValidationFailed, "JSON", lambda: send.text(to=ANA, body="Hi", extra={"a": object()}),
    ),
    "a mapping that is no JSON": (
        ValidationFailed,
        "JSON",
        lambda: send.mapped_template(to=OTHER, **READY, body={"1": object()}),
    ),
    "a reaction to nothing": (
        SendRefused, "not named", lambda: send.reaction(to=ANA, emoji="👍"),
    ),
}  # fmt: skip


def template(**arguments: Any) -> Message:
    return send.template(**READY, **arguments)


def keyed(key: Any) -> Message:
    return send.text(to=ANA, body="Hi", idempotency_key=key)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_before(fake: FakeChakra, ana: Conversation, name: str) -> None:
    """By an exception that names it; no row is made, of whatever table, and nothing is sent."""
    error, words, act = WRONG[name]
    with pytest.raises(error, match=words):
        act()
    assert Message.objects.get().direction == "in"
    assert Contact.objects.count() == Conversation.objects.count() == 1
    assert fake.ledger.entries("request") == []
