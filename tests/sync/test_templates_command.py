"""``chakra_templates``: what it asks, what it prints, and how it ends."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_chakra.models import MessageTemplate
from django_chakra.testing.fake import FakeChakra, Reply
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.state import Template

from .templates_of import add

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

ODD = "red \x1b[31m words\nand a line"


class Terminal(io.StringIO):
    """Where somebody looks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def fake(chakra_fake: FakeChakra, transactional_db: None) -> FakeChakra:
    chakra_fake.state.templates.clear()
    return chakra_fake


def run(*arguments: str, out: io.StringIO | None = None) -> str:
    """What it prints."""
    out = out or io.StringIO()
    call_command("chakra_templates", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def only(settings: Any, **changes: Any) -> None:
    """The accounts with other values."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    changed = {alias: {**accounts[alias], **changes.get(alias, {})} for alias in accounts}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": changed}


def test_sync_asks_for_all_accounts(fake: FakeChakra) -> None:
    """Each with a line of what was found; progress only at a terminal."""
    add(fake, 120)
    assert run("sync") == "".join(
        f"Account {alias}, WABA {fake.waba_id}: 120 listed, 120 new, 0 changed, 0 deleted.\n"
        for alias in ("default", "other")
    )
    fake.state.templates.popitem()
    said = run("sync", "--account", "other", out=Terminal())
    assert "\rAccount other: 100 templates\rAccount other: 119 templates" in said
    assert said.endswith("119 listed, 0 new, 0 changed, 1 deleted.\n")


def test_one_that_fails_does_not_stop_the_others(fake: FakeChakra, settings: Any) -> None:
    """Its reason is said, the others are synced, and the exit code is that of an error."""
    add(fake, 2)
    only(settings, default={"WABA_ID": "1"})
    fake.before.append(
        lambda request: errors(403, ODD) if "/1/message_templates" in request.path else None
    )
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 accounts could not be synced"):
        run("sync", out=out)
    assert "Account default: " in out.getvalue()
    assert "Account other, WABA" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert MessageTemplate.objects.filter(account="other").count() == 2


def test_accounts_that_cannot_be_asked(fake: FakeChakra, settings: Any) -> None:
    """Are left out, and it is said why; named, they are an error."""
    add(fake, 1)
    only(settings, other={"ACCESS_TOKEN": "", "WABA_ID": ""})
    said = run("sync")
    assert "Account other: left out, it has no ACCESS_TOKEN and no WABA_ID." in said
    with pytest.raises(CommandError, match="1 of 1"):
        run("sync", "--account", "other")
    only(settings, default={"WABA_ID": ""}, other={"WABA_ID": ""})
    with pytest.raises(CommandError, match="No account has"):
        run("sync")
    with pytest.raises(CommandError, match="no account named 'sales'"):
        run("list", "--account", "sales")


def test_another_waba(fake: FakeChakra) -> None:
    """By its id, of one account."""
    fake.state.business_accounts["200000000000009"] = {"id": "200000000000009"}
    add(fake, 1, waba_id="200000000000009")
    said = run("sync", "--account", "default", "--waba", "200000000000009")
    assert "WABA 200000000000009: 1 listed, 1 new" in said
    with pytest.raises(CommandError, match="--waba needs one --account"):
        run("sync", "--waba", "200000000000009")


def test_list(fake: FakeChakra) -> None:
    """A line for each that is there, of one account or of all; gone ones if they are asked for."""
    assert "run chakra_templates sync" in run("list")
    add(fake, 2)
    run("sync")
    MessageTemplate.objects.filter(account="default", language="en").update(status="PAUSED")
    fake.state.templates.popitem()
    run("sync", "--account", "other")
    lines = run("list").splitlines()
    assert lines[0].split() == [
        "account", "name", "language", "category", "status", "quality", "last", "sync",
    ]  # fmt: skip
    assert [line.split()[:5] for line in lines[1:]] == [
        ["default", "notice_0", "pt_BR", "MARKETING", "APPROVED"],
        ["default", "notice_1", "en", "UTILITY", "PAUSED"],
        ["other", "notice_0", "pt_BR", "MARKETING", "APPROVED"],
    ]
    assert len(run("list", "--account", "other").splitlines()) == 2
    assert "APPROVED (deleted)" in run("list", "--account", "other", "--deleted")


def test_show(fake: FakeChakra) -> None:
    """What people read, and what goes into it, on lines that no control character leaves."""
    fake.state.templates["1"] = Template(
        "1",
        "order",
        "en",
        "UTILITY",
        [
            {"type": "HEADER", "format": "IMAGE"},
            {
                "type": "BODY",
                "text": f"Hello {{{{name}}}}, {ODD}",
                "example": {"body_text_named_params": [{"param_name": "name", "example": ODD}]},
            },
            {"type": "FOOTER", "text": "A shop"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Follow", "url": "https://x.example/{{1}}"}
            ]},
        ],
        "REJECTED",
        ODD,
        "NAMED",
    )  # fmt: skip
    run("sync", "--account", "default")
    said = run("show", "order")
    assert "\x1b" not in said
    for words in (
        "order (en), account default\n",
        "UTILITY, REJECTED, quality UNKNOWN\n",
        "  | [image]\n  | Hello {{name}}, red \\x1b[31m words\n  | and a line\n  | A shop\n",
        "  | [Follow: https://x.example/{{1}}]\n",
        "  header: image\n",
        "  body: name, as 'red \\x1b[31m words\\nand a line'\n",
        "  button 1: url\n",
    ):
        assert words in said
    with pytest.raises(CommandError, match="No template of this name"):
        run("show", "order", "--language", "fr")


def test_show_what_only_an_event_told(fake: FakeChakra, chakra_post_event: Any) -> None:
    """It says that there may be more."""
    chakra_post_event("meta/message_template_components_update__full")
    said = run("show", "order_shipped")
    assert "| Hello {{1}}, your order {{2}} is on its way.\n" in said
    assert "Not all of its parts are known." in said
    assert "last sync: never" in said


def test_an_endless_list_is_an_error(fake: FakeChakra) -> None:
    """The command ends, and says that it is none."""
    page = {"data": [], "paging": {"cursors": {"after": "x"}, "next": "https://x.example/"}}
    fake.before.append(lambda request: Reply.of(page))
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of 2"):
        run("sync", out=out)
    assert "does not end" in out.getvalue()
