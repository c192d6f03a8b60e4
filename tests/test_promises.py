"""Lists that must agree: what the docs name, and what is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_chakra import conf, doctor, events, signals
from django_chakra.announce.facts import FAMILIES
from django_chakra.testing import calls, samples

ROOT = Path(__file__).resolve().parent.parent
DOCS = {path.name: path.read_text() for path in [*ROOT.glob("docs/*.md"), ROOT / "README.md"]}


@pytest.mark.parametrize("key", [*conf.SETTING_KEYS, *conf.ACCOUNT_KEYS])
def test_every_setting_is_documented(key: str) -> None:
    """Each key of CHAKRA and of an account stands in docs/start.md."""
    assert f"`{key}`" in DOCS["start.md"]


def test_documented_checks_are_the_checks() -> None:
    """The ids in docs/start.md are those that the checks give, no more and no fewer."""
    source = "".join(path.read_text() for path in (ROOT / "django_chakra/checks").glob("*.py"))

    given = set(re.findall(r"django_chakra\.[EW]\d{3}", source))

    assert set(re.findall(r"django_chakra\.[EW]\d{3}", DOCS["start.md"])) == given


@pytest.mark.parametrize("name", sorted(signals.SIGNALS))
def test_every_signal_is_documented(name: str) -> None:
    """Each signal stands in docs/receive.md and is a module attribute of its name."""
    assert f"`{name}`" in DOCS["receive.md"]
    assert getattr(signals, name) is signals.SIGNALS[name]


def event_classes() -> dict[str, type[events.Event]]:
    """All exported classes of events but the base of all, by name."""
    named = {name: getattr(events, name) for name in events.__all__}
    return {
        name: known
        for name, known in named.items()
        if isinstance(known, type) and issubclass(known, events.Event) and known is not events.Event
    }


EVENTS = event_classes()

#: Rows of the table of events in docs/receive.md: class -> what stands in the other columns.
EVENT_ROWS = {
    name: cells
    for name, *cells in re.findall(
        r"^\| (?:\*\*)?`(\w+)`(?:\*\*)? \| (.*) \| (.*) \|$",
        DOCS["receive.md"].split("\n## Events\n")[1].split("\n## ")[0],
        re.MULTILINE,
    )
}


def words(cell: str) -> set[str]:
    """What is marked as code."""
    return set(re.findall(r"`([^`]+)`", cell))


def test_every_event_class_is_documented() -> None:
    """The rows in docs/receive.md are the event classes, no more and no fewer."""
    assert EVENT_ROWS.keys() == EVENTS.keys()


@pytest.mark.parametrize("name", sorted(EVENT_ROWS.keys() & EVENTS.keys()))
def test_documented_events_are_as_documented(name: str) -> None:
    """A row says the kinds of its class, the signal of its family, and attributes that it has."""
    known, (kind, attributes) = EVENTS[name], EVENT_ROWS[name]
    told = {signal.name for family, signal in FAMILIES.items() if family is known}

    assert words(kind) - {"message_*"} - told <= set(known.KINDS)
    assert bool(words(kind) & set(known.KINDS)) is bool(known.KINDS)
    assert told <= words(kind)
    assert {word for word in words(attributes) if not hasattr(known, word)} == set()


def test_every_event_class_is_exported() -> None:
    """``events`` names each class that a reader may make, and each one's bases."""

    def below(known: type[events.Event]) -> Iterator[type[events.Event]]:
        for further in known.__subclasses__():
            yield from (further, *below(further))

    # By name: a dataclass with slots leaves behind the class that it was made of.
    here = {
        known.__name__
        for known in below(events.Event)
        if known.__module__.startswith("django_chakra.")
    }

    assert here == EVENTS.keys()


def test_kinds_fit_their_column() -> None:
    """A kind is a short word in lower case, and belongs to one class."""
    kinds = [kind for known in EVENTS.values() for kind in vars(known).get("KINDS", ())]

    assert [kind for kind in kinds if not re.fullmatch(r"[a-z0-9_.]{1,64}", kind)] == []
    assert sorted(kinds) == sorted(set(kinds))


def test_every_event_is_told_by_one_signal() -> None:
    """An event is a row with signals of its own, unknown, or of exactly one family; each family
    has a signal of its own and events to tell."""
    rows = (events.MessageEvent, events.DeliveryStatusReported, events.UnknownEvent)
    made = [known for known in EVENTS.values() if known.KINDS]
    claims = {
        known.__name__: [family.__name__ for family in FAMILIES if issubclass(known, family)]
        for known in made
    }

    assert {name: found for name, found in claims.items() if len(found) > 1} == {}
    assert {name for name, found in claims.items() if not found} == {
        known.__name__ for known in made if issubclass(known, rows)
    }
    assert {family.__name__ for family in FAMILIES} == {
        name for found in claims.values() for name in found
    }
    assert len(set(FAMILIES.values())) == len(FAMILIES)


def test_documented_signals_name_their_family() -> None:
    """The row of a family's signal in docs/receive.md names its base class."""
    for family, signal in FAMILIES.items():
        [row] = re.findall(rf"^\| `{signal.name}` \|.*$", DOCS["receive.md"], re.MULTILINE)
        assert f"`{family.__name__}`" in row
        assert "`event`, `call`, `account`" in row


def test_every_class_has_a_sample() -> None:
    """Each event class that a reader makes is made from at least one sample."""
    made = {type(event) for name in samples.names() for event in events.read(calls.body(name))}

    assert {
        known.__name__ for known in EVENTS.values() if known.KINDS and known not in made
    } == set()


@pytest.mark.parametrize("name", sorted(DOCS))
def test_links_between_docs_lead_somewhere(name: str) -> None:
    """Each relative link in README and docs names a file that is there."""
    folder = ROOT if name == "README.md" else ROOT / "docs"
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", DOCS[name])

    assert [target for target in targets if not (folder / target).exists()] == []


def test_every_option_of_the_worker_is_documented() -> None:
    """Each option that chakra_process adds stands in docs/operate.md."""
    source = (ROOT / "django_chakra/management/commands/chakra_process.py").read_text()

    options = re.findall(r'"(--[a-z-]+)"', source)

    assert [option for option in options if f"`{option}" not in DOCS["operate.md"]] == []


def test_every_option_of_sending_is_documented() -> None:
    """Each option that chakra_send adds stands in docs/operate.md."""
    source = (ROOT / "django_chakra/management/commands/chakra_send.py").read_text()

    options = re.findall(r'"(--[a-z-]+)"', source)

    assert [option for option in options if f"`{option}" not in DOCS["operate.md"]] == []


def test_every_option_of_the_doctor_is_documented() -> None:
    """Each option that chakra_doctor adds stands in docs/operate.md."""
    source = (ROOT / "django_chakra/management/commands/chakra_doctor.py").read_text()

    options = re.findall(r'"(--[a-z-]+)"', source)

    assert [option for option in options if f"`{option}" not in DOCS["operate.md"]] == []


def test_documented_checks_of_the_doctor_are_its_checks() -> None:
    """The names in docs/operate.md are those that the doctor gives its lines, in their order."""
    table = DOCS["operate.md"].split("| check | looks at |")[1].split("\n\n")[0]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(doctor.CHECKS)


COMMANDS = sorted(
    path.stem
    for path in (ROOT / "django_chakra/management/commands").glob("*.py")
    if path.stem != "__init__"
)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    """Each management command has a heading in the docs."""
    assert any(f"\n## {name}\n" in text for text in DOCS.values())


def test_every_option_of_send_test_event_is_documented() -> None:
    """Each option that send_test_event adds stands in docs/test.md."""
    source = (ROOT / "django_chakra/management/commands/send_test_event.py").read_text()

    options = re.findall(r'"(--[a-z-]+)"', source)

    assert [option for option in options if f"`{option}" not in DOCS["test.md"]] == []


def test_documented_fixtures_are_the_fixtures() -> None:
    """The rows in docs/test.md are the plugin's fixtures without an underscore before them."""
    source = (ROOT / "django_chakra/testing/plugin.py").read_text()
    table = DOCS["test.md"].split("| fixture | is |")[1].split("\n\n")[0]

    made = re.findall(r"@pytest\.fixture\ndef (chakra_\w+)\(", source)

    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(made)
