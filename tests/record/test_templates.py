"""Events keep the rows of templates current: whatever comes first, the newest word counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_chakra import sync
from django_chakra.models import MessageTemplate
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.state import Template
from tests.posting import START, process_all, record, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

WABA = "200000000000001"
ID = "700000000000009"


def event(
    field: str, *, at: int = 0, id: str = ID, name: str = "sale", language: str = "en",
    waba: str = WABA, **value: Any,
) -> dict[str, Any]:  # fmt: skip
    """An event about a template, so many seconds after the start."""
    named: dict[str, Any] = {"message_template_name": name, "message_template_language": language}
    if id:
        named["message_template_id"] = int(id)
    return calls.change_call(field, {**named, **value}, waba_id=waba, time=START + at)


def status(word: str, at: int = 0, **more: Any) -> dict[str, Any]:
    return event("message_template_status_update", event=word, at=at, **more)


def quality(word: str, at: int = 0, **more: Any) -> dict[str, Any]:
    field = "message_template_quality_update"
    return event(field, previous_quality_score="X", new_quality_score=word, at=at, **more)


def category(word: str, at: int = 0, **more: Any) -> dict[str, Any]:
    field = "template_category_update"
    return event(field, previous_category="X", new_category=word, at=at, **more)


def texts(body: str, at: int = 0, **more: Any) -> dict[str, Any]:
    field = "message_template_components_update"
    return event(field, message_template_element=body, at=at, **more)


def row(account: str = "default") -> MessageTemplate:
    return MessageTemplate.objects.get(account=account)


def columns() -> list[dict[str, Any]]:
    """All rows as plain values."""
    rows = MessageTemplate.objects.order_by("external_id").values()
    return [{name: value for name, value in one.items() if name != "id"} for one in rows]


def test_an_event_makes_the_row() -> None:
    """It may come before any sync: what it says is there, and the rest is empty."""
    record(status("APPROVED", message_template_category="MARKETING", reason="NONE"))
    found = row()
    assert (found.external_id, found.waba_id) == (ID, WABA)
    assert (found.name, found.language, found.category) == ("sale", "en", "MARKETING")
    assert (found.status, found.reason, found.quality, found.components) == ("APPROVED", "", "", [])
    assert (found.synced_at, found.deleted_at) == (None, None)


def test_any_order() -> None:
    """Of all orders of what is said of a template, each leaves the same row."""
    said = [
        status("PAUSED", 10, other_info={"title": "FIRST_PAUSE", "description": "for 3 hours"}),
        status("REINSTATED", 20),
        quality("RED", 15, name="sale_renamed"),
        category("UTILITY", 5),
        texts("Older", 7, message_template_title="Gone later"),
        texts("Newer", 30),
    ]
    left = []
    for turn, order in enumerate(permutations(said)):
        if turn % 36 == 0:
            MessageTemplate.objects.all().delete()
            record(*order, together=turn % 72 == 0)
            left.append(columns())
    assert left[1:] == left[:-1]
    (found,) = left[0]
    assert (found["status"], found["reason"], found["quality"]) == ("REINSTATED", "", "RED")
    assert (found["name"], found["category"]) == ("sale", "UTILITY")
    assert found["components"] == [{"type": "BODY", "text": "Newer"}]


def test_of_one_second() -> None:
    """Of two words of one second one counts, whichever comes first, with its own reason."""
    said = [status("REJECTED", reason="INVALID_FORMAT"), status("PAUSED", reason="ZZZ")]
    left = []
    for order in (said, said[::-1]):
        MessageTemplate.objects.all().delete()
        record(*order)
        left.append((row().status, row().reason))
    assert left[0] == left[1]
    assert left[0] in [("REJECTED", "INVALID_FORMAT"), ("PAUSED", "ZZZ")]


def test_deleted_and_there_again() -> None:
    """DELETED marks it, by the platform's time; a later word ends that, an earlier one does not."""
    record(status("DELETED", 60), status("APPROVED", 30))
    assert row().deleted_at == datetime.fromtimestamp(START + 60, UTC)
    record(status("APPROVED", 90))
    assert (row().deleted_at, row().status) == (None, "APPROVED")


def test_without_an_id() -> None:
    """An event without one finds the template by account, WABA, name and language."""
    record(status("APPROVED", 10), status("APPROVED", 10, id="700000000000010", language="fr"))
    record(quality("YELLOW", 20, id=""))
    found = MessageTemplate.objects.order_by("external_id")
    assert [one.quality for one in found] == ["YELLOW", ""]


def test_without_an_id_in_any_order() -> None:
    """Also one that comes before the id is known; there is one row in the end."""
    said = [status("APPROVED", 10), quality("YELLOW", 20, id=""), status("PAUSED", 30, id="")]
    left = []
    for order in permutations(said):
        for together in (False, True):
            MessageTemplate.objects.all().delete()
            record(*order, together=together)
            left.append(columns())
    assert left[1:] == left[:-1]
    assert len(left[0]) == 1
    assert (left[0][0]["external_id"], left[0][0]["status"]) == (ID, "PAUSED")
    assert left[0][0]["quality"] == "YELLOW"


def test_another_account_of_metas() -> None:
    """Templates of one name in two WABAs are two rows."""
    record(status("APPROVED"), status("PAUSED", id="", waba="200000000000002"))
    assert MessageTemplate.objects.count() == 2
    assert MessageTemplate.objects.get(external_id=ID).status == "APPROVED"


def test_another_account_of_ours() -> None:
    """One account's event changes no row of another, under the same id either."""
    stored(status("APPROVED"), account="default")
    stored(status("DISABLED"), account="other")
    process_all()
    assert (row("default").status, row("other").status) == ("APPROVED", "DISABLED")


LISTED: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["x"]}},
    {"type": "BODY", "text": "Old {{1}}", "example": {"body_text": [["Ana"]]}},
    {"type": "FOOTER", "text": "Old footer"},
    {"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "Yes"},
        {"type": "URL", "text": "Old", "url": "https://x.example/{{1}}", "example": ["A7"]},
    ]},
]  # fmt: skip


def test_texts_of_an_event_in_what_a_list_told(
    chakra_fake: FakeChakra, chakra_post_event: Callable[..., Any]
) -> None:
    """Texts, addresses and numbers are new; media headers and other buttons stay."""
    chakra_fake.state.templates = {ID: Template(ID, "sale", "en", "UTILITY", LISTED, "APPROVED")}
    sync.templates()
    button = {
        "message_template_button_type": "URL",
        "message_template_button_text": "New",
        "message_template_button_url": "https://x.example/new",
    }
    now = int(chakra_fake.clock.now()) + 5 - START
    said = [
        texts("Passing", now - 1, message_template_title="Title", message_template_footer="F"),
        texts("New", now, message_template_buttons=[button]),
    ]
    wanted = [
        LISTED[0],
        {"type": "BODY", "text": "New"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Yes"},
            {"type": "URL", "text": "New", "url": "https://x.example/new"},
        ]},
    ]  # fmt: skip
    whole = row()
    for order in (said, said[::-1]):
        whole.save()
        for one in order:
            chakra_post_event(one)
        assert row().components == wanted
        assert row().told_at["components"] > row().told_at["whole"]


def test_a_list_that_is_older_than_the_event(
    chakra_fake: FakeChakra, chakra_post_event: Callable[..., Any]
) -> None:
    """What was heard stays, and the list fills in what an event does not tell."""
    chakra_fake.state.templates = {ID: Template(ID, "sale", "en", "UTILITY", LISTED, "APPROVED")}
    chakra_post_event(texts("New", int(chakra_fake.clock.now()) + 60 - START))
    sync.templates()
    assert row().components == [
        LISTED[0],
        {"type": "BODY", "text": "New"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]},
    ]


def statements(*said: dict[str, Any]) -> int:
    """How many of them concern templates when these are recorded in one batch."""
    for one in said:
        stored(one)
    with CaptureQueriesContext(connection) as captured:
        process_all()
    return sum("messagetemplate" in query["sql"] for query in captured.captured_queries)


def test_statements() -> None:
    """None without an event about a template; two where the rows are there, four where not,
    however many there are.
    """
    ids = [f"7000000001{n:05}" for n in range(40)]
    assert statements(text("wamid.1")) == 0
    assert statements(status("APPROVED")) == 4
    assert statements(status("PAUSED", 10), text("wamid.2")) == 2
    assert statements(*(status("APPROVED", id=id, name=f"n{id}") for id in ids)) == 4
    assert statements(*(status("PAUSED", 10, id=id, name=f"n{id}") for id in ids)) == 2
