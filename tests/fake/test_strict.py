"""What the contract does not have is refused, as a client sees it, in both ways."""

from typing import Any

import pytest

from django_chakra.client import Chakra
from django_chakra.exceptions import AuthenticationFailed, NotFound, ValidationFailed
from django_chakra.testing import endpoints
from django_chakra.testing.fake import FakeChakra

PROCESS = "/v1/ext/procedure/lead/process"


def test_another_token_is_refused(chakra: Chakra, fake: FakeChakra) -> None:
    """Without the right token there is no answer, whatever is asked."""
    fake.token = "another"
    with pytest.raises(AuthenticationFailed):
        chakra.health.check()
    with pytest.raises(AuthenticationFailed):
        chakra.request("GET", "/v1/nowhere")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nowhere"), ("PUT", "/v1/health"), ("GET", "/v1/health/"), ("GET", "/health")],
)
def test_what_is_not_there_is_a_page_of_html(method: str, path: str, chakra: Chakra) -> None:
    """An unknown path, or a known one with another method, is 404 as HTML."""
    with pytest.raises(NotFound, match="404"):
        chakra.request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "sent", "words"),
    [
        ("POST", f"{PROCESS}/list", {"json": {"limit": "5"}}, "body.limit must be"),
        ("POST", f"{PROCESS}/list", {"json": {"limit": True}}, "body.limit must be"),
        ("POST", f"{PROCESS}/list", {"json": {"were": {}}}, "body.were is unknown"),
        ("POST", f"{PROCESS}/list", {"json": []}, "body must be an object"),
        ("POST", f"{PROCESS}/list", {}, "body must be an object"),
        ("PATCH", PROCESS, {"json": {}}, "body.processes is required"),
        ("PATCH", PROCESS, {"json": {"processes": {}}}, "body.processes must be a list"),
        ("GET", "/v1/health", {"query": {"a": "b"}}, "query.a is unknown"),
        ("GET", "/v1/health", {"json": {}}, "no body"),
        ("GET", "/v1/ext/whatsapp-business-account", {}, "query.pluginId is required"),
    ],
)
def test_what_breaks_the_table_is_refused(
    method: str, path: str, sent: dict[str, Any], words: str, chakra: Chakra
) -> None:
    """A key too many, one too few and another type are each named in a 400."""
    with pytest.raises(ValidationFailed, match=words) as caught:
        chakra.request(method, path, **sent)
    assert caught.value.status == 400


def test_alternatives_take_the_nearest() -> None:
    """Of alternatives one has to fit; else the one with the fewest mistakes is told."""
    shape = ({"a": int}, {"b": int, "c": int})

    assert endpoints.mismatches(shape, {"a": 1}, "x") == []
    assert endpoints.mismatches(shape, {"a": "1"}, "x") == ["x.a must be of another type"]
