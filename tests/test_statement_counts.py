"""How many statements a call costs, from the answer to the receivers."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_chakra import process
from django_chakra.models import Conversation, Message
from django_chakra.signals import message_received
from django_chakra.testing import calls
from tests.posting import post, stored, text

pytestmark = [
    # Transactions as they are on a site: inside one of the test's there would be savepoints.
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases("postgresql"),
]


def statements(work: Callable[[], object]) -> tuple[list[str], list[str]]:
    """What this sends: statements that carry data, and transaction control."""
    with CaptureQueriesContext(connection) as captured:
        work()
    data: list[str] = []
    control: list[str] = []
    for query in captured.captured_queries:
        is_data = query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
        (data if is_data else control).append(query["sql"])
    return data, control


@pytest.fixture
def heard() -> object:
    """What a receiver of ``message_received`` has heard: as on a site that uses the package."""
    found: list[str] = []

    def receiver(message: Message, **rest: object) -> None:
        found.append(message.text)

    message_received.connect(receiver)
    yield found
    message_received.disconnect(receiver)


def batch(size: int, start: int) -> dict[str, object]:
    """One delivery with so many texts of as many contacts."""
    return calls.batch_call(
        *(
            text(f"wamid.{n}", sender=f"55218{n:08}", name=f"Contact {n}", at=n % 60)
            for n in range(start, start + size)
        )
    )


def test_acknowledging_is_one_insert() -> None:
    """A call is answered after one statement, in no transaction but its own."""
    client = Client()
    data, control = statements(lambda: post(text("wamid.A"), client=client))
    assert [sql.split()[0] for sql in data] == ["INSERT"]
    assert control == []


def test_text_of_a_known_contact(heard: list[str]) -> None:
    """A text of a known contact goes from stored to announced in eight statements."""
    stored(text("wamid.A"))
    process.run()
    call = stored(text("wamid.B", at=60, name="Ana B", text="again"))
    data, control = statements(lambda: process.run_one(call.pk))
    assert heard == ["hello", "again"]
    assert len(data) <= 8, "\n".join(data)
    # Claiming, recording and stamping: three transactions.
    assert control == ["BEGIN", "COMMIT"] * 3


def test_large_delivery(heard: list[str]) -> None:
    """A delivery of 1,000 messages takes at most 40 statements, and as many as one of 100."""
    counted = []
    for size, start in ((100, 0), (1000, 1000)):
        stored(batch(size, start))
        data, _ = statements(process.run)
        counted.append(len(data))
    assert len(heard) == Message.objects.exclude(announced_at=None).count() == 1100
    assert Conversation.objects.count() == 1100
    assert counted[0] == counted[1] <= 40


def test_large_delivery_of_known_contacts(heard: list[str]) -> None:
    """The same holds when all contacts are known and change their names."""
    stored(batch(1000, 0))
    process.run()
    counted = []
    for size in (100, 1000):
        known = [
            text(f"wamid.{size}-{n}", sender=f"55218{n:08}", name=f"New {size} {n}", at=size)
            for n in range(size)
        ]
        stored(calls.batch_call(*known))
        data, _ = statements(process.run)
        counted.append(len(data))
    assert len(heard) == 2100
    assert counted[0] == counted[1] <= 40
