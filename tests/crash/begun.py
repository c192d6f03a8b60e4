"""What was begun to be told to one receiver alone: whoever is killed then has told it.

That is how it is told with care, and told again; a receiver may hear of it for the first time later
then, out of order, since a retry holds nobody up.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator
from typing import Any

from django_chakra.signals import ChakraSignal
from tests.stack.hearing import Heard, about, write


def note(log: str) -> None:
    """From now on each such telling is in the log of what was heard, as one that raised."""
    tell = ChakraSignal.tell

    def noted(
        self: ChakraSignal, sender: object, *, only: Collection[str] | None = None, **named: Any
    ) -> Iterator[tuple[str, Exception | None]]:
        for name in only or ():
            what, conversation, at, arrived = about(named)
            now = time.monotonic()
            entry = Heard(
                name.partition(" of ")[0], self.name, what, conversation, at, arrived,
                now, now, os.getpid(), raised=True,
            )  # fmt: skip
            write(log, json.dumps(entry))
        yield from tell(self, sender, only=only, **named)

    ChakraSignal.tell = noted  # type: ignore[method-assign]
