"""Lists: the same few queries at any size, the newest rows first, a page at a time."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_chakra.models import (
    Backfill,
    BusinessNumber,
    Campaign,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    MediaFile,
    Message,
    MessageTemplate,
    ReceiverFailure,
    WebhookCall,
)
from tests.posting import stored, text

from .looking import MODELS, details_url, list_url, play, see, shown, table_url

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

SEARCHES = {
    Backfill: "1",
    WebhookCall: "wamid.1",
    BusinessNumber: "300000000001",
    Contact: "5511900000001",
    ContactIdentity: "5511900000001",
    Conversation: "5511900000001",
    MediaFile: "1",
    Message: "wamid.1",
    MessageTemplate: "hello_1",
    DeliveryStatus: "wamid.1",
    ReceiverFailure: "1",
    Campaign: "Campaign 1",
}


def queries(client: Client, url: str) -> list[str]:
    """The SQL that a page needs."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        see(client, url)
    return [query["sql"].replace("`", '"') for query in captured.captured_queries]


def urls() -> dict[str, str]:
    """Every kind of page: lists, searches, filters and the page of each model's second row."""
    found: dict[str, str] = {}
    for model in MODELS:
        name = str(model._meta.model_name)
        found[name] = list_url(model)
        found[f"{name} table"] = table_url(model)
        found[f"{name} search"] = table_url(model, f"?q={SEARCHES[model]}")
        found[f"{name} account"] = table_url(model, "?account=default")
        found[f"{name} page"] = details_url(model._default_manager.order_by("pk")[1])
    for model in (WebhookCall, Message, DeliveryStatus):
        found[f"{model._meta.model_name} today"] = list_url(model, "?received=today")
    return found


def test_queries_do_not_grow(staff: Client) -> None:
    """With 3 and with 60 rows in each table every page needs the same queries, and none counts,
    but for the messages of the campaigns that it shows.
    """
    play(0, 3)
    assert all(model._default_manager.count() >= 3 for model in MODELS)
    for name, url in urls().items():
        if name.endswith("page"):
            see(staff, url)  # Django looks up a content type once in a process
    few = {name: queries(staff, url) for name, url in urls().items()}
    play(3, 60)
    assert all(model._default_manager.count() >= 60 for model in MODELS)
    many = {name: queries(staff, url) for name, url in urls().items()}

    assert {n: len(sql) for n, sql in many.items()} == {n: len(sql) for n, sql in few.items()}
    assert max(map(len, many.values())) <= 10
    everything = [sql for queries in many.values() for sql in queries]
    assert not [sql for sql in everything if "DISTINCT" in sql.upper()]
    counting = {name for name, some in many.items() if any("COUNT(" in sql for sql in some)}
    assert counting == {name for name in many if name.startswith("campaign")}
    assert max(sum("COUNT(" in sql for sql in some) for some in many.values()) == 1


def test_lists_leave_heavy_columns_alone(staff: Client) -> None:
    """No list loads a body, a payload, a whole text or a whole traceback."""
    play(0, 3)
    for model in MODELS:
        for sql in queries(staff, table_url(model)):
            whole = re.sub(r"[A-Z]+\([^)]*\)", "", sql.split(" FROM ")[0])
            loaded = set(re.findall(r'"(\w+)"', whole))
            assert not loaded & {"body", "signature", "payload", "text", "error"}
            assert not loaded & {"error_details", "attempt_log"}


def test_lists_join_nothing(staff: Client) -> None:
    """The rows of a list come from their own table alone, in the order of its primary key."""
    play(0, 3)
    for model in MODELS:
        table = model._meta.db_table
        limit = f"LIMIT {admin.site.get_model_admin(model).list_per_page + 1}"
        found = queries(staff, table_url(model))
        (rows,) = [sql for sql in found if limit in sql and f'FROM "{table}"' in sql]
        assert "JOIN" not in rows
        assert rows.endswith(f'ORDER BY "{table}"."id" DESC {limit}')


def test_pages_of_a_list(staff: Client) -> None:
    """A list shows the newest first, fifty to a page, and says whether there are more."""
    play(0, 60)
    keys = list(WebhookCall.objects.order_by("-pk").values_list("pk", flat=True))

    assert shown(staff, WebhookCall) == keys[:50]
    assert shown(staff, WebhookCall, "?p=2") == keys[50:]
    assert "1 to 50 of more webhook calls" in see(staff, list_url(WebhookCall))
    assert "51 to 61 of 61 webhook calls" in see(staff, list_url(WebhookCall, "?p=2"))
    assert shown(staff, WebhookCall, "?all=") == keys[:50]
    assert shown(staff, WebhookCall, "?o=4") == keys[:50]


@pytest.mark.parametrize("page", ["3", "0", "-1", "101", "9" * 30])
def test_a_page_that_is_not_there(staff: Client, page: str) -> None:
    """A page beyond the last one leads back to the list."""
    play(0, 60)
    response = staff.get(list_url(WebhookCall, f"?p={page}"))
    assert response.status_code == 302
    assert response.headers["Location"].endswith("?e=1")


def test_a_list_ends_after_its_last_page(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many pages older rows are to be found by filter or search, and the list says so."""
    play(0, 60)
    monkeypatch.setattr("django_chakra.admin.pages.UncountedPaginator.max_pages", 1)
    page = see(staff, list_url(WebhookCall))
    assert "1 to 50; find older webhook calls by filter or search" in page
    assert "?p=2" not in page


def test_small_lists_say_how_many(staff: Client) -> None:
    """A list of one page says how many rows it has."""
    assert "0 webhook calls" in see(staff, list_url(WebhookCall))
    stored(text("wamid.1"))
    assert "1 webhook call\n" in see(staff, list_url(WebhookCall)).replace("</p>", "\n")
