"""A broker for each test, left as it was found."""

from collections.abc import Iterator

import pytest

from .brokers import URLS, Broker, missing


@pytest.fixture(params=sorted(URLS))
def kind(request: pytest.FixtureRequest) -> str:
    """Which broker; a test that parametrizes it itself takes one of them."""
    return str(request.param)


@pytest.fixture
def broker(kind: str) -> Iterator[Broker]:
    """One with queues of the test's own."""
    if reason := missing(kind):
        pytest.skip(reason)
    broker = Broker(kind, URLS[kind])
    broker.declare()
    yield broker
    broker.delete()
