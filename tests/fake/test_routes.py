"""The fake's routes, the table of endpoints, the samples and docs/api.md name the same."""

import pytest

from django_chakra.testing import endpoints, samples
from django_chakra.testing.fake.evidence import DOCUMENTED, EVIDENCE, NAME_ONLY, VERB_ONLY
from django_chakra.testing.fake.handling import HANDLERS
from django_chakra.testing.fake.routes import ROUTES, Route, find

from ..client.test_api_docs import DOCUMENTED as LINES
from ..client.test_api_docs import endpoint_of
from ..client.test_endpoints import METHODS

#: Lines of docs/api.md by the endpoint they show.
SHOWN = {endpoint_of(line).name: line for line in LINES}


def test_every_endpoint_has_a_route_evidence_and_a_handler() -> None:
    """No endpoint is without one of them, and none of them is without an endpoint."""
    names = {endpoint.name for endpoint in endpoints.ENDPOINTS}

    assert {route.endpoint.name for route in ROUTES} == names
    assert len(ROUTES) == len(names)
    assert EVIDENCE.keys() == names == HANDLERS.keys()


def test_every_sample_has_evidence() -> None:
    """Each sample of an answer belongs to a route, which says where it is known from."""
    assert {route.endpoint.sample for route in ROUTES if not route.endpoint.mime_type} == set(
        samples.answers()
    )
    assert all(route.evidence.answer for route in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint.name)
def test_routes_are_those_of_the_docs(route: Route) -> None:
    """Method, path and evidence of a route are those of its line in docs/api.md."""
    line = SHOWN[route.endpoint.name]

    assert line["evidence"].startswith(route.evidence.path)
    unknown = route.evidence.path in (VERB_ONLY, NAME_ONLY)
    assert route.endpoint.known is not unknown
    if not unknown:
        assert (line["method"], line["path"]) == (route.endpoint.method, route.endpoint.path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint.name)
def test_pages_are_those_of_the_docstrings(route: Route) -> None:
    """A route's page of documentation is the one that our call names; documented ones have one."""
    text = METHODS[route.endpoint.name].__doc__ or ""

    assert route.evidence.page in text
    if "api-" not in route.evidence.page:
        assert "apidocs.chakrahq.com/api-" not in text
    assert route.evidence.page or route.evidence.path != DOCUMENTED


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint.name)
def test_routes_find_what_the_table_finds(route: Route) -> None:
    """A request leads to the same endpoint by the fake's routes and by the table."""
    path = route.endpoint.path.replace("{", "").replace("}", "")
    found = find(route.endpoint.method, path)

    assert found is not None
    assert found[0].endpoint is endpoints.find(route.endpoint.method, path)
