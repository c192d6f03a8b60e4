"""An event together with the call that brought it."""

from __future__ import annotations

from typing import NamedTuple

from ..events import Event
from ..models import WebhookCall


class Fact(NamedTuple):
    """One event of one stored call."""

    event: Event
    call: WebhookCall
    #: Its place in the call, from 0.
    place: int

    @property
    def may_repeat(self) -> bool:
        """The call was tried before, so its rows may be there under its own name."""
        return self.call.attempts > 1
