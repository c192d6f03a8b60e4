"""A weekend cut off from the webhook: what the platform's lists bring back, and what they can't."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from django_chakra import backfill
from django_chakra.backfill import Scope
from django_chakra.models import Backfill, Contact, DeliveryStatus, Message, MessageStatus
from tests.settings import ROOT
from tests.tables import NOT_COMPARED, row, rows, tables

from .playing import Format, Shop, on, play

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

#: Columns that are not as webhooks would have filled them. The same list, with the reasons, stands
#: in docs/backfill.md.
CAN_NOT_BE_HAD = {
    "Contact.name",
    "Contact.name_at",
    "Message.chakra_id",
    "Message.error_code",
    "Message.error_details",
    "Message.error_title",
    "Message.edited_at",
    "Message.payload",
    "Message.revoked_at",
    "Message.sent_at",
    "Message.delivered_at",
    "Message.source",
    "Message.text",
    "DeliveryStatus.error_code",
    "DeliveryStatus.error_details",
    "DeliveryStatus.error_title",
    "DeliveryStatus.payload",
}


def test_the_list_is_documented() -> None:
    """What docs/backfill.md says can't be had is what these tests leave out."""
    page = (ROOT / "docs/backfill.md").read_text()
    table = page.split("\n## What can't be had\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| ((?:`\w+\.\w+`(?:, )?)+) \|", table, re.MULTILINE)
    assert {name for cell in named for name in re.findall(r"`([^`]+)`", cell)} == CAN_NOT_BE_HAD


def differing() -> set[str]:
    """Columns in which a row of the two accounts differs; there are no other rows in one of them
    than those that can't be had."""
    apart = (Contact, Message, DeliveryStatus)
    whole, cut = tables("default"), tables("other")
    found: set[str] = set()
    for name in whole.keys() - {model.__name__ for model in apart}:
        assert len(whole[name]) == len(cut[name]), name
        found |= columns(name, zip(whole[name], cut[name], strict=True))
    return found | _contacts() | _messages() | _statuses()


def columns(name: str, pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> set[str]:
    """The columns in which rows of a table differ from each other."""
    return {
        f"{name}.{column}" for one, other in pairs for column in one if one[column] != other[column]
    }


def _contacts() -> set[str]:
    """The same people, by all their names."""

    def known(account: str) -> dict[Any, dict[str, Any]]:
        found = rows(Contact, account).prefetch_related("identities")
        return {
            tuple(sorted((one.kind, one.value) for one in contact.identities.all())): row(contact)
            for contact in found
        }

    left, right = known("default"), known("other")
    assert left.keys() == right.keys()
    return columns("Contact", ((left[who], right[who]) for who in left))


def _messages() -> set[str]:
    """The same messages, but for edits and revokes, which lists don't show."""
    left, right = (
        {found.external_id: row(found) for found in rows(Message, account)}
        for account in ("default", "other")
    )
    assert right.keys() <= left.keys()
    roles = {left[name]["role"] for name in left.keys() - right.keys()}
    assert roles <= {"edit", "revoke"}
    return columns("Message", ((left[name], right[name]) for name in right))


def _statuses() -> set[str]:
    """Of each message the highest word is there; a lower one only where a webhook brought it."""

    def known(account: str) -> dict[str, dict[str, dict[str, Any]]]:
        found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for status in rows(DeliveryStatus, account):
            assert status.message is not None
            found[status.external_id][status.status] = row(status, NOT_COMPARED)
        return found

    left, right = known("default"), known("other")
    assert left.keys() == right.keys()
    differ: set[str] = set()
    for name, words in left.items():
        assert right[name].keys() <= words.keys()
        assert max(words, key=MessageStatus.rank) in right[name]
        pairs = ((words[word], right[name][word]) for word in right[name])
        differ |= columns("DeliveryStatus", pairs)
    return differ


def compare(settings: Any, format: Format, *, people: int, rounds: int) -> Backfill:
    """Play it twice, once with the weekend cut off; ask the platform, and compare."""
    whole, cut = Shop("default", format), Shop("other", format)
    play(whole, settings, people=people, rounds=rounds, cut=False)
    play(cut, settings, people=people, rounds=rounds, cut=True)
    shown = Message.objects.exclude(role__in=("edit", "revoke"))
    missed = shown.filter(account="default").count() - shown.filter(account="other").count()
    with on(cut, settings):
        done = backfill.run(Scope(account="other"))
        assert (done.state, done.error) == ("done", "")
        assert done.missed == missed
        assert done.chats == people + people // 10
        assert differing() == CAN_NOT_BE_HAD
        assert len(cut.fake.ledger.entries("cut")) > 15 * people
        # Once more: nothing is missing, and nothing changes.
        before = tables("other")
        again = backfill.run(Scope(account="other"), since=done.since)
        assert (again.missed, again.missed_statuses, again.seen) == (0, 0, done.seen)
        assert tables("other") == before
    return done


@pytest.mark.parametrize("format", ["chakra", "both"])
def test_a_weekend_is_brought_back(settings: Any, format: Format) -> None:
    """After it the tables are those of a site that heard everything, but for the list above."""
    compare(settings, format, people=12, rounds=8)


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize("format", ["chakra", "both"])
def test_a_weekend_of_three_thousand_is_brought_back(settings: Any, format: Format) -> None:
    """The same with 3,000 messages and statuses of 200 people."""
    done = compare(settings, format, people=200, rounds=8)
    assert done.missed + done.missed_statuses > 2000
