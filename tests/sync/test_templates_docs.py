"""What docs/templates.md shows does what it says, and its tables name what there is."""

import re
from typing import Any

import pytest
from django.core.management import load_command_class

from django_chakra import sync
from django_chakra.models import Message, MessageTemplate
from django_chakra.testing.fake import FakeChakra
from tests.settings import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

PAGE = (ROOT / "docs/templates.md").read_text()


@pytest.fixture
def shop() -> dict[str, Any]:
    """The worked examples, as one module."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    module: dict[str, Any] = {"__name__": "shop"}
    exec(compile(code, "docs/templates.md", "exec"), module)  # noqa: S102  our own documentation
    return module


class Order:
    customer, number = "Asha", "A7"


def test_the_example_of_sending(
    chakra_fake: FakeChakra, transactional_db: None, shop: dict[str, Any]
) -> None:
    """Sent; not while it is paused; not where it does not fit."""
    sync.templates()
    phone = "+91 99000 00000"
    assert shop["remind"](Order, phone).status == "queued"
    assert Message.objects.get().text
    row = MessageTemplate.objects.filter(name="order_waiting")
    row.update(status="PAUSED")
    assert shop["remind"](Order, phone) == "not now: PAUSED"
    row.update(status="APPROVED", components=[{"type": "BODY", "text": "Hello"}])
    assert shop["remind"](Order, phone) == "template.components[0].parameters does not fit"
    row.update(name="other")
    assert shop["remind"](Order, phone) == "not now: unknown"


def test_the_example_of_a_preview(
    chakra_fake: FakeChakra, transactional_db: None, shop: dict[str, Any]
) -> None:
    """What people read, and what goes into it."""
    sync.templates()
    text = "Hello {{1}}, your order {{2}} is waiting"
    places = [("body", "1"), ("body", "2")]
    assert shop["shown"]("order_waiting", "en") == ("", text, "", (), places)


def test_the_example_of_creating(
    chakra_fake: FakeChakra, transactional_db: None, shop: dict[str, Any]
) -> None:
    """It is on the platform, and pending."""
    row = shop["create_welcome"]()
    assert (row.status, len(row.components)) == ("PENDING", 3)
    assert chakra_fake.state.templates[row.external_id].parameter_format == "NAMED"


def test_the_columns() -> None:
    """Those that the page names are there, and it names those that are told."""
    table = PAGE.split("| column | is |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))))
    fields = {field.name for field in MessageTemplate._meta.concrete_fields}
    assert named == fields - {"id", "account", "waba_id", "external_id"}


def test_the_options() -> None:
    """Each act and each option of the command stands on the page, and no other."""
    parser = load_command_class("django_chakra", "chakra_templates").create_parser("x", "y")
    (acts,) = [one for one in parser._actions if one.dest == "act"]
    choices: Any = acts.choices
    assert set(choices) == {"sync", "list", "show"}
    section = PAGE.split("\n## chakra_templates\n")[1].split("\n## ")[0]
    own = {
        option
        for act in choices.values()
        for one in act._actions
        for option in one.option_strings
        if option not in ("-h", "--help")
    }
    assert set(re.findall(r"`(--[\w-]+)", section)) == own
    assert all(f"`{act}" in section for act in choices)
