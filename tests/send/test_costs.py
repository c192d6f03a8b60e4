"""What a message costs the database: counted statements that carry data."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_chakra import send, sync
from django_chakra.models import Contact, Conversation, Message
from django_chakra.testing.fake import FakeChakra

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET", "ROLLBACK", "PRAGMA")


def counted(work: Callable[[], object]) -> list[str]:
    """The statements of this that carry data."""
    with CaptureQueriesContext(connection) as captured:
        work()
    sent = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in sent if not sql.upper().startswith(CONTROL)]


def targets(ana: Conversation) -> Iterator[tuple[str, Any]]:
    yield "a number", "5511988887777"
    yield "a contact", Contact.objects.get()
    yield "a conversation", Conversation.objects.get()
    yield "a message", Message.objects.select_related("conversation").first()


def test_writing_down_costs_two_statements(queued: FakeChakra, ana: Conversation) -> None:
    """One looks up whom and where, one inserts, for whatever ``to`` is."""
    for name, to in targets(ana):
        found = counted(lambda to=to: send.text(to=to, body="Hi"))  # type: ignore[misc]
        assert len(found) == 2, (name, found)


def test_a_key_costs_one_statement_more(queued: FakeChakra, ana: Conversation) -> None:
    """The row is read back, since it may be another one's."""
    found = counted(lambda: send.text(to=ana, body="Hi", idempotency_key="order-1"))
    assert len(found) == 3, found
    again = counted(lambda: send.text(to=ana, body="Hi", idempotency_key="order-1"))
    assert len(again) == 2, again


def test_a_template_costs_one_statement_more(queued: FakeChakra, ana: Conversation) -> None:
    """It is looked up, with rows of it or without; a text asks nothing about templates."""
    arguments: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "body": ["Asha"]}
    for known in (False, True):
        if known:
            sync.templates()
        for name, to in targets(ana):
            found = counted(lambda to=to: send.template(to=to, **arguments))  # type: ignore[misc]
            assert len(found) == 3, (known, name, found)
        found = counted(lambda: send.text(to=ana, body="Hi"))
        assert len(found) == 2, found
        assert not any("messagetemplate" in sql for sql in found)
    send.template(to=ana, **arguments, idempotency_key="one")
    again = counted(lambda: send.template(to=ana, **arguments, idempotency_key="one"))
    assert len(again) == 2, again


def test_a_template_is_looked_up_once_for_a_list(queued: FakeChakra, ana: Conversation) -> None:
    """However many there are, and in however many transactions."""
    sync.templates()
    people = [{"to": f"55118{n:08}", "body": ["Asha"]} for n in range(600)]
    found = counted(
        lambda: send.template_many(people, name="order_ready", language="pt_BR", campaign="May")
    )
    assert sum("messagetemplate" in sql for sql in found) == 1


def test_carrying_costs_five_statements(queued: FakeChakra, ana: Conversation) -> None:
    """Claimed, read, saved, shown in the conversation, and a look at what came first."""
    send.text(to=ana, body="Hi")
    found = counted(lambda: send.carry(ana.pk))
    assert len(found) == 5, found
    assert len(queued.sent) == 1


def test_each_further_message_costs_the_same(queued: FakeChakra, ana: Conversation) -> None:
    """Of a conversation's ten none costs more than the first."""
    for n in range(10):
        send.text(to=ana, body=f"Hi {n}")
    found = counted(lambda: send.carry(ana.pk))
    assert len(found) == 50, found
    assert [one.text for one in queued.sent] == [f"Hi {n}" for n in range(10)]
