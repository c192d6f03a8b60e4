"""What is known of the platform, asserted against the fake over raw HTTP, without our client."""

import json
import tomllib
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from django_chakra.testing import endpoints
from django_chakra.testing.fake import serve

from . import prepared

FACTS = tomllib.loads(Path(__file__).with_name("official.toml").read_text())["fact"]
PLACES = {
    "{plugin}": "6a1d0f3c-0000-4000-8000-000000000001",
    "{number}": "300000000000001",
    "{waba}": "200000000000001",
    "{version}": "v24.0",
    "{customer}": "5511988887777",
    "{too long}": "x" * 4097,
}
TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict, "any": object}
BOUNDARY = "a-boundary"


def filled(text: str) -> str:
    for place, value in PLACES.items():
        text = text.replace(place, value)
    return text


def content(fact: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """The body of a request, and what its headers say of it."""
    if "json" in fact:
        return filled(json.dumps(fact["json"])).encode(), {"Content-Type": "application/json"}
    if "form" not in fact:
        return None, {}
    body = b""
    for name, value in fact["form"].items():
        is_file = value.startswith("@")
        more = '; filename="a.png"\r\nContent-Type: image/png' if is_file else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        body += f"{head}{value.removeprefix('@')}\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return body + f"--{BOUNDARY}--\r\n".encode(), {"Content-Type": kind}


def asked(fact: dict[str, Any]) -> tuple[int, str, bytes]:
    """Status, type and body of the answer to a fact's request."""
    method, _, path = filled(fact["asks"]).partition(" ")
    body, headers = content(fact)
    headers["Authorization"] = f"Bearer {fact.get('token', prepared.TOKEN)}"
    with serve(prepared.fake()) as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        found = answer.status, answer.headers.get_content_type(), answer.read()
        connection.close()
    return found


def at(document: Any, path: str) -> list[Any]:
    """The values at a path in a document; none where it ends before."""
    found = [document]
    for step in path.split("."):
        name = step.removesuffix("[]")
        found = [one[name] for one in found if isinstance(one, dict) and name in one]
        if step.endswith("[]"):
            found = [entry for one in found for entry in one]
    return found


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["says"])
def test_fact(fact: dict[str, Any]) -> None:
    """The fake answers this request with this status, these names and these values."""
    status, kind, body = asked(fact)

    assert status == fact.get("status", 200), body
    assert kind == fact.get("type", "application/json")
    document = json.loads(body) if kind == "application/json" else {}
    for path, name in fact.get("has", {}).items():
        values = at(document, path)
        assert values, path
        assert all(isinstance(value, TYPES[name]) for value in values), path
        assert name != "int" or not any(isinstance(value, bool) for value in values), path
    for path, wanted in fact.get("equal", {}).items():
        assert at(document, path) == [None if wanted == "null" else wanted], path
    assert [path for path in fact.get("lacks", []) if at(document, path)] == []


def test_every_known_endpoint_has_a_fact() -> None:
    """What is not a guess is asserted at least once, by a request that is taken."""
    taken = {
        found.name
        for fact in FACTS
        if fact.get("status", 200) == 200
        for method, _, path in [filled(fact["asks"]).partition(" ")]
        if (found := endpoints.find(method, path.partition("?")[0]))
    }
    assert (
        sorted(one.name for one in endpoints.ENDPOINTS if one.known and one.name not in taken) == []
    )


def test_every_fact_says_how_it_is_known() -> None:
    """Each fact is one sentence of its own, and names its evidence."""
    known = {"documented", "official SDK", "official n8n node", "seen in the field", "Meta's"}

    assert {fact["known"] for fact in FACTS} <= known
    assert len({fact["says"] for fact in FACTS}) == len(FACTS)
