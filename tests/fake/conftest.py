"""A fake, and clients that reach it in both ways."""

from collections.abc import Iterator

import pytest

from django_chakra.client import Chakra
from django_chakra.testing.fake import FakeChakra, serve

from . import prepared


@pytest.fixture
def fake() -> FakeChakra:
    """See :mod:`.prepared`."""
    return prepared.fake()


@pytest.fixture(params=["adapter", "http"])
def chakra(request: pytest.FixtureRequest, fake: FakeChakra) -> Iterator[Chakra]:
    """A client of the fake: without a socket, and with one."""
    if request.param == "adapter":
        with prepared.client() as client:
            fake.mount(client)
            yield client
    else:
        with serve(fake) as url, prepared.client(url) as client:
            yield client
