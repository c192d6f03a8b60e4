"""One row per public method of every resource: what is called, and what the platform is asked."""

from dataclasses import dataclass, field
from typing import Any

from django_chakra.testing import endpoints

PLUGIN = "6a1d0f3c-0000-4000-8000-000000000001"
PHONE = "300000000000001"
WABA = "200000000000001"
VERSION = "v24.0"


@dataclass(frozen=True)
class Row:
    """A call of ours, and what has to come of it."""

    #: Resource and method ("processes.list").
    call: str
    #: Method, path and query of the request; of several, the last.
    asks: str
    args: tuple[Any, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)
    #: The body of the request.
    body: Any = None
    #: What comes back, where it is not the data of the sample.
    gives: Any = None

    def __str__(self) -> str:
        return self.call

    @property
    def endpoint(self) -> endpoints.Endpoint:
        """What stands for the request in the table."""
        method, _, target = self.asks.partition(" ")
        found = endpoints.find(method, target.partition("?")[0])
        assert found is not None, f"no endpoint for {self.asks}"
        return found


#: Paths as a host would set them, for endpoints without a documented one.
PATHS = {
    endpoint.name: endpoint.path
    for endpoint in endpoints.ENDPOINTS
    if not endpoint.known and "/unverified/" in endpoint.path
}

#: Calls that ask for the URL they are given, and for no endpoint.
ELSEWHERE = {"media.download"}
