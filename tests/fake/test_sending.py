"""Which messages the fake takes, which it refuses, and what it remembers of them."""

from typing import Any

import pytest

from django_chakra.client import Chakra
from django_chakra.exceptions import ApiError, RequestRejected
from django_chakra.testing.fake import Clock, FakeChakra, Taken
from django_chakra.testing.fake.state import WINDOW, Template

from ..client.rows import PHONE, PLUGIN
from . import prepared
from .prepared import CUSTOMER, GROUP

STRANGER = "5511911112222"
SENDS = f"/v1/ext/plugin/whatsapp/{PLUGIN}/api/v24.0/{PHONE}/messages"
META = {"messaging_product": "whatsapp"}
BUTTON = {"type": "URL", "text": "Track", "url": "https://x.example/{{1}}"}


@pytest.fixture
def client(fake: FakeChakra) -> Chakra:
    """A client without a socket."""
    client = prepared.client()
    fake.mount(client)
    return client


def text(**more: Any) -> dict[str, Any]:
    return {**META, "to": CUSTOMER, "type": "text", "text": {"body": "Hi"}, **more}


def refused(client: Chakra, body: Any, path: str = SENDS) -> ApiError:
    """Why a message is not taken."""
    with pytest.raises(RequestRejected) as caught:
        client.request("POST", path, json=body)
    return caught.value


def test_a_taken_message_is_kept_and_told(client: Chakra, fake: FakeChakra) -> None:
    """State, hook and ledger know the same of a message, and the answer has its id."""
    told: list[Taken] = []
    fake.on_taken.append(told.append)

    body = text(biz_opaque_callback_data="row 1", context={"message_id": "wamid.IN"})
    wamid = client.request("POST", SENDS, json=body)["whatsappMessageId"]

    message = fake.state.messages[wamid]
    assert [(one.message, one.request.endpoint) for one in told] == [
        (message, "session_messages.send")
    ]
    assert (message.to, message.kind, message.body) == (CUSTOMER, "text", {"body": "Hi"})
    assert (message.callback_data, message.reply_to) == ("row 1", "wamid.IN")
    booked = fake.ledger.entries("request")[-1]
    assert {key: booked[key] for key in ("wamid", "to", "type", "callback_data")} == {
        "wamid": wamid, "to": CUSTOMER, "type": "text", "callback_data": "row 1",
    }  # fmt: skip


def test_a_refused_message_is_neither_kept_nor_told(client: Chakra, fake: FakeChakra) -> None:
    """What is refused leaves a line in the ledger that says so, and nothing else."""
    told: list[Taken] = []
    fake.on_taken.append(told.append)
    before = len(fake.state.messages)

    refused(client, text(to=STRANGER))

    assert (told, len(fake.state.messages)) == ([], before)
    booked = fake.ledger.entries("request")[-1]
    assert booked["taken"] is False
    assert "wamid" not in booked


def test_the_window_is_open_for_24_hours(client: Chakra, fake: FakeChakra) -> None:
    """A customer's message opens it; a day later it is closed, until they write again."""
    client.request("POST", SENDS, json=text())
    fake.clock.move(WINDOW - 1)
    client.request("POST", SENDS, json=text())
    fake.clock.move(1)
    assert refused(client, text()).code == 131047
    fake.hear(CUSTOMER, "text", "Still there?")
    client.request("POST", SENDS, json=text())


def test_users_without_a_number_and_groups_are_written_to(client: Chakra, fake: FakeChakra) -> None:
    """A user id goes under recipient and has a window; a group has to exist and has none."""
    hi = {"type": "text", "text": {"body": "Hi"}}
    fake.hear("BR.abc123", "text", "hello")
    client.session_messages.send(to="BR.abc123", type="text", text={"body": "Hi"})
    group = {**META, **hi, "recipient_type": "group"}
    client.request("POST", SENDS, json={**group, "to": GROUP})
    assert refused(client, {**group, "to": "1"}).code == 100
    assert refused(client, {**META, **hi, "recipient": "no-id"}).code == 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "+5511988887777"},
        {"to": "ana"},
        {"text": {"body": ""}},
        {"biz_opaque_callback_data": "x" * 513},
        {"type": "image", "image": {}, "text": None},
        {"type": "image", "image": {"id": "m-1", "link": "https://x.example/"}, "text": None},
        {"type": "image", "image": {"id": "unknown"}, "text": None},
    ],
)
def test_broken_messages_are_refused(wrong: dict[str, Any], client: Chakra) -> None:
    """What the platform can't send is an error of Meta's."""
    body = {key: value for key, value in text(**wrong).items() if value is not None}
    assert refused(client, body).code == 100


@pytest.mark.parametrize(
    "wrong", [{"type": "fax"}, {"txt": {}}, {"messaging_product": "sms"}, {"text": "Hi"}]
)
def test_bodies_of_another_shape_are_refused(wrong: dict[str, Any], client: Chakra) -> None:
    """A key too many, and a value of another type, are told in the envelope."""
    error = refused(client, text(**wrong))
    assert (error.status, error.code) == (400, None)


def test_another_plugin_or_number_is_not_there(client: Chakra) -> None:
    """A path with another plugin or number is 404; a version that is none is 400."""
    for old, new, status in (
        ("000000000001/api", "000000000009/api", 404),
        ("300000000000001", "300000000000009", 404),
        ("v24.0", "latest", 400),
    ):
        assert refused(client, text(), SENDS.replace(old, new)).status == status


def add(fake: FakeChakra, *components: dict[str, Any], **more: Any) -> None:
    """A template named x that can be sent."""
    template = Template("1", "x", "en", "UTILITY", list(components), "APPROVED")
    for name, value in more.items():
        setattr(template, name, value)
    fake.state.templates["1"] = template


def sent(*components: dict[str, Any], name: str = "x", language: str = "en") -> dict[str, Any]:
    """A template in Meta's format."""
    template = {"name": name, "language": {"code": language}, "components": list(components)}
    return {**META, "to": STRANGER, "type": "template", "template": template}


def values(type: str, *texts: str, **more: Any) -> dict[str, Any]:
    return {"type": type, "parameters": [{"type": "text", "text": one} for one in texts], **more}


def test_templates_need_their_variables(client: Chakra, fake: FakeChakra) -> None:
    """As many values as the body has variables are taken, and no other number."""
    add(fake, {"type": "BODY", "text": "{{1}} and {{2}}"})
    client.request("POST", SENDS, json=sent(values("body", "a", "b")))
    assert list(fake.state.messages.values())[-1].text == "a and b"
    for wrong in ((), ("a",), ("a", "b", "c")):
        assert refused(client, sent(values("body", *wrong))).code == 132000


def test_headers_and_buttons_need_theirs(client: Chakra, fake: FakeChakra) -> None:
    """A header needs its text or file, a button its part of the address."""
    image = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://x"}}]}
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text"}]}
    add(fake, {"type": "HEADER", "format": "IMAGE"}, {"type": "BUTTONS", "buttons": [BUTTON]})
    client.request("POST", SENDS, json=sent(image, button))
    assert refused(client, sent(button)).code == 132012
    assert refused(client, sent(image)).code == 131008
    add(fake, {"type": "HEADER", "format": "TEXT", "text": "{{1}}"})
    assert refused(client, sent()).code == 132000


def test_named_variables_are_named(client: Chakra, fake: FakeChakra) -> None:
    """A template with names takes its values by them."""
    add(fake, {"type": "BODY", "text": "{{who}}"}, parameter_format="NAMED")
    named = {"type": "body", "parameters": [{"type": "text", "parameter_name": "who", "text": "A"}]}
    client.request("POST", SENDS, json=sent(named))
    assert list(fake.state.messages.values())[-1].text == "A"
    assert refused(client, sent(values("body", "A"))).code == 132012


@pytest.mark.parametrize(
    ("status", "code"),
    [("PENDING", 132001), ("REJECTED", 132001), ("PAUSED", 132015), ("DISABLED", 132016)],
)
def test_only_approved_templates_are_sent(
    status: str, code: int, client: Chakra, fake: FakeChakra
) -> None:
    """Any other state has a code of Meta's; so has a name or a language that is not there."""
    add(fake, status=status)
    assert refused(client, sent()).code == code
    assert refused(client, sent(name="y")).code == 132001
    assert refused(client, sent(language="pt_BR")).code == 132001


def test_chakra_s_own_call_checks_the_same(client: Chakra, fake: FakeChakra) -> None:
    """By the platform's own call the template, its variables and the sender are checked too."""
    send = client.template_messages.send
    mistakes: list[tuple[Any, int]] = [
        ({"template": "unknown"}, 132001),
        ({"template": "order_ready"}, 132000),
        ({"template": "order_ready", "body": ["a", "b"]}, 132000),
    ]
    for given, code in mistakes:
        with pytest.raises(RequestRejected) as caught:
            send(to=CUSTOMER, **given)
        assert caught.value.code == code
    with pytest.raises(RequestRejected, match="phone number 1 not found"):
        send(to=CUSTOMER, template="order_ready", body=["a"], phone_number_id="1")
    add(fake, name="order_ready")
    with pytest.raises(RequestRejected, match="Invalid parameter"):
        send(to=CUSTOMER, template="order_ready", body=["a"])
    fake.state.processes["lead-1"].data = {}
    with pytest.raises(RequestRejected, match="digits"):
        client.template_messages.send_for_process("lead", "LEAD-1", template="order_waiting")


def test_a_read_mark_is_kept(client: Chakra, fake: FakeChakra) -> None:
    """A message that was marked read is read; marks of unknown messages are taken too."""
    client.session_messages.mark_read(message_id="wamid.IN")
    assert fake.state.messages["wamid.IN"].is_read
    client.session_messages.mark_read(message_id="wamid.UNKNOWN")


def test_equal_runs_give_equal_answers() -> None:
    """Of one seed the same requests are answered the same, of another they are not."""

    def run(seed: int) -> list[Any]:
        fake = FakeChakra(seed=seed, clock=Clock(prepared.NOW))
        fake.hear(CUSTOMER, "text", "hello")
        with prepared.client(token=fake.token) as client:
            fake.mount(client)
            sent = client.session_messages.send(to=CUSTOMER, type="text", text={"body": "x"})
            made = client.processes.create("lead", data={})
            return [sent, made, client.chats.list(), fake.next_uuid(), fake.next_wamid()]

    assert run(1) == run(1)
    assert run(1) != run(2)
