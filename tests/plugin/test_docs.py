"""docs/test.md names what there is: options, fixtures and their arguments."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import load_command_class

from django_chakra.testing import plugin
from django_chakra.testing.site import Poster
from tests.settings import ROOT

PAGE = (ROOT / "docs/test.md").read_text()


def rows(section: str) -> list[str]:
    """The first cells of a section's table."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| (.+?) \| ", text, re.MULTILINE)[2:]


@pytest.mark.parametrize("name", ["chakra_fake", "send_test_event"])
def test_the_options_of_a_command_are_documented(name: str) -> None:
    """Each of the command's own, and no other."""
    command = load_command_class("django_chakra", name)
    general = {"--version", "--verbosity", "--settings", "--pythonpath", "--traceback"}
    general |= {"--help", "--no-color", "--force-color", "--skip-checks"}
    parser = command.create_parser("manage.py", name)
    own = {option for one in parser._actions for option in one.option_strings[-1:]} - general
    assert set(re.findall(r"`(--[\w-]+)", " ".join(rows(name)))) == own


def test_the_fixtures_are_documented() -> None:
    """Each public one, in the order in which the plugin has them or another."""
    found = [name for name, one in vars(plugin).items() if name.startswith("chakra_")]
    assert sorted(found) == sorted(re.findall(r"`(chakra_\w+)`", " ".join(rows("The fixtures"))))


@pytest.mark.parametrize(
    ("name", "function"), [("chakra_post_event", Poster.__call__), ("chakra_post_due", Poster.due)]
)
def test_the_arguments_are_documented(name: str, function: Callable[..., Any]) -> None:
    """With their defaults."""
    shown = re.search(rf"\*\*`{name}\((.*)\)`\*\*", PAGE)
    assert shown
    parameters = list(inspect.signature(function).parameters.values())[1:]
    for one in parameters:
        default = "" if one.default is one.empty else f"={one.default!r}".replace("'", '"')
        assert f"{one.name}{default}" in shown[1]
    assert len(parameters) == len(re.sub(r"\*, ", "", shown[1]).split(", "))
