"""What goes over the wire between the fake and its client, well or badly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .state import Message


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came. Its repr shows neither headers nor body."""

    #: Counts from 1; the same in the ledger.
    number: int
    #: Unix time in seconds.
    at: float
    method: str
    #: As it was sent, without query.
    path: str
    query: dict[str, str] = field(repr=False)
    #: Names in lower case.
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    #: Name in the table of endpoints ("session_messages.send"); "" where there is none.
    endpoint: str = ""
    #: Scheme and host by which the client reached the fake, without a slash at the end.
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, and how it is to be delivered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    #: What the doors have to do with it besides; None delivers it well.
    misbehaviour: Misbehaviour | None = None
    #: What it answers; the fake fills it in.
    request: Request | None = field(default=None, repr=False)

    @classmethod
    def of(cls, document: Any, status: int = 200, **headers: str) -> Reply:
        """An answer of JSON; ``retry_after="5"`` is the header ``retry-after: 5``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps(document, ensure_ascii=False).encode()
        return cls(status, {"content-type": "application/json", **named}, body)

    @property
    def json(self) -> Any:
        """The document that it is."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What becomes of one request instead of the usual. Made by the methods below.

    ``taken`` says whether the request is handled all the same: a message taken, a template made.
    """

    #: "answer": it is answered. "silent": there is no answer until the client gives up.
    #: "cut": the connection is reset. "unreachable": there was no connection in the first place.
    #: "endless": it is answered, and the body is repeated until the client has enough.
    end: Literal["answer", "silent", "cut", "unreachable", "endless"] = "answer"
    taken: bool = True
    #: In place of the fake's own answer.
    reply: Reply | None = None
    #: Before the answer.
    seconds: float = 0.0
    #: Of "cut": bytes of the answer's body that arrive first; None for nothing, not even a head.
    after: int | None = None

    @classmethod
    def instead(cls, reply: Reply, *, taken: bool = False) -> Misbehaviour:
        """Answer this."""
        return cls(reply=reply, taken=taken)

    @classmethod
    def slow(cls, seconds: float) -> Misbehaviour:
        """Answer well, and late."""
        return cls(seconds=seconds)

    @classmethod
    def silent(cls, *, taken: bool) -> Misbehaviour:
        """Do not answer: a timeout before the request was taken, or after."""
        return cls(end="silent", taken=taken)

    @classmethod
    def cut(cls, *, taken: bool, after: int | None = None) -> Misbehaviour:
        """Reset the connection, with nothing of the answer or with a part of its body."""
        return cls(end="cut", taken=taken, after=after)

    @classmethod
    def endless(cls, reply: Reply) -> Misbehaviour:
        """Answer this, its body again and again, without a length."""
        return cls(end="endless", taken=False, reply=reply)

    @classmethod
    def unreachable(cls) -> Misbehaviour:
        """There is no connection. On a socket that is open already it is as :meth:`cut`."""
        return cls(end="unreachable", taken=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that the fake took, with the request that brought it."""

    message: Message
    request: Request
