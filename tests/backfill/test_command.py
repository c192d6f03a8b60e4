"""chakra_backfill: what it prints, what it refuses, and how it ends."""

import io
import re
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.utils import timezone

from django_chakra import process
from django_chakra.models import Backfill, Conversation, WebhookCall
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.replies import errors
from tests.settings import ROOT
from tests.tables import tables

from .asking import ANA, BRUNO, said, small_pages, texts, wrote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

PAGE = (ROOT / "docs/backfill.md").read_text()


class Terminal(io.StringIO):
    """Where a person looks."""

    def isatty(self) -> bool:
        return True


def run(*options: str, out: io.StringIO | None = None) -> str:
    out = out or io.StringIO()
    call_command("chakra_backfill", *options, stdout=out, stderr=out)
    return out.getvalue()


def test_it_says_what_was_missed(chakra_fake: FakeChakra) -> None:
    """A line for each account, with since when."""
    wrote(chakra_fake, ANA, "hello")
    said(chakra_fake, ANA, "hi", status="READ")
    lines = run("--since", "36h").splitlines()
    since = timezone.now() - timedelta(hours=36)
    counts = "1 chats, 2 messages seen, 2 missed, 1 statuses missed, 0 of unknown end found."
    assert lines == [
        f"{account}: Since {since:%Y-%m-%d %H:%M}: {counts}" for account in ("default", "other")
    ]
    assert run("--account", "default").endswith("0 of unknown end found.\n")


def test_dry_run_says_what_would_be_recorded(chakra_fake: FakeChakra) -> None:
    """By chat; nothing is written."""
    wrote(chakra_fake, ANA, "hello")
    said(chakra_fake, BRUNO, "hi", status="READ", ago=30)
    told = run("--dry-run", "--account", "default")
    assert f"default: {ANA}: 1 messages (" in told
    assert "0 statuses\n" in told
    assert f"default: {BRUNO}: 1 messages (" in told
    assert "Nothing was written. Since" in told
    assert not any(tables("default").values())
    assert "hello" not in told


def test_progress_at_a_terminal(chakra_fake: FakeChakra) -> None:
    """One line, written over; and none where nobody looks."""
    for n in range(4):
        wrote(chakra_fake, ANA, str(n), ago=100 - n)
    with small_pages(2):
        shown = run("--account", "default", out=Terminal())
        assert shown.count("\r") == 3
        assert "\rdefault: 0 chats, 2 messages seen, 2 missed" in shown
        assert "\r" not in run("--account", "default")


def test_an_account_that_fails(chakra_fake: FakeChakra) -> None:
    """It is said, the others are asked, and the exit code is not 0."""
    wrote(chakra_fake, ANA, "hello")
    answers = [errors(403, "Not you\x1b[2J")]
    chakra_fake.before.append(lambda request: answers.pop() if answers else None)
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"Not finished: default\. The same command goes on"):
        run(out=out)
    assert "Not you\\x1b" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert texts(account="other") == ["hello"]


def test_limit_restart_and_going_on(chakra_fake: FakeChakra) -> None:
    """Stopped by --limit it goes on, or begins anew."""
    for n, who in enumerate((ANA, BRUNO, "5511966665555")):
        wrote(chakra_fake, who, str(n))
    only = ("--account", "default")
    for _ in range(2):
        with pytest.raises(CommandError):
            run(*only, "--limit", "1", "--restart")
    assert len(texts()) == 1
    with pytest.raises(CommandError):
        run(*only, "--limit", "1")
    assert len(texts()) == 2
    run(*only)
    assert len(texts()) == 3


def test_ctrl_c(chakra_fake: FakeChakra) -> None:
    """After the page in hand it ends, and can go on."""
    for n in range(4):
        wrote(chakra_fake, ANA, str(n), ago=100 - n)
    pressed: list[bool] = []

    def press(request: Any) -> None:
        if request.path.endswith("/message") and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    chakra_fake.before.append(press)
    out = io.StringIO()
    with small_pages(2):
        with pytest.raises(CommandError, match="Not finished: default"):
            run(out=out)
        assert "2 missed" in out.getvalue()
        assert "Stopped before the end." in out.getvalue()
        assert texts() == ["2", "3"]
        run("--account", "default")
    assert texts(account="default") == list("0123")


def test_what_could_not_be_used_is_said(chakra_fake: FakeChakra) -> None:
    """Counted, in words."""
    wrote(chakra_fake, "120363000000000001", "from a group")
    told = run("--account", "default")
    assert "default: not used: 1 \\xd7 it does not say whom it is from or to." in told


def test_one_conversation(chakra_fake: FakeChakra) -> None:
    """By our id, of whichever account it is."""
    wrote(chakra_fake, ANA, "hello")
    run("--account", "other")
    wrote(chakra_fake, ANA, "again", ago=5)
    conversation = Conversation.objects.get()
    assert run("--conversation", str(conversation.pk)).startswith("other: Since")
    assert texts() == ["hello", "again"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--limit", "0"), "at least 1"),
        (("--account", "nobody"), "nobody"),
        (("--conversation", "1"), "no conversation 1"),
        (("--since", "soon"), "no span like 36h"),
        (("--since", "2026-13-45"), "no date"),
    ],
)
def test_wrong_options(chakra_fake: FakeChakra, options: tuple[str, ...], words: str) -> None:
    """They are said in words."""
    with pytest.raises(CommandError, match=words):
        run(*options)


def test_without_a_token(settings: Any) -> None:
    """Nobody can be asked; an account that is named fails by itself."""
    with pytest.raises(CommandError, match="No account has an ACCESS_TOKEN"):
        run()
    with pytest.raises(CommandError, match="Not finished: default"):
        run("--account", "default")


@pytest.mark.parametrize("since", ["2026-11-01", "2026-11-01T10:00", "90m", "36h", "3d"])
def test_since(chakra_fake: FakeChakra, since: str) -> None:
    """A date, a time, or how long ago."""
    run("--account", "default", "--since", since)
    at = Backfill.objects.get().since
    assert at is not None
    spans = {"90m": timedelta(minutes=90), "36h": timedelta(hours=36), "3d": timedelta(days=3)}
    if since in spans:
        assert abs(timezone.now() - spans[since] - at) < timedelta(seconds=30)
    else:
        assert at.isoformat().startswith(since)


def test_every_option_is_documented() -> None:
    """The rows of docs/backfill.md are the command's own options."""
    table = PAGE.split("\n## chakra_backfill\n\n")[1].split("\n\n")[0]
    parser = load_command_class("django_chakra", "chakra_backfill").create_parser("x", "y")
    general = {"--version", "--verbosity", "--settings", "--pythonpath", "--traceback"}
    general |= {"--help", "--no-color", "--force-color", "--skip-checks"}
    own = {name for one in parser._actions for name in one.option_strings[-1:]} - general
    assert set(re.findall(r"`(--[\w-]+)", table)) == own


def test_the_documented_code_runs(chakra_fake: FakeChakra, capsys: Any) -> None:
    """The block of docs/backfill.md that asks from code."""
    wrote(chakra_fake, ANA, "hello")
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [code] = [one for one in blocks if "import backfill" in one]
    exec(compile(code, "docs/backfill.md", "exec"), {})  # noqa: S102  our own documentation
    assert capsys.readouterr().out == "1 0\n"


def test_the_worker_asks_when_it_starts(
    chakra_fake: FakeChakra, settings: Any, monkeypatch: Any
) -> None:
    """chakra_process --watch, with its calls going on."""
    settings.CHAKRA = {**settings.CHAKRA, "BACKFILL_AFTER": 60}
    wrote(chakra_fake, ANA, "anybody?")
    WebhookCall.objects.create(
        account="default", body=b"{}", state="processed",
        received_at=timezone.now() - timedelta(hours=3),
    )  # fmt: skip

    def sweep() -> int:
        # Once it has looked, the worker is asked to stop.
        if Backfill.objects.filter(state="done").exists():
            signal.raise_signal(signal.SIGTERM)
        return 0

    monkeypatch.setattr(process, "sweep", sweep)
    monkeypatch.setattr(process, "SWEEP_SECONDS", 0.0)
    out = io.StringIO()
    call_command("chakra_process", "--watch", "--no-send", "--no-download", stdout=out, stderr=out)
    assert texts() == ["anybody?"]
    assert "1 messages and 0 statuses had been missed" in out.getvalue()
