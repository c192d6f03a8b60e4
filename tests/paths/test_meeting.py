"""Two processes that meet: on one message, one status, one conversation."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from django_chakra.models import (
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    Message,
)
from django_chakra.testing import calls
from tests.posting import status, stored, text

from .guarantees import (
    assert_heard,
    assert_linked,
    assert_not_interleaved,
    assert_nothing_held,
    assert_nothing_left,
    let_time_pass,
)
from .hearing import Heard, heard
from .processes import Child

pytestmark = [
    pytest.mark.databases,
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
]

Pair = tuple[dict[str, Any], dict[str, Any]]

ROUNDS = 30
SLOW = 0.003
"""Seconds that each receiver takes: long enough to be met."""


class Two:
    """Two processes, and what their receivers wrote down since the test began."""

    def __init__(self, log: Path, one: Child, other: Child) -> None:
        self.log, self.children = log, (one, other)
        self.before = 0

    @property
    def heard(self) -> list[Heard]:
        """What was heard in this test."""
        return heard(self.log)[self.before :]

    def meet(self, pairs: Iterable[Pair], *, sweeping: bool = False) -> None:
        """Let both take one call each at the same moment, or a little apart, pair by pair.

        All must be done when both are through with the last pair: nobody sweeps, unless told to.
        """
        keys = [[stored(call).pk for call in pair] for pair in pairs]
        for number, pair in enumerate(keys):
            at = time.monotonic() + 0.003
            # Neither is always first: from 12 ms before the other to 12 ms after it.
            apart = (number % 9 - 4) * 0.003
            for child, pk, moment in zip(self.children, pair, (at, at + apart), strict=True):
                child.tell("one", pk=pk, at=moment)
            for child in self.children:
                assert child.answer() == {"done": 1}
        if sweeping:
            let_time_pass()
            self.children[0].ask("work")
        assert_nothing_left()
        assert_nothing_held()
        assert_linked()
        assert_not_interleaved(self.heard)

    def assert_heard(self, *order: str) -> None:
        """Each receiver heard these of each round once, in this order; ``{}`` is the round."""
        told = self.heard
        for number in range(ROUNDS):
            expected = [about.format(number) for about in order]
            assert_heard([one for one in told if one.about in expected], expected, at_most=1)
        assert len(told) == 2 * ROUNDS * len(order)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Two]:
    """Two processes for all tests here: starting them takes longer than meeting."""
    log = tmp_path_factory.mktemp("meeting") / "heard"
    with Child(log, seconds=SLOW) as one, Child(log, seconds=SLOW) as other:
        yield Two(log, one, other)


@pytest.fixture
def two(processes: Two) -> Two:
    """The two processes, for one test."""
    processes.before = len(heard(processes.log))
    return processes


def sender(number: int) -> str:
    """Somebody new in each round."""
    return f"55118{number:08}"


def test_one_message_in_both_formats_is_one_row_and_told_once(two: Two) -> None:
    """A text that two processes take at once, in two formats, is one row, told once."""
    two.meet(
        (
            text(f"wamid.{n}", format="chakra", sender=sender(n)),
            text(f"wamid.{n}", format="meta", sender=sender(n)),
        )
        for n in range(ROUNDS)
    )
    assert Message.objects.count() == ROUNDS
    assert Contact.objects.count() == ContactIdentity.objects.count() == ROUNDS
    # The number is known from the other format, and nothing stays where it was not.
    assert Conversation.objects.count() == ROUNDS
    assert Conversation.objects.filter(number__key=calls.PHONE_NUMBER_ID).count() == ROUNDS
    two.assert_heard("wamid.{}")


def test_one_contact_is_one_conversation(two: Two) -> None:
    """Two texts of somebody new, at once, are two messages of one contact, told one by one."""
    two.meet(
        (
            text(f"wamid.{n} 1", sender=sender(n), at=1),
            text(f"wamid.{n} 2", sender=sender(n), at=2),
        )
        for n in range(ROUNDS)
    )
    assert Contact.objects.count() == Conversation.objects.count() == ROUNDS
    assert Message.objects.count() == 2 * ROUNDS
    assert len(two.heard) == 4 * ROUNDS


def test_one_status_in_both_formats_is_one_row_and_told_once(two: Two) -> None:
    """A status that two processes take at once, in two formats, is one row, told once."""
    for n in range(ROUNDS):
        stored(text(f"wamid.{n}", sender=sender(n)))
    two.children[0].ask("work")
    two.meet(
        (status(f"wamid.{n}", "read", format="chakra"), status(f"wamid.{n}", "read"))
        for n in range(ROUNDS)
    )
    assert DeliveryStatus.objects.count() == ROUNDS
    assert set(Message.objects.values_list("status", flat=True)) == {"read"}
    two.assert_heard("wamid.{}", "wamid.{} read")


@pytest.mark.parametrize("formats", [("meta", "chakra"), ("chakra", "meta")], ids="-".join)
def test_a_status_and_its_message_find_each_other(two: Two, formats: tuple[str, str]) -> None:
    """A status and its message, recorded at one moment, are linked when both are through."""
    two.meet(
        (
            text(f"wamid.{n}", format=formats[0], sender=sender(n)),
            status(f"wamid.{n}", "delivered", format=formats[1], recipient=sender(n)),
        )
        for n in range(ROUNDS)
    )
    assert DeliveryStatus.objects.exclude(message=None).count() == ROUNDS
    assert set(Message.objects.values_list("status", flat=True)) == {"delivered"}
    two.assert_heard("wamid.{}", "wamid.{} delivered")


def test_a_person_met_by_two_names_is_one_contact(two: Two) -> None:
    """A phone number alone, and with a user id, taken at once: one contact who has both."""
    both = []
    for n in range(ROUNDS):
        body = text(f"wamid.{n} both", sender=sender(n), at=2)
        item = body["entry"][0]["changes"][0]["value"]["messages"][0]
        item["from_user_id"] = f"BR.Person{n}"
        both.append(body)
    two.meet((text(f"wamid.{n} phone", sender=sender(n), at=1), both[n]) for n in range(ROUNDS))

    assert Contact.objects.filter(merged_into=None).count() == ROUNDS
    assert ContactIdentity.objects.count() == 2 * ROUNDS
    assert Conversation.objects.count() == ROUNDS
    assert Message.objects.filter(contact__merged_into=None).count() == 2 * ROUNDS
    assert len(two.heard) == 4 * ROUNDS


def test_two_who_turn_out_to_be_one_while_they_write(two: Two) -> None:
    """Contacts are joined by one process while another one records what the younger writes."""
    joining, writing = [], []
    for n in range(ROUNDS):
        stored(text(f"wamid.{n} phone", sender=sender(n)))
        stored(text(f"wamid.{n} id", sender=f"BR.Person{n}"))
        body = text(f"wamid.{n} both", sender=sender(n), at=3)
        body["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"] = f"BR.Person{n}"
        joining.append(body)
        writing.append(text(f"wamid.{n} more", sender=f"BR.Person{n}", at=2))
    two.children[0].ask("work")
    # What moves away from under its announcer is told by whoever sweeps.
    two.meet(zip(joining, writing, strict=True), sweeping=True)

    assert Contact.objects.filter(merged_into=None).count() == ROUNDS
    assert Conversation.objects.count() == ROUNDS
    assert Message.objects.filter(contact__merged_into=None).count() == 4 * ROUNDS
    assert Message.objects.filter(conversation__contact__merged_into=None).count() == 4 * ROUNDS
