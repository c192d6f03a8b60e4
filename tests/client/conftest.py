"""A fake over HTTP that answers with samples, and a client of it."""

from collections.abc import Iterator

import pytest

from django_chakra.client import Chakra
from django_chakra.testing.fake import FakeChakra, serve

from ..fake import prepared
from .asking import Asking


@pytest.fixture
def fake() -> FakeChakra:
    """See :mod:`tests.fake.prepared`."""
    return prepared.fake()


@pytest.fixture
def platform(fake: FakeChakra) -> Asking:
    """What the fake was asked, and what it is to answer."""
    return Asking(fake)


@pytest.fixture
def url(fake: FakeChakra) -> Iterator[str]:
    """Where the fake is."""
    with serve(fake) as url:
        yield url


@pytest.fixture
def chakra(url: str, platform: Asking) -> Iterator[Chakra]:
    """A client that has everything: ids, and the paths that no documentation names."""
    with prepared.client(url) as client:
        yield client
