"""Every public method of every resource, against a fake that takes nothing but its contract."""

import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import pytest

from django_chakra.client import Chakra
from django_chakra.client.resource import Resource
from django_chakra.exceptions import ConfigurationError, PathUnverified, ValidationFailed
from django_chakra.testing import endpoints, samples

from . import rows_messaging, rows_platform
from .asking import Asked, Asking
from .rows import ELSEWHERE, PATHS, PHONE, PLUGIN, WABA, Row

ROWS = [*rows_messaging.ROWS, *rows_platform.ROWS]
CALLS = {row.call: row for row in ROWS}


def resources() -> dict[str, type[Resource]]:
    """The resources of a client, by attribute."""
    client = Chakra(token="x")
    names = [name for name, value in vars(Chakra).items() if isinstance(value, cached_property)]
    return {name: type(getattr(client, name)) for name in names}


def methods() -> dict[str, Callable[..., Any]]:
    """All public methods of all resources, by how they are called."""
    return {
        f"{name}.{method}": function
        for name, resource in resources().items()
        for method, function in inspect.getmembers(resource, inspect.isfunction)
        if not method.startswith("_")
    }


METHODS = methods()


def called(chakra: Chakra, row: Row, **more: Any) -> Any:
    """What a row's call gives; of an iterator all that is in it."""
    resource, method = row.call.split(".")
    for value in row.given.values():
        if isinstance(value, io.BytesIO):
            value.seek(0)  # other tests send it too
    given = getattr(getattr(chakra, resource), method)(*row.args, **{**row.given, **more})
    return list(given) if isinstance(given, Iterator) else given


def asked(row: Row) -> Asked:
    """The request that a row names."""
    method, _, target = row.asks.partition(" ")
    path, _, query = target.partition("?")
    return Asked(method, path, dict(parse_qsl(query)), row.body)


def data_of(row: Row) -> Any:
    """The sample of a row's endpoint without its envelope."""
    sample = samples.answer(row.endpoint.sample)
    return sample.get("_data", sample)


def takes_more(row: Row) -> bool:
    """Whether a row's method takes keywords that it does not name."""
    parameters = inspect.signature(METHODS[row.call]).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def has_free_text(row: Row) -> bool:
    """Whether a row's path holds the first argument as it is."""
    return bool(row.args) and f"/{row.args[0]}" in row.asks


def test_every_method_has_a_row() -> None:
    """Rows and public methods are the same."""
    assert sorted(CALLS) == sorted(METHODS.keys() - ELSEWHERE)
    assert len(ROWS) == len(CALLS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_call(row: Row, chakra: Chakra, platform: Asking) -> None:
    """A call asks for its method, path, query and body, and gives the data of the answer."""
    assert called(chakra, row) == (data_of(row) if row.gives is None else row.gives)
    assert platform.asked[-1] == asked(row)


@pytest.mark.parametrize("row", [row for row in ROWS if takes_more(row)], ids=str)
def test_what_the_platform_adds_later_can_be_given(
    row: Row, chakra: Chakra, platform: Asking
) -> None:
    """A keyword that nobody knows yet goes into the body or the query; this platform refuses it."""
    body = row.endpoint.body
    is_open = body is not None and not endpoints.mismatches(body, {"addedLater": "x"}, "body")
    refused = pytest.raises(ValidationFailed, match="addedLater")

    with nullcontext() if is_open else refused:
        called(chakra, row, addedLater="x")

    last = platform.asked[-1]
    assert "x" in (last.query.get("addedLater"), (last.body or {}).get("addedLater"))


@pytest.mark.parametrize("endpoint", endpoints.ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_is_asked_for(endpoint: endpoints.Endpoint) -> None:
    """Each endpoint of the platform has a call of its name, whose row leads to it."""
    assert CALLS[endpoint.name].endpoint is endpoint


def test_every_answer_is_used() -> None:
    """The samples of answers are those that the endpoints name."""
    named = {one.sample for one in endpoints.ENDPOINTS if not one.mime_type}

    assert set(samples.answers()) == named


@pytest.mark.parametrize("row", [row for row in ROWS if not row.endpoint.known], ids=str)
def test_unverified_paths(row: Row, chakra: Chakra, platform: Asking) -> None:
    """Without a path a change raises and asks for nothing; a read tries the likely path."""
    chakra.paths.clear()

    if row.endpoint.method == "GET":
        called(chakra, row)
        assert platform.asked[-1] == asked(row)
    else:
        with pytest.raises(PathUnverified) as caught:
            called(chakra, row)
        assert caught.value.endpoint == row.call
        assert platform.asked == []


@pytest.mark.parametrize("row", [row for row in ROWS if not row.endpoint.known], ids=str)
def test_unverified_paths_can_be_set(row: Row, chakra: Chakra, platform: Asking) -> None:
    """A path that is set is asked for, also in place of a likely one, and may bring its method."""
    chakra.paths[row.endpoint.name] = "PATCH /v9/{plugin_id}/here"

    with pytest.raises(Exception, match="404"):
        called(chakra, row)
    assert platform.asked[-1][:2] == ("PATCH", f"/v9/{PLUGIN}/here")


def test_unverified_paths_name_only_what_is_known(chakra: Chakra) -> None:
    """A path with a place that nothing fills says so."""
    chakra.paths["groups.delete"] = "/v9/{group}"

    with pytest.raises(ConfigurationError, match=r"groups\.delete.*'group'.*'group_id'"):
        chakra.groups.delete("1")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (name, row)
        for row in ROWS
        for name, value in (("plugin_id", PLUGIN), ("phone_number_id", PHONE), ("waba_id", WABA))
        if value in row.asks
    ],
    ids=str,
)
def test_a_missing_id_is_named(name: str, row: Row, chakra: Chakra, platform: Asking) -> None:
    """Where neither the call nor the client has an id, the error names it, and nothing is asked."""
    setattr(chakra, name, "")

    with pytest.raises(ConfigurationError, match=name):
        called(chakra, row)
    assert platform.asked == []


@pytest.mark.parametrize("row", [row for row in ROWS if has_free_text(row)], ids=str)
@pytest.mark.parametrize("value", ["../config", "a/b", "a?b=c", "a#b", "%2e%2e", "é x"])
def test_values_stay_in_their_segment(
    value: str, row: Row, chakra: Chakra, platform: Asking
) -> None:
    """A value given for a path is one segment of it, whatever is in it."""
    called(chakra, Row(row.call, row.asks, (value, *row.args[1:]), row.given))

    plain = asked(row).path
    path = platform.asked[-1].path
    assert path.count("/") == plain.count("/")
    assert endpoints.find(row.endpoint.method, path) is row.endpoint


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_values_that_climb_are_refused(value: str, chakra: Chakra, platform: Asking) -> None:
    """A segment that means another place is an error of ours, and nothing is asked."""
    with pytest.raises(ValidationFailed):
        chakra.processes.delete("lead", value)
    assert platform.asked == []


def test_endpoints_have_one_name_each() -> None:
    """No two endpoints have the same name, or the same method and path."""
    names = [endpoint.name for endpoint in endpoints.ENDPOINTS]
    places = [(endpoint.method, endpoint.path) for endpoint in endpoints.ENDPOINTS]

    assert len(set(names)) == len(names)
    assert len(set(places)) == len(places)


def test_the_paths_of_the_tests_are_made_up() -> None:
    """What the tests set as paths is exactly what raises without."""
    assert sorted(PATHS) == sorted(
        endpoint.name
        for endpoint in endpoints.ENDPOINTS
        if not endpoint.known and endpoint.method != "GET"
    )
