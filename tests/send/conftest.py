"""A site whose messages go to a fake, and a customer who wrote a moment ago."""

import json
from typing import Any

import pytest

from django_chakra.models import Conversation
from django_chakra.testing.fake import FakeChakra


@pytest.fixture
def fake(chakra_fake: FakeChakra, settings: Any, transactional_db: None) -> FakeChakra:
    """Messages are carried at once, after the commit."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline", "READ_TIMEOUT": 0.2}
    return chakra_fake


@pytest.fixture
def queued(chakra_fake: FakeChakra, settings: Any, transactional_db: None) -> FakeChakra:
    """Messages wait until the test has them carried."""
    settings.CHAKRA = {**settings.CHAKRA, "READ_TIMEOUT": 0.2}
    return chakra_fake


@pytest.fixture
def ana(chakra_fake: FakeChakra, transactional_db: None, chakra_post_event: Any) -> Conversation:
    """The conversation with Ana, whose window is open."""
    chakra_post_event("meta/messages__text")
    return Conversation.objects.get()


@pytest.fixture
def bodies(chakra_fake: FakeChakra) -> list[dict[str, Any]]:
    """What reaches the platform, whether it takes it or not."""
    found: list[dict[str, Any]] = []

    def keep(request: Any) -> None:
        found.append({"path": request.path, **json.loads(request.body)})

    chakra_fake.before.append(keep)
    return found
