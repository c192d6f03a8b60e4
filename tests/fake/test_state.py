"""The fake keeps what it is told: what is made can be fetched, listed, changed and deleted."""

import io
from typing import Any
from urllib.request import urlopen

import pytest

from django_chakra.client import Chakra
from django_chakra.exceptions import NotFound, RequestRejected
from django_chakra.testing.fake import FakeChakra, serve

from . import prepared
from .prepared import CUSTOMER, GROUP, NOW

BODY = [{"type": "BODY", "text": "Hello {{1}}"}]


def test_a_template_is_made_reviewed_edited_and_deleted(chakra: Chakra, fake: FakeChakra) -> None:
    """A new template can't be sent before its review, is listed, and is gone once deleted."""
    made = chakra.message_templates.create(
        name="hi", language="en", category="UTILITY", components=BODY
    )
    with pytest.raises(RequestRejected) as caught:
        chakra.template_messages.send(to=CUSTOMER, template="hi", body=["Ana"])
    assert caught.value.code == 132001

    fake.state.templates[made["id"]].status = "APPROVED"
    sent = chakra.template_messages.send(to=CUSTOMER, template="hi", body=["Ana"])
    assert sent["text"] == "Hello Ana"

    chakra.message_templates.update(made["id"], components=[{"type": "BODY", "text": "Bye"}])
    [listed] = [one for one in chakra.message_templates.list_all() if one["name"] == "hi"]
    assert (listed["status"], listed["components"][0]["text"]) == ("PENDING", "Bye")

    chakra.message_templates.delete(name="hi")
    assert "hi" not in [one["name"] for one in chakra.message_templates.list_all()]
    with pytest.raises(RequestRejected):
        chakra.message_templates.delete(name="hi")


def test_a_template_exists_once_per_language(chakra: Chakra) -> None:
    """A name may be in several languages, once in each."""
    new: Any = {"name": "order_ready", "category": "UTILITY", "components": BODY}
    chakra.message_templates.create(language="en", **new)
    with pytest.raises(RequestRejected, match="already exists"):
        chakra.message_templates.create(language="en", **new)


def test_templates_come_in_pages(chakra: Chakra, fake: FakeChakra) -> None:
    """All templates are reached by cursors, each once, also those of one status."""
    for number in range(7):
        chakra.message_templates.create(
            name=f"t{number}", language="en", category="UTILITY", components=BODY
        )
    assert len({one["id"] for one in chakra.message_templates.list_all(limit=2)}) == 9
    assert len(list(chakra.message_templates.list_all(limit=2, status="PENDING"))) == 7
    with pytest.raises(RequestRejected):
        chakra.message_templates.list(after="?")


def test_templates_are_listed_by_fields_and_by_account(chakra: Chakra, fake: FakeChakra) -> None:
    """Only the fields that are named, and those that there are; each account has its own."""
    fake.state.business_accounts["200000000000009"] = {"id": "200000000000009"}
    chakra.message_templates.create(
        name="hi", language="en", category="UTILITY", components=BODY, waba_id="200000000000009"
    )
    listing = chakra.message_templates.list(fields="quality_score", waba_id="200000000000009")
    assert [sorted(one) for one in listing["data"]] == [["id", "quality_score"]]
    assert "hi" not in [one["name"] for one in chakra.message_templates.list_all()]
    with pytest.raises(RequestRejected, match="nonexisting field"):
        chakra.message_templates.list(fields="id,colour")


@pytest.mark.parametrize(
    "changes",
    [
        {"components": [{"type": "SONG"}]},
        {"components": [{"type": "BODY", "text": "x" * 1025}]},
        {"category": "MARKETING"},
    ],
)
def test_an_edit_that_is_refused(chakra: Chakra, changes: Any) -> None:
    """A component that there is not, one that is too long, another category once approved."""
    with pytest.raises(RequestRejected, match="Invalid parameter"):
        chakra.message_templates.update("700000000000001", **changes)


def test_an_uploaded_file_is_public(chakra: Chakra, fake: FakeChakra) -> None:
    """What was uploaded is at the URL that the answer names, for whoever has it, and no other."""
    url = chakra.media.upload_public(b"\x89PNG", filename="a.png")["publicMediaUrl"]
    assert url.endswith(".png")
    to = io.BytesIO()
    assert chakra.media.download(url, to=to).content_type == "image/png"
    assert to.getvalue() == b"\x89PNG"
    with pytest.raises(NotFound):
        chakra.media.download(url + "x", to=io.BytesIO())


def test_a_public_file_needs_no_token() -> None:
    """The URL of an uploaded file opens without a client."""
    with serve(prepared.fake()) as url, prepared.client(url) as chakra:
        public = chakra.media.upload_public(b"text", filename="a.txt")["publicMediaUrl"]
        with urlopen(public) as answer:  # noqa: S310  our own server
            assert (answer.read(), answer.headers["content-type"]) == (b"text", "text/plain")


def test_a_message_s_file_is_where_its_object_says(chakra: Chakra, fake: FakeChakra) -> None:
    """The URL of a media object leads to its bytes, until it expires; a redirect is followed."""
    to, again = io.BytesIO(), io.BytesIO()
    known = chakra.media.fetch("m-1")
    file = chakra.media.download(known["url"], to=to)
    assert (file.size, file.sha256) == (known["file_size"], known["sha256"])

    fake.state.media["m-2"] = type(fake.state.media["m-1"])("m-2", b"", location=known["url"])
    chakra.media.show("m-2", to=again)
    assert again.getvalue() == to.getvalue()

    fake.state.media["m-1"].expires_at = NOW
    with pytest.raises(NotFound):
        chakra.media.show("m-1", to=io.BytesIO())
    with pytest.raises(NotFound):
        chakra.media.download(known["url"], to=io.BytesIO())


def test_a_process_is_made_changed_and_deleted(chakra: Chakra) -> None:
    """A process is fetched as it was made, then as it was changed, then not at all."""
    made = chakra.processes.create("ticket", data={"no": "7", "city": "Recife"}, state="new")
    assert chakra.processes.get("ticket", made["id"]) == made
    chakra.processes.update_by_key("ticket", key="no", value="7", data={"city": "Olinda"})
    found = chakra.processes.get("ticket", made["id"])
    assert found["data"] == {"no": "7", "city": "Olinda"}
    with pytest.raises(NotFound):
        chakra.processes.get("lead", made["id"])
    chakra.processes.delete("ticket", made["id"])
    with pytest.raises(NotFound):
        chakra.processes.get("ticket", made["id"])
    with pytest.raises(NotFound):
        chakra.processes.delete_by_key("ticket", key="no", value="7")


WHERE = [
    ({}, 25),
    ({"status": "COMPLETED"}, 5),
    ({"n": 3}, 1),
    ({"n": [3, 4]}, 2),
    ({"n": {">": 3, "<=": 5}}, 2),
    ({"n": {"!=": 3}}, 24),
    ({"n": {">": "a"}}, 0),
    ({"or": [{"n": 1}, {"and": [{"n": 2}, {"status": "OPEN"}]}]}, 2),
    ({"createdAt": {">=": "2026-09-21T00:00:00Z"}}, 25),
    ({"createdAt": {"<": "2026-09-21"}}, 0),
]


@pytest.mark.parametrize(("where", "count"), WHERE)
def test_processes_are_found(
    where: dict[str, object], count: int, chakra: Chakra, fake: FakeChakra
) -> None:
    """A list has the processes that its conditions name, in pages of 10 that lead to all."""
    for number in range(25):
        status = "OPEN" if number < 20 else "COMPLETED"
        chakra.processes.create("ticket", data={"n": number}, status=status)

    assert len(list(chakra.processes.list_all("ticket", where=where, limit=7))) == count
    page = chakra.processes.list("ticket", where=where)
    assert (len(page), page.meta["hasMore"]) == (min(count, 10), count > 10)


@pytest.mark.parametrize(
    "where", [{"or": {}}, {"n": {"~": 1}}, {"createdAt": "soon"}, {"and": ["x"]}]
)
def test_unreadable_conditions_are_refused(where: dict[str, object], chakra: Chakra) -> None:
    """A condition that is none is a mistake, and not an empty list."""
    with pytest.raises(RequestRejected):
        list(chakra.processes.list_all("lead", where=where))


def test_a_bulk_job_finishes(chakra: Chakra, fake: FakeChakra) -> None:
    """A job is not begun, then done; each entry says what became of it."""
    fake.state.job_seconds = 60
    job = chakra.processes.bulk_create("lead", processes=[{"data": {"n": 1}}, {"status": "NO"}])
    waiting = {"INVALID": 0, "NOT_STARTED": 2, "SUCCESS": 0, "ERROR": 0}
    assert chakra.background_jobs.progress(job["id"]) == waiting
    assert chakra.background_jobs.get(job["id"])["startedAt"] is None

    fake.clock.move(60)
    done = {"INVALID": 1, "NOT_STARTED": 0, "SUCCESS": 1, "ERROR": 0}
    assert chakra.background_jobs.wait(job["id"]) == done
    assert len(chakra.processes.list("lead", where={"n": 1})) == 1


def test_a_job_changes_many(chakra: Chakra) -> None:
    """Processes are changed by id or key; one that is not there is an error of its entry."""
    change = {"state": "old"}
    job = chakra.processes.bulk_update(
        "lead",
        processes=[
            {"id": "lead-1", "update": change},
            {"phone_number": "0", "update": change},
            {"update": change},
        ],
    )
    words = [one["completionStatus"] for one in chakra.background_jobs.entries(job["id"])]
    assert words == ["SUCCESS", "ERROR", "INVALID"]
    assert chakra.processes.get("lead", "lead-1")["state"] == "old"


def test_entries_of_a_large_job_come_in_pages(chakra: Chakra) -> None:
    """The path to the next page leads to the rest."""
    job = chakra.processes.bulk_create("lead", processes=[{"data": {"n": n}} for n in range(250)])

    assert len(chakra.background_jobs.entries(job["id"])) == 100
    assert len({one["id"] for one in chakra.background_jobs.entries_all(job["id"])}) == 250
    with pytest.raises(RequestRejected):
        chakra.background_jobs.entries(job["id"], after="x")


def test_chats_hold_what_was_sent_and_heard(chakra: Chakra, fake: FakeChakra) -> None:
    """A chat's messages are those of both sides, the newest first, in pages."""
    other = "5511933334444"
    fake.hear(other, "text", "Good day", name="Bia")
    for number in range(4):
        chakra.session_messages.send(to=other, type="text", text={"body": str(number)})

    [chat] = chakra.chats.list(search="bia")
    found = list(chakra.chats.messages_all(chat["id"], limit=2))
    assert [one["text"] for one in found] == ["3", "2", "1", "0", "Good day"]
    assert [one["direction"] for one in found] == ["OUTBOUND"] * 4 + ["INBOUND"]
    assert list(chakra.chats.previous_messages_all(phone_number=other)) == found
    with pytest.raises(NotFound):
        chakra.chats.messages("unknown")
    mistakes: list[Any] = [{"page": 0}, {"limit": 0}, {"order_field": "name"}]
    for wrong in mistakes:
        with pytest.raises(RequestRejected):
            chakra.chats.list(**wrong)


def test_the_plugin_keeps_its_configuration(chakra: Chakra, fake: FakeChakra) -> None:
    """What was set is read again, and what was not named stays."""
    before = chakra.plugin_config.read()
    chakra.plugin_config.update(chakra_url="https://new.example/", chakra_events=["message"])
    after = chakra.plugin_config.read()
    assert after["chakraWebhookUrl"] == "https://new.example/"
    assert after["name"] == before["name"]


@pytest.mark.parametrize("format", ["chakra", "meta"])
def test_the_webhook_s_url_stands_in_the_configuration(format: str) -> None:
    """A fake that is made with a webhook has it set for its format, and not for the other."""
    url = "https://shop.example/webhook/"
    fake = FakeChakra(webhook_url=url, format=format)  # type: ignore[arg-type]  # a word of it
    known = fake.state.plugin_configuration

    set_up = [known["chakraWebhookUrl"], known["passThroughWebhookUrl"]]
    assert set_up == ([url, ""] if format == "chakra" else ["", url])
    assert known["enableChakraWebhook"] is (format == "chakra")


def test_groups_are_made_and_joined(chakra: Chakra, fake: FakeChakra) -> None:
    """A group is listed, changed, joined, left and deleted."""
    chakra.groups.create(subject="Street")
    assert [one["subject"] for one in chakra.groups.list_all()] == ["Neighbours", "Street"]
    id = list(fake.state.groups)[-1]
    chakra.groups.update(id, description="Ours")
    assert chakra.groups.get(id)["description"] == "Ours"
    link = chakra.groups.invite_link(id)
    assert chakra.groups.reset_invite_link(id) != link == {**link, "messaging_product": "whatsapp"}
    chakra.groups.approve_join_requests(GROUP, join_requests=["J-1"])
    assert chakra.groups.join_requests(GROUP) == {"data": []}
    assert chakra.groups.get(GROUP)["total_participant_count"] == 2
    for act in (chakra.groups.approve_join_requests, chakra.groups.reject_join_requests):
        with pytest.raises(RequestRejected):
            act(GROUP, join_requests=["J-1"])
    chakra.groups.remove_participants(GROUP, participants=[CUSTOMER])
    with pytest.raises(RequestRejected):
        chakra.groups.remove_participants(GROUP, participants=[CUSTOMER])
    chakra.groups.delete(id)
    with pytest.raises(RequestRejected):
        chakra.groups.get(id)


def test_the_rest_is_kept_too(chakra: Chakra, fake: FakeChakra) -> None:
    """Users, photos, keys of Flows, call settings, campaigns and accounts are as they were set."""
    chakra.users.update("u-1", firstName="Rosa")
    assert chakra.users.get("u-1")["firstName"] == "Rosa"
    photo = chakra.photos.upload(photo=b"jpeg")
    assert chakra.photos.get(photo["id"]) == photo
    assert fake.state.photos[photo["id"]].content == b"jpeg"
    chakra.flows_key.set(public_key="PEM")
    assert chakra.flows_key.get()["data"][0]["business_public_key"] == "PEM"
    chakra.calling.update_settings(calling={"sip": {"status": "ENABLED"}})
    assert chakra.calling.settings()["calling"]["sip"] == {"status": "ENABLED"}
    assert chakra.calling.settings()["calling"]["status"] == "ENABLED"
    chakra.campaigns.remove_phone_number("c-1", CUSTOMER)
    with pytest.raises(NotFound):
        chakra.campaigns.remove_phone_number("c-1", CUSTOMER)
    chakra.partner.disconnect_waba()
    [account] = chakra.business_accounts.list()
    assert account["chakraStatus"] == "DISCONNECTED"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/ext/user/unknown"),
        ("GET", "/v1/ext/photo/unknown"),
        ("GET", "/v1/ext/background-job/unknown"),
        ("GET", "/v1/ext/procedure/lead/process/unknown"),
        ("GET", "/v1/ext/procedure/unknown/process/lead-1"),
        ("GET", "/v1/ext/whatsapp-phone-number/unknown"),
        ("GET", "/v1/ext/plugin/whatsapp/unknown/config"),
        ("GET", "/v1/ext/whatsapp-business-account?pluginId=unknown"),
        ("GET", "/v1/ext/plugin/whatsapp/api/v24.0/unknown/message_templates"),
        ("GET", "/v1/whatsapp/v24.0/media/unknown"),
        ("GET", "/v1/whatsapp/v24.0/unknown/settings"),
    ],
)
def test_what_is_not_there_is_named(method: str, path: str, chakra: Chakra) -> None:
    """An id of somebody else's is 404 with a sentence in the errors."""
    with pytest.raises(NotFound, match="unknown not found"):
        chakra.request(method, path)
