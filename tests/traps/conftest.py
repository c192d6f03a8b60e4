"""Who listens to what the traps' calls say."""

from collections.abc import Iterator
from typing import Any

import pytest

from django_chakra.events import Event
from django_chakra.signals import event_received


@pytest.fixture
def heard() -> Iterator[list[Event]]:
    """The events that a receiver of ``event_received`` has heard of."""
    found: list[Event] = []

    def receiver(event: Event, **rest: Any) -> None:
        found.append(event)

    event_received.connect(receiver)
    yield found
    event_received.disconnect(receiver)
