"""Recording commutes: what is known at the end does not depend on how it came."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from django_chakra import process
from django_chakra.testing import calls
from tests.posting import START, post, process_all
from tests.settings import TEST_DATABASE
from tests.tables import differences

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases("sqlite", "postgresql"),
]

PEOPLE = ("5511988887777", "5511977776666", "BR.1234567890")
# Two numbers of one WABA, and one that has a WABA to itself.
NUMBERS = {
    "300000000000001": "200000000000001",
    "300000000000002": "200000000000001",
    "300000000000003": "200000000000002",
}
WORDS = ("accepted", "sent", "failed", "delivered", "read", "played", "deleted")
WAMIDS = tuple(f"wamid.{letter}" for letter in "AaBC")
ALIASES = count()

Copy = dict[str, Any]


@dataclass(frozen=True)
class Arrangement:
    """In which calls, in which order and in batches of which size the copies come."""

    deliveries: list[Any]
    batches: list[int]


@st.composite
def texts(draw: st.DrawFn, external_id: str) -> list[Copy]:
    """One text in one format or both, perhaps with other words in the other copy."""
    n = WAMIDS.index(external_id)
    sender, number = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(list(NUMBERS)))
    formats = draw(st.sampled_from([["meta"], ["chakra"], ["meta", "chakra"]]))
    common: Copy = {
        "external_id": external_id,
        "sender": sender,
        "timestamp": START + n * 100 + draw(st.integers(0, 2)) * 1000,
        "reply_to": draw(st.sampled_from(["", *WAMIDS])),
    }
    copies = []
    for format in formats:
        vague = format == "chakra" and draw(st.booleans())
        copies.append(
            calls.text_call(
                format,
                **common,
                text=draw(st.sampled_from(["one", "two", "stop", "start"])),
                name=draw(st.sampled_from(["", "Ana", "Zoe"])),
                chakra_id=f"own {external_id}",
                waba_id=NUMBERS[number],
                phone_number_id=None if vague else number,
            )
        )
    return copies


@st.composite
def ticks(draw: st.DrawFn, external_id: str) -> list[Copy]:
    """One delivery status in one format or both; a copy may say more than the other."""
    word = draw(st.sampled_from(WORDS))
    timestamp = START + 5000 + draw(st.integers(0, 50))
    extras = [{}, {"pricing": {"billable": True, "category": "utility", "pricing_model": "PMP"}}]
    copies = []
    for format in draw(st.sampled_from([["meta"], ["chakra"], ["meta", "chakra"]])):
        copies.append(
            calls.status_call(
                format,
                external_id=external_id,
                status=word,
                timestamp=timestamp + draw(st.integers(0, 1)),
                recipient=PEOPLE[0],
                phone_number_id=next(iter(NUMBERS)),
                error_code=draw(st.sampled_from([131047, 131042])) if word == "failed" else None,
                error_title=draw(st.sampled_from(["Too late", "Unpaid"])),
                extra=draw(st.sampled_from(extras)),
                event=draw(st.sampled_from(["status", "deliveryStatus"])),
            )
        )
    return copies


@st.composite
def arrangements(draw: st.DrawFn, copies: list[Copy]) -> Arrangement:
    """Each copy at least once, in any order, alone or together with others."""
    again = draw(st.lists(st.sampled_from(range(len(copies))), max_size=4))
    order = draw(st.permutations([*range(len(copies)), *again]))
    deliveries: list[Any] = []
    batch: list[Copy] = []
    for copy in (copies[place] for place in order):
        joined = "entry" in copy and draw(st.booleans())
        if batch and (not joined or not agree([*batch, copy])):
            deliveries.append(calls.batch_call(*batch))
            batch = []
        if joined:
            batch.append(copy)
        else:
            deliveries.append(copy)
    if batch:
        deliveries.append(calls.batch_call(*batch))
    sizes = draw(st.lists(st.integers(1, 6), min_size=len(deliveries), max_size=len(deliveries)))
    return Arrangement(deliveries, sizes)


def agree(batch: list[Copy]) -> bool:
    """Whether no two of these calls call one person differently: a delivery names each once."""
    names: dict[str, str] = {}
    for copy in batch:
        value = copy["entry"][0]["changes"][0]["value"]
        for item in value.get("messages", []):
            sender = item.get("from") or item["from_user_id"]
            name = value["contacts"][0]["profile"]["name"] if value["contacts"] else ""
            if names.setdefault(sender, name) != name:
                return False
    return True


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Copy], Arrangement, Arrangement]:
    """Some texts and delivery statuses, and two ways in which they come."""
    copies: list[Copy] = []
    for external_id in draw(st.sets(st.sampled_from(WAMIDS), min_size=1)):
        copies += draw(texts(external_id))
    for external_id in draw(st.lists(st.sampled_from(WAMIDS), max_size=6)):
        copies += draw(ticks(external_id))
    return copies, draw(arrangements(copies)), draw(arrangements(copies))


def play(arrangement: Arrangement, account: str) -> None:
    """Post and process one way."""
    waiting = 0
    for delivery, size in zip(arrangement.deliveries, arrangement.batches, strict=True):
        assert post(delivery, account=account).status_code == 200
        waiting += 1
        if waiting >= size:
            process.run(limit=size)
            waiting = 0
    process_all()


@settings(
    # A server answers a thousand times in one example; an embedded database is quicker.
    max_examples=20 if TEST_DATABASE == "sqlite" else 10,
    deadline=None,
    # Shrinking would outlast the time that a test has; the differences say enough.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(worlds())
def test_any_order(world: tuple[list[Copy], Arrangement, Arrangement]) -> None:
    """Order, doubling, mixing of formats and splitting into calls change no table."""
    _, one, other = world
    # An account each, since accounts never meet: nothing has to be deleted between two examples.
    left, right = (f"order-{next(ALIASES)}" for _ in range(2))
    accounts = {alias: {"WEBHOOK_SECRETS": ["secret"]} for alias in (left, right)}
    with override_settings(CHAKRA={"ACCOUNTS": accounts, "RUNNER": "worker"}):
        play(one, left)
        play(other, right)
    assert differences(left, right) == []
