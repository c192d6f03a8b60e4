"""What must not leave this machine stays here, and says so."""

import sys
from typing import Any

import pytest

from django_chakra import send
from django_chakra.models import Contact, Conversation, Message
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.state import Group

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

OTHER = "919900000000"
TEMPLATE: dict[str, Any] = {"name": "order_ready", "body": ["Asha"], "category": "utility"}


@pytest.fixture
def chakra(settings: Any, fake: FakeChakra) -> Any:
    """Changes keys of the setting."""

    def change(**keys: Any) -> None:
        settings.CHAKRA = {**settings.CHAKRA, **keys}

    return change


def requests(fake: FakeChakra) -> int:
    return len(fake.ledger.entries("request"))


@pytest.mark.parametrize("delivery", ["console", "off", "no such word"])
def test_only_live_sends(fake: FakeChakra, ana: Conversation, chakra: Any, delivery: str) -> None:
    """Else no request is made, of whatever kind; the row says why, and is not tried again."""
    chakra(DELIVERY=delivery)
    question = Message.objects.get()
    rows = [send.text(to=ana, body="Hi"), send.mark_read(question, typing=True)]
    rows.append(send.mapped_template(to=OTHER, **TEMPLATE))
    send.run()
    for row in rows:
        row.refresh_from_db()
        assert (row.status, row.error_title) == ("withheld", f"DELIVERY is {delivery!r}")
        [attempt] = row.attempt_log
        assert (attempt["outcome"], attempt["words"]) == ("withheld", row.error_title)
    assert requests(fake) == 0
    chakra(DELIVERY="live")
    send.run()
    assert requests(fake) == 0


def test_a_developers_machine_prints(
    fake: FakeChakra, ana: Conversation, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under DEBUG nothing goes to the real platform without being asked for."""
    settings.DEBUG = True
    send.text(to=ana, body="Hi")
    assert '"body": "Hi"' in capsys.readouterr().out
    assert requests(fake) == 0


def test_nothing_hostile_reaches_the_terminal(
    fake: FakeChakra, ana: Conversation, chakra: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed is plain ASCII: no escape sequence, no mark of direction."""
    chakra(DELIVERY="console")
    send.text(to=ana, body="a\x1b[2J\x9b2J\x7f\x07\u202eb\r\nWhatsApp message 1, sent")
    said = capsys.readouterr().out
    assert said.isascii()
    assert all(one == "\n" or " " <= one <= "~" for one in said)
    assert "WhatsApp message 1, sent" not in said.splitlines()


def test_a_closed_terminal_withholds_all_the_same(
    fake: FakeChakra, ana: Conversation, chakra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon may have no terminal: the message is withheld and not of unknown end."""
    chakra(DELIVERY="console")
    monkeypatch.setattr(sys, "stdout", None)
    message = send.text(to=ana, body="Hi")
    message.refresh_from_db()
    assert (message.status, message.sending_in) == ("withheld", None)


@pytest.mark.parametrize(
    ("only_to", "leaves"),
    [
        (["+55 (11) 98888-7777"], True),
        (["551188887777"], True),  # without Brazil's ninth digit
        ([OTHER, "5511988887777"], True),
        ([OTHER], False),
        ([], False),
        ("5511988887777", False),  # a check says what it was meant to be
        (5511988887777, False),
        ([5511988887777], True),
        (None, True),
    ],
)
def test_only_to_names_numbers_in_any_spelling(
    fake: FakeChakra, ana: Conversation, chakra: Any, only_to: Any, leaves: bool
) -> None:
    """Who is not among them gets nothing: no message, no template, no blue tick."""
    chakra(ONLY_TO=only_to)
    question = Message.objects.get()
    rows = [send.text(to=ana, body="Hi"), send.mark_read(question)]
    rows.append(send.mapped_template(to=ana, **TEMPLATE))
    for row in rows:
        row.refresh_from_db()
    if leaves:
        assert {str(row.status) for row in rows} == {"accepted"}
        assert requests(fake) == 3
        return
    words = {(str(row.status), row.error_title) for row in rows}
    assert words == {("withheld", "The recipient is not in ONLY_TO")}
    assert requests(fake) == 0


def test_only_to_is_asked_of_the_name_that_is_written_to(
    fake: FakeChakra,
    chakra: Any,
    chakra_contact: Any,
    chakra_conversation: Any,
    chakra_message: Any,
) -> None:
    """A BSUID stands for itself, as written; a receipt goes by any name of who wrote."""
    contact: Contact = chakra_contact(phone="", user_id="BR.1234567890")
    question = chakra_message("Hello", conversation=chakra_conversation(contact=contact))
    for allowed, status in (["BR.1234567890"], "accepted"), (["BR.123456789"], "withheld"):
        chakra(ONLY_TO=allowed)
        rows = send.text(to=contact, body="Hi"), send.mark_read(question)
        for row in rows:
            row.refresh_from_db()
            assert row.status == status, row.attempt_log


def test_no_further_key_leads_around_only_to(
    fake: FakeChakra, ana: Conversation, chakra: Any
) -> None:
    """A second recipient in the body is looked at too."""
    chakra(ONLY_TO=["5511988887777"])
    message = send.text(to=ana, body="Hi", extra={"recipient": "BR.1234567890"})
    message.refresh_from_db()
    assert (message.status, requests(fake)) == ("withheld", 0)


def test_only_to_names_groups(fake: FakeChakra, chakra: Any, chakra_post_event: Any) -> None:
    """By their id, as it is."""
    chakra_post_event("meta/messages__text_group")
    group = Conversation.objects.get()
    known = Group(str(group.group_id), fake.phone_number_id, "Us", created_at=0)
    fake.state.groups[known.id] = known
    for allowed, status in ([group.group_id], "accepted"), ([OTHER], "withheld"):
        chakra(ONLY_TO=allowed)
        message = send.text(to=group, body="Hi")
        receipt = send.mark_read(Message.objects.get(direction="in"))
        for row in (message, receipt):
            row.refresh_from_db()
            assert row.status == status, row.attempt_log
