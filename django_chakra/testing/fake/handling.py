"""What a handler gets, and the list of handlers by endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..endpoints import Endpoint
from .reading import File
from .state import Message, State
from .wire import Reply, Request

if TYPE_CHECKING:
    from . import FakeChakra


@dataclass
class Call:
    """One request that was read. The fake's lock is held while it is handled."""

    fake: FakeChakra
    request: Request
    endpoint: Endpoint
    #: What stands for the places of the path.
    places: dict[str, str]
    #: JSON, or the fields of a form.
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    #: The message that was taken with it, for the ledger and the hooks.
    taken: Message | None = None

    @property
    def state(self) -> State:
        """The fake's."""
        return self.fake.state

    @property
    def now(self) -> float:
        """When the request came, in seconds."""
        return self.request.at


Handler = Callable[[Call], Reply]
HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register a function for endpoints."""

    def register(handler: Handler) -> Handler:
        for name in names:
            HANDLERS[name] = handler
        return handler

    return register


def milliseconds(at: float) -> int:
    """As Chakra writes times."""
    return round(at * 1000)


def merged(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What was there, with what was given in place of it, objects within objects too."""
    both = dict(before)
    for key, value in given.items():
        old = both.get(key)
        is_object = isinstance(old, dict) and isinstance(value, dict)
        both[key] = merged(old, value) if is_object and old is not None else value
    return both
