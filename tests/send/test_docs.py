"""What docs/send.md shows does what it says, and its tables name what there is."""

import inspect
import logging
import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from django_chakra import exceptions, send
from django_chakra.models import Conversation, Message, MessageStatus
from django_chakra.send import outbox
from django_chakra.signals import SIGNALS
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA
from tests.settings import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

PAGE = (ROOT / "docs/send.md").read_text()
BRUNO = "5511977776666"
BOT = "Thank you! One of us answers within the hour."


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def shown(heading: str) -> dict[str, Any]:
    """What the blocks of a section define, as one module."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", section(heading), re.DOTALL))
    module: dict[str, Any] = {"__name__": "shop"}
    exec(compile(code, "docs/send.md", "exec"), module)  # noqa: S102  our own documentation
    return module


@pytest.fixture
def shop() -> dict[str, Any]:
    """The worked examples."""
    return shown("Worked examples")


@pytest.fixture
def bot() -> Iterator[dict[str, Any]]:
    """The receivers are connected."""
    before = {signal: list(signal.receivers) for signal in SIGNALS.values()}
    yield shown("A bot that holds back")
    for signal, receivers in before.items():
        signal.receivers = receivers


def order(fails: bool = False) -> Any:
    def save() -> None:
        if fails:
            raise RuntimeError

    return SimpleNamespace(save=save, customer="Asha", number="A7")


def test_the_first_example(fake: FakeChakra, ana: Conversation) -> None:
    """With the number of somebody who wrote."""
    code = PAGE.split("```python\n")[1].split("```")[0]
    exec(code.replace("+91 99000 00000", ANA), {})  # noqa: S102  our own documentation
    assert [one.text for one in fake.sent] == ["Your order is on its way"]


def test_an_order_is_confirmed_once(fake: FakeChakra, shop: dict[str, Any]) -> None:
    """However often it is clicked; not at all when the order can't be saved."""
    with pytest.raises(RuntimeError):
        shop["confirm"](order(fails=True), "+91 99000 00000")
    assert not Message.objects.exists()
    first = shop["confirm"](order(), "+91 99000 00000")
    assert shop["confirm"](order(), "+91 99000 00000") == first
    first.refresh_from_db()
    assert (first.status, len(fake.sent)) == ("accepted", 1)


@pytest.mark.parametrize(("age", "kind"), [(60, "text"), (25 * 3600, "template")])
def test_an_answer_or_a_template(
    fake: FakeChakra, shop: dict[str, Any], chakra_message: Any, age: int, kind: str
) -> None:
    """The text inside the window, the template outside."""
    question = chakra_message("Hello", at=time.time() - age)
    message = shop["answer"](question.conversation, "We open at nine")
    message.refresh_from_db()
    assert (message.kind, message.status) == (kind, "accepted"), message.attempt_log


def test_many_are_told(
    queued: FakeChakra, shop: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Who can't be written to is named by place; the same call again writes nothing."""
    people = [(ANA, "Ana", "A1"), ("no number", "Zoe", "A2"), (BRUNO, "Bruno", "A3")]
    assert shop["tell_all"](people) == 2
    assert [record.getMessage()[:9] for record in caplog.records] == ["person 1:"]
    assert shop["tell_all"](people) == 0
    send.run()
    assert sorted(one.to for one in queued.sent) == [BRUNO, ANA]


@pytest.mark.usefixtures("bot")
def test_the_bot_answers_each_message_once(
    fake: FakeChakra, chakra_post_event: Any, chakra_clock: Any
) -> None:
    """Also one that comes in both formats; no reaction, and no group."""
    chakra_post_event("meta/messages__text")
    chakra_post_event("chakra/message__text")
    bubbles = Message.objects.filter(direction="in").count()
    assert [one.text for one in fake.sent] == [BOT] * bubbles
    chakra_post_event("meta/messages__reaction")
    chakra_post_event("meta/messages__text_group")
    assert len(fake.sent) == bubbles


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("by_phone", [True, False])
def test_the_bot_holds_back(
    fake: FakeChakra,
    ana: Conversation,
    chakra_post_event: Any,
    by_phone: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After a person wrote, on the phone or in the inbox; its own words are no person's."""
    caplog.set_level(logging.INFO, "shop")

    def ask(wamid: str) -> int:
        now = int(time.time())
        chakra_post_event(
            calls.text_call("meta", external_id=wamid, sender=ANA, text="?", timestamp=now)
        )
        return len(fake.sent)

    answered = len(fake.sent)
    assert ask("wamid.1") == answered + 1
    assert ask("wamid.2") == answered + 2
    echo: dict[str, Any] = {"from": calls.DISPLAY_NUMBER, "to": ANA, "id": "wamid.echo"}
    echo |= {"timestamp": str(int(time.time())), "type": "text", "text": {"body": "I'm here"}}
    chakra_post_event(calls.echo_call("meta", echo, by_phone=by_phone))
    assert caplog.messages[-1] == f"conversation {ana.pk} was answered by hand"
    assert ask("wamid.3") == answered + 2
    Message.objects.filter(external_id="wamid.echo").update(sort_at="2024-01-01T00:00Z")
    assert ask("wamid.4") == answered + 3


def cells(heading: str, column: int = 0) -> list[str]:
    """A column of all tables of a section."""
    rows = re.findall(r"^\| (.*) \|$", section(heading), re.MULTILINE)
    return [row.split(" | ")[column] for row in rows]


def marked(texts: list[str]) -> list[str]:
    return [word for text in texts for word in re.findall(r"`([^`]+)`", text)]


def test_every_status_is_documented() -> None:
    """Each stands in one row; no more and no fewer."""
    table = section("Its fate").split("### Codes")[0]
    words = marked(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    assert sorted(words) == sorted(["status", *MessageStatus.values])


def test_every_code_is_documented() -> None:
    """Each of Meta's codes that mean something to a sender stands in one row."""
    text = " ".join(cells("Its fate")).split("codes of Meta")[1]
    codes = sorted(map(int, re.findall(r"\b(?!(?:401|403|429|200)\b)\d+\b", text)))
    assert codes == sorted(code for known in exceptions.CAUSES.values() for code in known)


def test_every_function_is_documented() -> None:
    """Each that writes a message down, with the arguments that all of them take."""
    functions = {
        name
        for name in send.__all__
        if inspect.isfunction(one := getattr(send, name))
        and inspect.signature(one).return_annotation in ("Message", "Sent")
    } - {"again", "claim"}
    first = cells("What can be sent")
    kinds = first[: next(place for place, cell in enumerate(first) if cell == "argument")]
    assert set(marked(kinds)) - {"send."} == functions
    assert set(outbox.Options.__optional_keys__) <= set(marked(first))


def test_every_exception_is_documented() -> None:
    """Each that refuses to send."""
    refusals = {
        name
        for name, one in vars(exceptions).items()
        if isinstance(one, type) and issubclass(one, exceptions.SendRefused)
    }
    assert refusals <= set(marked(cells("What can be sent")))


def test_what_a_campaign_returns_is_documented() -> None:
    """By the names of its fields."""
    fields = {*send.Sent.__dataclass_fields__, *send.Refused.__dataclass_fields__}
    assert fields <= set(marked([section("Campaigns")]))
