"""The receivers that docs/receive.md shows, and those of the example host, do what they say."""

import json
import logging
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from django_chakra import send
from django_chakra.models import Message, MessageRole, ReceiverFailure
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls, samples
from django_chakra.testing.fake import FakeChakra, Request
from django_chakra.testing.site import mounted, settings_for
from tests.posting import ANA, SECRETS, START, process_all, status, stored, text

from .settings import ROOT

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

#: What tests post was written in 2023; with this it is not late.
NOT_LATE = {"LATE_AFTER": 10 * 365 * 86400}

Lines = Callable[[], list[str]]


def documented(page: Path) -> dict[str, Any]:
    """What the blocks of the section on the usual jobs define, as one module."""
    section = page.read_text().split("\n## The usual jobs\n")[1].split("\n## ")[0]
    code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
    module: dict[str, Any] = {"__name__": "shop.receivers"}
    exec(compile(code, str(page), "exec"), module)  # noqa: S102  our own documentation
    return module


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """Takes what the receivers have logged since the last time."""

    def take() -> list[str]:
        said = [
            record.getMessage().strip()
            for record in caplog.records
            if record.name in ("shop", "example_project.bot")
        ]
        caplog.clear()
        return said

    caplog.set_level(logging.INFO)
    return take


@pytest.fixture
def listening() -> Iterator[list[dict[str, Any]]]:
    """Keeps the modules in this list, and so their receivers, until the test ends."""
    before = {signal: list(signal.receivers) for signal in SIGNALS.values()}
    modules: list[dict[str, Any]] = []
    yield modules
    for signal, receivers in before.items():
        signal.receivers = receivers


@pytest.fixture
def shop(listening: list[dict[str, Any]]) -> None:
    """The documented receivers are connected."""
    listening.append(documented(ROOT / "docs/receive.md"))


@pytest.fixture
def bot(listening: list[dict[str, Any]], settings: Any) -> Iterator[FakeChakra]:
    """The example host's receivers are connected, and write to this fake."""
    path = ROOT / "example_project/bot.py"
    listening.append(runpy.run_path(str(path), run_name="example_project.bot"))
    fake = FakeChakra(secret=SECRETS["default"])
    settings.CHAKRA = settings_for(fake)

    def open_window(request: Request) -> None:
        """For anybody: what tests post is posted past the fake."""
        body = json.loads(request.body)
        to, number = body.get("to") or body["recipient"], fake.phone_number_id
        fake.state.open_window(to, phone_number_id=number, at=request.at)

    fake.before.append(open_window)
    with mounted(fake):
        yield fake


@pytest.fixture
def soon(settings: Any) -> None:
    """What tests post, with their old times, is not late, and may be answered."""
    settings.CHAKRA = {**settings.CHAKRA, **NOT_LATE, "WINDOW": "allow"}


@pytest.mark.usefixtures("shop", "soon")
def test_documented_answer_is_for_new_bubbles(lines: Lines) -> None:
    """Somebody who writes is answered; a reaction is not."""
    stored(text("wamid.A"))
    stored(calls.body("meta/messages__reaction"))
    process_all()
    assert {str(role) for role in Message.objects.values_list("role", flat=True)} == {
        MessageRole.BUBBLE,
        MessageRole.REACTION,
    }
    assert lines() == ["to 'Ana': thank you, we answer within the hour"]


@pytest.mark.usefixtures("shop")
def test_documented_answer_does_not_come_too_late(lines: Lines) -> None:
    """Nobody is answered who wrote more than a day before the message came."""
    stored(text("wamid.A"))
    process_all()
    assert lines() == []


@pytest.mark.usefixtures("shop")
def test_documented_order(lines: Lines) -> None:
    """The keyword makes an order whatever its case; so does a catalogue's."""
    stored(text("wamid.A", text="Order two\nbells"))
    stored(text("wamid.B", text="How do I order?", at=1))
    stored(calls.body("meta/messages__order"))
    process_all()
    keyword = Message.objects.get(external_id="wamid.A")
    catalogue = Message.objects.get(kind="order")
    assert sorted(lines()) == sorted(
        [
            f"message {keyword.pk} orders 'two\\nbells'",
            f"message {catalogue.pk} orders 2 products",
        ]
    )


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("arrived", [False, True])
def test_documented_alarm(lines: Lines, arrived: bool) -> None:
    """A failure is told, unless the message is known to have arrived all the same."""
    stored(calls.body("meta/smb_message_echoes__text"))
    process_all()
    ours = Message.objects.get()
    if arrived:
        stored(status(str(ours.external_id), "delivered"))
    stored(status(str(ours.external_id), "failed", error_code=131026))
    process_all()
    failed = f"message {ours.pk} failed: 131026 'Message undeliverable'"
    assert lines() == ([] if arrived else [failed])


@pytest.mark.usefixtures("shop")
def test_documented_template(lines: Lines) -> None:
    """An approved template is told, a rejected one not; a replay tells it again."""
    stored(calls.body("meta/message_template_status_update__approved"))
    stored(calls.body("meta/message_template_status_update__rejected"))
    process_all()
    told = lines()
    assert len(told) == 1
    assert told[0].startswith("default may use '")
    call_command("chakra_process", replay=True, kind="template.status", verbosity=0)
    assert lines() == told


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("sample", ["stop", "resume", "stop_username", "stop_without_contacts"])
def test_documented_opt_out(lines: Lines, sample: str) -> None:
    """By the time that a preference is told, the contact has it."""
    stored(calls.body(f"meta/user_preferences__{sample}"))
    process_all()
    [line] = lines()
    wish = "marketing" if sample == "resume" else "no marketing"
    assert re.fullmatch(rf"contact \d+ wants {wish}", line)


@pytest.mark.usefixtures("shop")
def test_documented_look_at_what_is_unknown(lines: Lines) -> None:
    """What has no class is told by its name."""
    stored(calls.body("chakra/billing__unknown"))
    process_all()
    assert lines() == ["default was told of 'billing': no class yet"]


@pytest.mark.usefixtures("soon")
def test_bot_answers_what_it_knows(bot: FakeChakra, lines: Lines) -> None:
    """Somebody who names an order is written to."""
    stored(text("wamid.A", text="Where is order #4711?"))
    process_all()
    send.run()
    answer = "Sorry for the wait! One of us looks up order 4711."
    assert [(one.to, one.text) for one in bot.sent] == [(ANA, answer)]
    assert lines() == ["'Ana' wrote 'Where is order #4711?'", f"We answer 'Ana': {answer!r}"]


@pytest.mark.usefixtures("soon")
def test_bot_greets_until_somebody_has_written(bot: FakeChakra, lines: Lines) -> None:
    """Whom the bot can't answer it greets, and is silent once one of us has written."""
    stored(text("wamid.A"))
    process_all()
    send.run()
    [greeting] = bot.sent
    assert lines() == ["'Ana' wrote 'hello'", f"We answer 'Ana': {greeting.text!r}"]
    echo: dict[str, Any] = {"from": "5511900000000", "to": "5511988887777", "id": "wamid.B"}
    echo |= {"timestamp": str(START + 1), "type": "text", "text": {"body": "On its way."}}
    stored({"event": "message_echo", "payload": {"wabaId": calls.WABA_ID, "message": echo}})
    stored(text("wamid.C", text="Thank you!", at=2))
    process_all()
    send.run()
    assert lines() == ["'Ana' wrote 'Thank you!'"]
    assert bot.sent == [greeting]


@pytest.mark.usefixtures("bot", "soon")
def test_bot_hears_what_is_no_message(lines: Lines) -> None:
    """A reaction, a template and an opt-out are told as what they are."""
    stored(calls.body("meta/messages__reaction"))
    stored(calls.body("meta/message_template_status_update__approved"))
    stored(calls.body("meta/user_preferences__stop"))
    process_all()
    assert sorted(lines()) == [
        "'Ana' says of marketing: 'stop'",
        "'Ana' sent a reaction: '👍'",
        "Template 'order_shipped' ('en') is 'APPROVED' now",
    ]


@pytest.mark.usefixtures("shop", "bot", "soon")
def test_no_sample_makes_a_receiver_raise() -> None:
    """The receivers take whatever the platform is known to post."""
    for name in samples.names():
        stored(calls.body(name))
    process_all()
    assert list(ReceiverFailure.objects.values_list("receiver", "error")) == []
