"""From a method and a path to what handles it. Every endpoint of the table has one route."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from .. import endpoints
from ..endpoints import Endpoint
from . import handlers
from .evidence import EVIDENCE, Evidence
from .handling import HANDLERS, Call, Handler
from .replies import missing, refuse

__all__ = ["ROUTES", "Route", "check_places", "find", "handlers"]

VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True)
class Route:
    """One endpoint of the fake."""

    endpoint: Endpoint
    evidence: Evidence
    handler: Handler
    pattern: re.Pattern[str]

    @classmethod
    def to(cls, endpoint: Endpoint) -> Route:
        """The route to an endpoint."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(endpoint.path))
        return cls(endpoint, EVIDENCE[endpoint.name], HANDLERS[endpoint.name], re.compile(pattern))


def _all() -> list[Route]:
    """Of two that fit, the one with fewer places to fill comes first."""
    by_places = sorted(endpoints.ENDPOINTS, key=lambda one: one.path.count("{"))
    return [Route.to(endpoint) for endpoint in by_places]


ROUTES = _all()


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request, and what stands for its places."""
    for route in ROUTES:
        if route.endpoint.method == method and (found := route.pattern.fullmatch(path)):
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def check_places(call: Call) -> None:
    """Refuse a path that names a plugin, a number, an account or a procedure of somebody else.

    Raises:
        Refused: with 404, as the platform does for a plugin; 400 for a version that is none.
    """
    state, places = call.state, call.places
    known = {
        "plugin_id": ("Plugin", {call.fake.plugin_id}),
        "phone_number_id": ("WhatsApp phone number", state.numbers),
        "waba_id": ("WhatsApp business account", state.business_accounts),
        "procedure": ("Procedure", state.procedures),
    }
    for name, value in places.items():
        what, ids = known.get(name, ("", {value}))
        if value not in ids:
            missing(what, value)
    if "api_version" in places and not VERSION.fullmatch(places["api_version"]):
        refuse(400, "The version of the WhatsApp API is like v24.0")
