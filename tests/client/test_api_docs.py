"""docs/api.md and the code name the same endpoints and calls."""

import re
from pathlib import Path

import pytest

from django_chakra.testing import endpoints

from .rows import ELSEWHERE
from .test_endpoints import METHODS, ROWS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()

KNOWN = r"`(?P<method>[A-Z]+) (?P<path>/[^`]+)`"
UNKNOWN = r"`(?P<verb>[A-Z]+)` unknown(?:; tried: `(?P<tried>/[^`]+)`)?"
#: what | endpoint | known from | our calls
DOCUMENTED = [
    found
    for found in re.finditer(
        rf"^\| (?P<what>[^|]+) \| (?:{KNOWN}|{UNKNOWN}) \| (?P<evidence>[^|]+)"
        r" \| (?P<calls>`[^|]+`) \|$",
        PAGE,
        re.MULTILINE,
    )
]
EVIDENCE = (
    "documented",
    "official SDK",
    "official n8n node",
    "seen in the field",
    "verb only, path unknown",
    "name only, verb and path unknown",
)


def calls(found: re.Match[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", found["calls"])


def endpoint_of(found: re.Match[str]) -> endpoints.Endpoint:
    """What the strict platform has for a row: the endpoint that its first call leads to."""
    return next(row.endpoint for row in ROWS if row.call == calls(found)[0])


def name(found: re.Match[str]) -> str:
    return calls(found)[0]


def test_all_rows_are_read() -> None:
    """Each line of the tables of endpoints is a row that this test understands."""
    tables = re.findall(r"known from \| our call \|\n\| [-| ]+\n((?:\|.*\n)+)", PAGE)
    lines = [line for table in tables for line in table.splitlines()]

    assert [found[0] for found in DOCUMENTED] == lines


def test_every_method_is_documented_once() -> None:
    """Documented calls and public methods of resources are the same."""
    documented = [call for found in DOCUMENTED for call in calls(found)]

    assert sorted(documented) == sorted(METHODS.keys() - ELSEWHERE)
    assert all(f"`{call}`" in PAGE for call in ELSEWHERE)


def test_every_endpoint_is_documented() -> None:
    """Documented endpoints are those of the strict platform."""
    assert {endpoint_of(found).name for found in DOCUMENTED} == {
        endpoint.name for endpoint in endpoints.ENDPOINTS
    }


@pytest.mark.parametrize("found", DOCUMENTED, ids=name)
def test_method_and_path_are_those_of_the_calls(found: re.Match[str]) -> None:
    """All calls of a row ask for the endpoint it shows; an unknown path is shown as unknown."""
    endpoint = endpoint_of(found)

    assert all(row.endpoint is endpoint for row in ROWS if row.call in calls(found))
    if endpoint.known:
        assert (found["method"], found["path"]) == (endpoint.method, endpoint.path)
    else:
        tried = endpoint.path if endpoint.method == "GET" else None
        assert (found["verb"], found["tried"]) == (endpoint.method, tried)


@pytest.mark.parametrize("found", DOCUMENTED, ids=name)
def test_evidence_is_in_words(found: re.Match[str]) -> None:
    """Each row says how it is known, in a phrase the page explains, and agrees with its path."""
    phrase = next((phrase for phrase in EVIDENCE if found["evidence"].startswith(phrase)), None)

    assert phrase is not None
    assert ("path unknown" in phrase) is not endpoint_of(found).known
    legend = PAGE.split("\n## How well it is known\n")[1].split("\n## ")[0]
    assert phrase in legend


@pytest.mark.parametrize("call", sorted(METHODS))
def test_docstrings_say_where_it_is_documented(call: str) -> None:
    """Each public method's docstring has the page of its documentation, or says it has none."""
    text = METHODS[call].__doc__ or ""

    assert (
        "https://apidocs.chakrahq.com" in text
        or "https://docs.chakrahq.com" in text
        or (call in ELSEWHERE)
    )
