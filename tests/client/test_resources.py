"""What resources do beyond one request: pages, merged bodies, waiting."""

import io
from itertools import islice
from typing import Any

import pytest

from django_chakra.client import Chakra, Clock
from django_chakra.client.session_messages import sent_id
from django_chakra.exceptions import ValidationFailed
from django_chakra.testing import samples

from ..fake.prepared import TOKEN
from .asking import Asking


def enveloped(entries: Any, **meta: Any) -> dict[str, Any]:
    return {"_data": entries, "_meta": meta, "_errors": []}


def meta_page(entries: list[int], after: str, is_last: bool = False) -> dict[str, Any]:
    paging = {"cursors": {"after": after}, **({} if is_last else {"next": "https://x.example/"})}
    return {"data": entries, "paging": paging}


def counted(**counts: int) -> dict[str, Any]:
    return enveloped({"id": "j-1"}, bjEntryCompletionStatusVsCount=counts)


class Moved:
    """A clock that goes only when somebody waits."""

    def __init__(self) -> None:
        self.time = 0.0
        self.clock = Clock(monotonic=lambda: self.time, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_nothing_is_asked_before_an_entry_is_wanted(chakra: Chakra, platform: Asking) -> None:
    """An iterator asks for its first page when the first entry is taken."""
    chakra.processes.list_all("lead")
    chakra.background_jobs.entries_all("j-1")
    chakra.chats.list_all()
    chakra.groups.list_all()

    assert platform.asked == []


def test_processes_go_on_by_skip(chakra: Chakra, platform: Asking) -> None:
    """The next page of processes begins after what came, and is asked for when it is needed."""
    platform.answers["processes.list"].extend(
        [enveloped([1, 2], hasMore=True), enveloped([3], hasMore=True), enveloped([4])]
    )
    entries = chakra.processes.list_all("lead", limit=2)

    assert list(islice(entries, 2)) == [1, 2]
    assert len(platform.asked) == 1
    assert list(entries) == [3, 4]
    assert [asked.body["skip"] for asked in platform.asked] == [0, 2, 3]


@pytest.mark.parametrize(
    ("name", "args", "given"),
    [
        ("list", (), {}),
        ("messages", ("chat-1",), {}),
        ("previous_messages", (), {"phone_number": "5511988887777"}),
    ],
)
def test_chats_go_on_by_number(
    name: str, args: tuple[str, ...], given: dict[str, Any], chakra: Chakra, platform: Asking
) -> None:
    """Pages of chats and messages are counted from 1, and a short one is the last."""
    platform.answers[f"chats.{name}"].extend([enveloped([1, 2]), enveloped([3])])
    entries = getattr(chakra.chats, f"{name}_all")(*args, limit=2, **given)

    assert next(entries) == 1
    assert len(platform.asked) == 1
    assert list(entries) == [2, 3]
    assert [asked.body["page"] for asked in platform.asked] == [1, 2]


@pytest.mark.parametrize(
    ("metas", "asked"),
    [
        ([{}, {}, {}], 3),
        ([{}, {}, {}, {}], 4),
        ([{"hasMore": True}, {"hasMore": True}, {"hasMore": False}], 3),
        ([{"total": 6}, {"total": 6}, {"total": 6}], 3),
        ([{"hasMore": "?", "total": "?"}, {}, {}], 3),
    ],
)
def test_chats_in_smaller_pages_than_asked_for(
    metas: list[dict[str, Any]], asked: int, chakra: Chakra, platform: Asking
) -> None:
    """They end where the platform says so, else with a page that is empty or smaller."""
    sizes = {3: [2, 2, 1 if not metas[-1] else 2], 4: [2, 2, 2, 0]}[asked]
    platform.answers["chats.list"].extend(
        enveloped([f"{place}.{n}" for n in range(size)], **meta)
        for place, (size, meta) in enumerate(zip(sizes, metas, strict=True))
    )

    assert len(list(chakra.chats.list_all(limit=50))) == sum(sizes)
    assert len(platform.asked) == asked


@pytest.mark.parametrize("name", ["message_templates", "groups"])
def test_meta_lists_go_on_by_cursor(name: str, chakra: Chakra, platform: Asking) -> None:
    """Meta's lists go on with the cursor after the page, for as long as there is a next one."""
    platform.answers[f"{name}.list"].extend([meta_page([1], "A"), meta_page([2], "B", True)])
    entries = getattr(chakra, name).list_all()

    assert next(entries) == 1
    assert len(platform.asked) == 1
    assert list(entries) == [2]
    assert [asked.query.get("after") for asked in platform.asked] == [None, "A"]


@pytest.mark.parametrize("start", ["https://elsewhere.example", ""])
def test_entries_of_a_job_go_on_by_path(start: str, chakra: Chakra, platform: Asking) -> None:
    """The path of the next page is followed on our host only, and none twice."""
    following = f"{start}/v1/ext/background-job/j-2/entries"
    platform.answers["background_jobs.entries"].extend(
        [enveloped([1], nextPage=following), enveloped([2], nextPage=following)]
    )

    assert list(chakra.background_jobs.entries_all("j-1")) == [1, 2]
    assert [asked.path for asked in platform.asked] == [
        "/v1/ext/background-job/j-1/entries",
        "/v1/ext/background-job/j-2/entries",
    ]


def test_plugin_config_keeps_what_is_not_given(chakra: Chakra, platform: Asking) -> None:
    """An update reads first and writes all known keys: those given, and the others as they were."""
    stored = {"passThroughWebhookUrl": "https://a.example/", "chakraWebhookUrl": None, "name": "x"}
    platform.answers["plugin_config.read"].append(enveloped(stored))

    chakra.plugin_config.update(chakra_enabled=False, pass_through_url="")

    assert [asked.method for asked in platform.asked] == ["GET", "POST"]
    assert platform.asked[1].body == {"passThroughWebhookUrl": "", "enableChakraWebhook": False}


def test_plugin_config_is_not_written_when_it_could_not_be_read(
    chakra: Chakra, platform: Asking
) -> None:
    """Where reading fails nothing is written."""
    platform.answers["plugin_config.read"].append({"_data": None, "_errors": ["Plugin not found"]})

    with pytest.raises(Exception, match="Plugin not found"):
        chakra.plugin_config.update(chakra_enabled=False)
    assert [asked.method for asked in platform.asked] == ["GET"]


def test_wait_looks_until_all_is_done(platform: Asking, url: str) -> None:
    """Waiting reports the counts after each look, and gives the last ones."""
    moved = Moved()
    steps = [counted(), counted(NOT_STARTED=2), counted(SUCCESS=1, RUNNING=1), counted(SUCCESS=2)]
    platform.answers["background_jobs.get"].extend(steps)
    seen: list[dict[str, int]] = []

    with Chakra(token=TOKEN, base_url=url, clock=moved.clock) as chakra:
        counts = chakra.background_jobs.wait("j-1", poll=3, on_progress=seen.append)

    assert counts == {"SUCCESS": 2}
    assert seen == [{}, {"NOT_STARTED": 2}, {"SUCCESS": 1, "RUNNING": 1}, {"SUCCESS": 2}]
    assert moved.time == 9


def test_wait_ends(platform: Asking, url: str) -> None:
    """After its time waiting raises, having looked once more at the very end."""
    moved = Moved()
    platform.answers["background_jobs.get"].extend([counted(NOT_STARTED=2)] * 4)

    with (
        Chakra(token=TOKEN, base_url=url, clock=moved.clock) as chakra,
        pytest.raises(TimeoutError, match=r"j-1.*5 s.*NOT_STARTED"),
    ):
        chakra.background_jobs.wait("j-1", timeout=5, poll=2)

    assert moved.time == 5
    assert len(platform.asked) == 4


def test_a_message_needs_its_content(chakra: Chakra, platform: Asking) -> None:
    """A message without the object of its type is refused before it is sent."""
    with pytest.raises(ValidationFailed) as caught:
        chakra.session_messages.send(to="5511988887777", type="text", body="Hi")
    assert caught.value.field == "text"
    assert platform.asked == []


CONTENTS: dict[str, Any] = {
    "text": {"body": "Hi", "preview_url": False},
    "image": {"link": "https://shop.example/a.png", "caption": "A"},
    "video": {"link": "https://shop.example/a.mp4"},
    "document": {"link": "https://shop.example/a.pdf", "filename": "a.pdf"},
    "audio": {"id": "400000000000001"},
    "sticker": {"id": "400000000000001"},
    "interactive": {
        "type": "button",
        "body": {"text": "Sure?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "Yes"}}]},
    },
    "template": {"name": "order_ready", "language": {"code": "pt_BR"}},
    "location": {"latitude": -8.05, "longitude": -34.9, "name": "Shop"},
    "contacts": [{"name": {"formatted_name": "Ana"}}],
    "reaction": {"message_id": "wamid.EXAMPLE-IN-1", "emoji": "👍"},
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_every_type_of_message(kind: str, chakra: Chakra, platform: Asking) -> None:
    """Every type of Meta's is sent with its object, and brings the id of the message."""
    answer = chakra.session_messages.send(to="5511988887777", type=kind, **{kind: CONTENTS[kind]})

    assert sent_id(answer) == "wamid.EXAMPLE-OUT-1"
    assert platform.asked[-1].body[kind] == CONTENTS[kind]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"whatsappMessageId": "wamid.A"}, "wamid.A"),
        ({"messages": [{"id": "wamid.A"}]}, "wamid.A"),
        ({"data": {"messages": [{"id": "wamid.A"}]}}, "wamid.A"),
        (samples.answer("template_messages.send")["_data"], "wamid.EXAMPLE-OUT-1"),
        ({"messages": []}, ""),
        ({"messages": [None], "data": 3, "whatsappMessageId": 7}, ""),
        (None, ""),
    ],
)
def test_the_id_of_a_sent_message(answer: Any, found: str) -> None:
    """The wamid is found in every shape of answer, and "" where there is none."""
    assert sent_id(answer) == found


@pytest.mark.parametrize("given", [{}, {"to": "5511988887777", "recipient": "IN.1"}])
def test_a_call_goes_to_one_person(given: dict[str, str], chakra: Chakra, platform: Asking) -> None:
    """Of a number and a user id exactly one is needed."""
    with pytest.raises(ValidationFailed):
        chakra.calling.connect(sdp="v=0", **given)
    assert platform.asked == []


def test_a_connect_token_is_for_the_client_s_plugin(chakra: Chakra, platform: Asking) -> None:
    """Where no new plugin is named, the token is for the one that the client has."""
    chakra.partner.create_connect_token()

    assert platform.asked[-1].body == {"pluginId": chakra.plugin_id}


def test_a_photo_is_read_once(chakra: Chakra, platform: Asking) -> None:
    """An open file is sent whole, from where it stands."""
    photo = io.BytesIO(b"head photo")
    photo.seek(5)

    chakra.photos.upload(photo=photo)

    assert platform.asked[-1].body == {"photo": b"photo"}


@pytest.mark.parametrize("number", ["300000000000009"])
def test_ids_of_a_call_come_before_those_of_the_client(
    number: str, chakra: Chakra, platform: Asking
) -> None:
    """An id given with a call is used in place of the client's."""
    chakra.calling.settings(phone_number_id=number)
    chakra.flows_key.get(phone_number_id=number)
    chakra.flows_key.set(public_key="PEM", phone_number_id=number)
    chakra.partner.disconnect_waba(waba_id=number)

    assert all(f"/{number}" in asked.path for asked in platform.asked)


def test_a_resource_is_made_once(chakra: Chakra) -> None:
    """The attribute of a client is the same object each time."""
    assert chakra.processes is chakra.processes
