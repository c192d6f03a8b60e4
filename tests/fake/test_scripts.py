"""Scripts: those that are shipped, what a file may hold, and what is played."""

from pathlib import Path
from typing import Any

import pytest

from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.command import made as made_by_options
from django_chakra.testing.fake.playing import play
from django_chakra.testing.fake.script import WrongScript, load, names, parse
from django_chakra.testing.fake.state import Template

from .site import ANA, URL, Site, client_of, made, pass_time, say
from .test_command import WAYS, run

PEOPLE = '[customers.ana]\nnumber = "5511988887777"\nname = "Ana"\n'
STEP = '[[step]]\ncustomer = "ana"\n'
BUTTONS = {
    "type": "button",
    "body": {"text": "Well?"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "y", "title": "Yes"}},
            {"type": "reply", "reply": {"id": "n", "title": "No"}},
        ]
    },
}


def played(script: str, *, seed: int = 0, seconds: float = 90.0) -> tuple[FakeChakra, Site]:
    """A shop that answers all texts, and sends buttons and templates besides."""
    fake, site = made(seed=seed), Site()
    quick = [{"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Confirm"}]}]
    body: list[dict[str, Any]] = [{"type": "BODY", "text": "Your order is here"}, *quick]
    fake.state.templates["1"] = Template("1", "ready", "en", "UTILITY", body, "APPROVED")
    play(fake, load(script))
    client = client_of(fake)
    say(client, "Good morning")
    client.session_messages.send(to=ANA, type="interactive", interactive=BUTTONS)
    for place in range(20):
        client.session_messages.send(
            to=f"55119990000{place:02}",
            type="template",
            template={"name": "ready", "language": {"code": "en"}},
        )
    pass_time(fake, site, seconds)
    return fake, site


def test_the_shipped_ones() -> None:
    """There are four, and each says what happens."""
    assert names() == ["campaign", "clinic", "shop", "support"]
    assert all(load(name).says.endswith(".") for name in names())


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("shop", "message.text message.image message.edit message.interactive message.reaction"),
        ("clinic", "message.document message.location message.button message_echo.inbox"),
        ("support", "message.audio message.revoke message.image status.read"),
        ("campaign", "message.button status.read number.quality"),
    ],
)
def test_a_shipped_script_plays(name: str, kinds: str) -> None:
    """Everything that it posts is read as what the book calls it, twice the same with a seed."""
    fake, site = played(name, seed=1)
    book = fake.ledger.entries("event")
    assert [one["event"] for one in book] == site.kinds()
    assert set(kinds.split()) <= set(site.kinds())
    assert fake.ledger.entries() == played(name, seed=1)[0].ledger.entries()


def test_an_answer_has_its_conditions() -> None:
    """Only a message of its kind, with its words, to its customer, and so often."""
    text = (
        f"{PEOPLE}[[answer]]\nto = 'text'\ncontains = 'PRICE'\ncustomer = 'ana'\n"
        "times = 1\nafter = 0\ntext = 'Thanks'\n"
    )
    fake, site = made(), Site()
    fake.hear("5511977776666")
    play(fake, parse(text))
    client = client_of(fake)
    for to, body in [
        ("5511977776666", "The price is 5"),
        (ANA, "Hello"),
        (ANA, "The price is 5"),
        (ANA, "The price is 6"),
    ]:
        say(client, body, to=to)
    pass_time(fake, site)
    assert site.kinds().count("message.text") == 2
    assert {one.format for one in site.read() if one.kind == "message.text"} == {"chakra", "meta"}


def test_a_reply_quotes_our_last_message() -> None:
    """It is a text that leads to what we sent last."""
    fake, site = made(format="meta"), Site()
    play(fake, parse(f"{PEOPLE}[[answer]]\ncontains = 'price'\nreply = 'Thanks'\n"))
    ours = [say(client_of(fake), body) for body in ("Hello", "The price is 5")]
    pass_time(fake, site)
    [told] = [one for one in site.read() if one.kind == "message.text"]
    assert (told.text, told.reply_to) == ("Thanks", ours[-1])


def test_what_customers_write_comes_twice_too() -> None:
    """Doubled events are theirs as well, and the second is the first again."""
    fake, site = made(format="meta"), Site()
    play(fake, parse(f"[habits]\ndoubled = 1\n{PEOPLE}{STEP}text = 'Hi'\n"))
    pass_time(fake, site)
    assert [one["copy"] for one in fake.ledger.entries("event")] == [1, 2]
    assert site.posts[0] == site.posts[1]


def test_what_cannot_be_done_is_in_the_book() -> None:
    """A click without a button is missed, and the rest goes on."""
    text = f"{PEOPLE}{STEP}click = 1\n{STEP}after = 1\ntext = 'Hi'\n"
    fake, site = made(), Site()
    play(fake, parse(text))
    pass_time(fake, site)
    assert [(one["act"], one["to"]) for one in fake.ledger.entries("missed")] == [("click", ANA)]
    assert site.kinds() == ["message.text"] * 2


def test_a_script_repeats() -> None:
    """Again, so many seconds after its last step."""
    fake, site = made(format="meta"), Site()
    play(fake, parse(f"repeat = 10\n{PEOPLE}{STEP}after = 5\ntext = 'Hi'\n"))
    pass_time(fake, site, 40)
    times = [one["at"] for one in fake.ledger.entries("event")]
    assert [at - times[0] for at in times] == [0, 15, 30]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("says = ", "Invalid value"),
        ("say = 'x'", "the file has 'say'; it may have says"),
        ("says = 1", "says is text"),
        ("repeat = -1", "repeat is a number from 0"),
        ("repeat = 0", "the steps need some seconds"),
        ("habits = 1", "habits is a table"),
        ("[habits]\nreads = 2", "reads is a chance"),
        ("customers = 1", "customers is a table"),
        ("[customers]\nana = 1", "customers.ana is a table"),
        ("[customers.ana]\nphone = '1'", "customers.ana has 'phone'"),
        ("[customers.ana]\nnumber = '+55 11'", "customers.ana: number is digits"),
        ("[step]\ntext = 'Hi'", "step is a list"),
        ("step = [1]", "step 1 is a table"),
        (f"{PEOPLE}{STEP}", "step 1 needs exactly one of"),
        (f"{PEOPLE}{STEP}text = 'a'\nclick = 1", "step 1 needs exactly one of"),
        (f"{PEOPLE}{STEP}text = 1", "step 1: text can't be 1"),
        (f"{PEOPLE}{STEP}click = true", "step 1: click can't be True"),
        (f"{PEOPLE}{STEP}revoke = false", "step 1: revoke can't be False"),
        (f"{PEOPLE}{STEP}quality = 'BAD'", "step 1: quality can't be 'BAD'"),
        (f"{PEOPLE}{STEP}location = {{}}", "step 1: location can't be"),
        (f"{PEOPLE}{STEP}rate = 1\ntext = 'a'", "step 1 has 'rate'"),
        (f"{PEOPLE}{STEP}text = 'a'\n[[step]]\ntext = 'a'", "step 2 needs a customer"),
        ("[[step]]\ncustomer = 'bea'\ntext = 'a'", "step 1: there is no customers.bea"),
        (f"{PEOPLE}{STEP}after = 'a'\ntext = 'a'", "step 1: after is a number"),
        ("[[answer]]\nrate = 2\ntext = 'a'", "answer 1: rate is a chance"),
        ("[[answer]]\ntimes = 'a'\ntext = 'a'", "answer 1: times is a whole number"),
    ],
)
def test_wrong_files_are_told(text: str, words: str, tmp_path: Path) -> None:
    """With the file, the line's place in it, and what it may be."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(WrongScript, match=r"mine\.toml: ") as caught:
        load(path)
    assert words in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A name that is not shipped, a path without a file, and bytes that are no text."""
    with pytest.raises(WrongScript, match="no script 'bank'; there are campaign"):
        load("bank")
    with pytest.raises(WrongScript, match="No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(WrongScript, match="utf-8"):
        load(tmp_path / "bytes.toml")


@pytest.mark.processes
def test_the_program_lists_its_scripts() -> None:
    """A line for each."""
    lines = run("module", "--list-scripts").stdout.splitlines()
    assert [line.split()[0] for line in lines] == names()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--script", "bank"], "there is no script 'bank'"),
        (["--misbehave", "429:often"], "'often' is not a chance"),
    ],
)
def test_the_program_refuses_wrong_options(options: list[str], words: str) -> None:
    """In one line, without a traceback."""
    done = run("command", *options)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_program_plays_and_misbehaves() -> None:
    """A fake made from options has the script, the rules and both formats."""
    options: dict[str, Any] = {
        "token": "t", "secret": "example-secret", "webhook_url": URL, "format": "both",
        "ledger": None, "seed": 1, "misbehave": ["500"], "script": load("shop"),
    }  # fmt: skip
    fake, site = made_by_options(options), Site()
    assert fake.handle("GET", "/v1/health", {}, b"").status == 500
    assert fake.events.waiting == 6
    fake.clock.set(fake.clock.now() + 1.5)
    fake.post_due(site)
    assert site.kinds() == ["message.text"] * 2


@pytest.mark.processes
@pytest.mark.parametrize("way", WAYS)
def test_help_has_the_options(way: str) -> None:
    """Both ways to start know scripts and misbehaviour."""
    shown = run(way, "--help").stdout
    assert all(one in shown for one in ("--script", "--list-scripts", "--misbehave"))
