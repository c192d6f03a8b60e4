"""An event together with what brought it: a stored call, or a list that the platform gave us."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..events import Event
from ..models import WebhookCall


class Fact(NamedTuple):
    """One event of one stored call, or of one of the platform's lists."""

    event: Event
    #: None: it was listed.
    brought_by: WebhookCall | None
    #: Its place in the call or list, from 0.
    place: int
    #: When it was listed.
    listed_at: datetime | None = None

    @property
    def call(self) -> WebhookCall:
        """The call that brought it, by who knows that there is one."""
        assert self.brought_by is not None  # noqa: S101  what is only posted is never listed
        return self.brought_by

    @property
    def call_id(self) -> int | None:
        """The key of the call that brought it; None where it was listed."""
        return None if self.brought_by is None else self.brought_by.pk

    @property
    def is_listed(self) -> bool:
        """Whether we asked for it, and nobody posted it."""
        return self.brought_by is None

    @property
    def received_at(self) -> datetime:
        """When it reached us."""
        at = self.listed_at if self.brought_by is None else self.brought_by.received_at
        assert at is not None  # noqa: S101  who lists says when
        return at

    @property
    def may_repeat(self) -> bool:
        """Its rows may be there under its own name.

        The call was tried before; or there is none, as of a row that was listed before.
        """
        return self.brought_by is None or self.brought_by.attempts > 1
