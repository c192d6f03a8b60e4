"""Whatever is posted, by whoever can sign, is answered, kept and processed."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from django_chakra import process
from django_chakra.models import (
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    Message,
    WebhookCall,
)
from django_chakra.testing import calls, samples
from tests.events.test_storable import any_json
from tests.posting import post, process_all, status, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

patient = settings(
    deadline=None,
    # Shrinking against a database would outlast the time that a test has.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

WORDS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "wamid.\udfff",
    "x" * 5000,
    "é" * 256,
    "😀" * 255,
    "İ" * 64,
    "9" * 5000,
    "-1",
    "٣",
    "1e9",
    "wamid.A",
    "wamid.a",
    "wamid.A ",
    "wamid.Á",
    "<script>alert(1)</script>",
    "'; DROP TABLE x; --",
    "%s %(a)s {0}",
    "message",
    "status",
    "text",
    "whatsapp_business_account",
    "BR.1234567890",
    "BR.1234567890a",
    "+55 (11) 98888-7777",
]
NUMBERS = [
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**15 - 1,
    10**300,
    1.5,
    -0.0,
    1e308,
    5e-324,
    253402300799,
    253402300799000,
    99999999999,
    float("inf"),
]


def deep(levels: int) -> Any:
    """Lists and objects inside each other."""
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"id": value}
    return value


hostile = st.one_of(
    st.sampled_from([None, True, False]),
    # Made anew each time: what is put into a call may be changed there.
    st.sampled_from(["[]", "{}", "[[]]", "[null]", '{"":""}', '{"\\u0000":"\\ud800"}']).map(
        json.loads
    ),
    st.sampled_from(WORDS),
    st.sampled_from(NUMBERS),
    st.builds(deep, st.sampled_from([2, 23, 24, 25, 60])),
    st.builds(lambda: ["x"] * 2000),
    any_json,
)

bases = st.sampled_from(
    [
        *map(samples.load, samples.names()),
        *(text("wamid.A", format=format, reply_to="wamid.B") for format in ("meta", "chakra")),
        *(
            status("wamid.A", word, format=format, error_code=1)
            for format in ("meta", "chakra")
            for word in ("sent", "failed")
        ),
        calls.batch_call(text("wamid.A"), text("wamid.a"), status("wamid.A", "read")),
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values inside of this one."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [p for key, child in items for p in ((*path, key), *places(child, (*path, key)))]


@st.composite
def near_calls(draw: st.DrawFn) -> dict[str, Any]:
    """A call of either format with something wrong in a few places."""
    call: dict[str, Any] = copy.deepcopy(draw(bases))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(call)))
        target: Any = call
        for key in way:
            target = target[key]
        act = draw(st.sampled_from(["put", "put", "put", "drop", "double", "wrap"]))
        if act == "put":
            target[last] = draw(hostile)
        elif act == "wrap":
            target[last] = [target[last]]
        elif isinstance(target, list) and act == "double":
            target.append(copy.deepcopy(target[last]))
        else:
            del target[last]
        if not places(call):
            return call
    return call


def encoded(call: dict[str, Any]) -> bytes:
    """As JSON in ASCII: what UTF-8 has no bytes for is escaped, as any sender may do."""
    return json.dumps(call).encode()


def assert_processed(first: int) -> None:
    """All calls from this key on are processed at their first attempt, and all is announced."""
    left = WebhookCall.objects.filter(pk__gte=first).exclude(state="processed", attempts=1)
    assert [(row.state, row.error, bytes(row.body)) for row in left.exclude(state="refused")] == []
    assert not Message.objects.exclude(announce_at=None).exists()
    assert not DeliveryStatus.objects.exclude(announce_at=None).exists()


@settings(patient, max_examples=60)
@given(st.lists(near_calls(), min_size=1, max_size=4), st.booleans())
def test_near_calls(near: list[dict[str, Any]], together: bool) -> None:
    """Calls with anything in any place are answered with 200 and processed, alone or together."""
    keys = []
    for call in near:
        assert post(encoded(call)).status_code == 200
        keys.append(WebhookCall.objects.latest("pk").pk)
        if not together:
            process.run_one(keys[-1])
    process_all()
    assert_processed(keys[0])


@settings(patient, max_examples=80)
@given(
    st.one_of(
        st.binary(max_size=200),
        any_json.map(lambda value: json.dumps(value).encode()),
        st.tuples(near_calls(), st.integers(0, 2000), st.binary(max_size=3)).map(
            lambda parts: (body := encoded(parts[0]))[: parts[1]] + parts[2] + body[parts[1] + 1 :]
        ),
    )
)
def test_any_bytes(body: bytes) -> None:
    """Any bytes are refused or stored as what they are, and never an error of ours."""
    response = post(body)
    call = WebhookCall.objects.latest("pk")
    assert bytes(call.body) == body
    assert (response.status_code, call.state) in {(200, "received"), (400, "refused")}
    process_all()
    assert_processed(call.pk)


@settings(patient, max_examples=40)
@given(
    st.text(st.characters(exclude_characters="\r\n"), max_size=300),
    st.sampled_from(["CHAKRA", "HUB"]),
)
def test_any_header(value: str, name: str) -> None:
    """Any signature header is an answer of 401."""
    extra: dict[str, Any] = {f"HTTP_X_{name}_SIGNATURE_256": value}
    assert post(text("wamid.A"), secret="", **extra).status_code == 401


SIBLINGS = ["wamid.A", "wamid.a", "wamid.A ", "wamid.\u00c1", "wamid.A\u0301", " wamid.A"]


@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_ids_are_compared_byte_for_byte(together: bool) -> None:
    """Ids that differ in case, accent or blanks are messages and statuses of their own."""
    for external_id in SIBLINGS:
        stored(text(external_id, text=external_id))
        stored(status(external_id, "sent"))
        if not together:
            process_all()
    process_all()
    found = dict(Message.objects.values_list("external_id", "text"))
    assert found == {external_id: external_id for external_id in SIBLINGS}
    ticks = DeliveryStatus.objects.values_list("external_id", "message__external_id")
    assert sorted(ticks) == sorted((external_id, external_id) for external_id in SIBLINGS)


def test_people_are_compared_byte_for_byte() -> None:
    """User ids that differ in case are two people, with a conversation each."""
    stored(text("wamid.A", sender="BR.abc"))
    stored(text("wamid.B", sender="BR.aBc"))
    process_all()
    assert Contact.objects.count() == Conversation.objects.count() == 2
    assert set(ContactIdentity.objects.values_list("value", flat=True)) == {"BR.abc", "BR.aBc"}


def test_ids_that_no_column_holds() -> None:
    """An id too long for its column, or with NUL in it, is kept under one name for all of it."""
    long = ["wamid." + "x" * 5000 + end for end in ("", "y")]
    for external_id in (*long, "wamid.\x00", "wamid.\ufffd"):
        for call in (text(external_id), status(external_id, "read"), text(external_id)):
            assert post(encoded(call)).status_code == 200
    process_all()
    assert Message.objects.filter(status="read").count() == Message.objects.count() == 4
    assert Message.objects.filter(external_id__startswith="sha256:").count() == 3


def test_a_call_of_many_facts() -> None:
    """Thousands of facts in one call are recorded in one go, whatever the database."""
    many = calls.batch_call(*(text(f"wamid.{n}", sender=f"55218{n:08}") for n in range(1500)))
    call = stored(many)
    process_all()
    call.refresh_from_db()
    assert (call.state, call.attempts, call.kinds) == ("processed", 1, "message.text ×1500")
    assert Message.objects.exclude(announced_at=None).count() == 1500
