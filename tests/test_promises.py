"""Lists that must agree: what the docs name, and what is there."""

import re
from pathlib import Path

import pytest

from django_chakra import conf, events, signals
from django_chakra.testing import calls, samples

ROOT = Path(__file__).resolve().parent.parent
DOCS = {path.name: path.read_text() for path in [*ROOT.glob("docs/*.md"), ROOT / "README.md"]}


@pytest.mark.parametrize("key", [*conf.SETTING_KEYS, *conf.ACCOUNT_KEYS])
def test_every_setting_is_documented(key: str) -> None:
    """Each key of CHAKRA and of an account stands in docs/start.md."""
    assert f"`{key}`" in DOCS["start.md"]


def test_documented_checks_are_the_checks() -> None:
    """The ids in docs/start.md are those that checks.py gives, no more and no fewer."""
    source = (ROOT / "django_chakra/checks.py").read_text()

    given = set(re.findall(r"django_chakra\.[EW]\d{3}", source))

    assert set(re.findall(r"django_chakra\.[EW]\d{3}", DOCS["start.md"])) == given


@pytest.mark.parametrize("name", sorted(signals.SIGNALS))
def test_every_signal_is_documented(name: str) -> None:
    """Each signal stands in docs/receive.md and is a module attribute of its name."""
    assert f"`{name}`" in DOCS["receive.md"]
    assert getattr(signals, name) is signals.SIGNALS[name]


def test_every_event_class_is_documented() -> None:
    """Each event class stands in docs/receive.md."""
    classes = [getattr(events, name) for name in events.__all__]
    named = [c.__name__ for c in classes if isinstance(c, type) and issubclass(c, events.Event)]

    assert [
        name for name in named if name != "Event" and f"`{name}`" not in DOCS["receive.md"]
    ] == []


def test_every_reader_has_a_sample() -> None:
    """Each event class that a reader makes is made from at least one sample."""
    made = {type(event) for name in samples.names() for event in events.read(calls.body(name))}

    assert {events.MessageReceived, events.DeliveryStatusReported, events.UnknownEvent} <= made


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
