"""A strict platform, and a client of it."""

from collections.abc import Iterator

import pytest

from django_chakra.client import Chakra

from .platform import TOKEN, Platform
from .rows import PATHS, PHONE, PLUGIN, WABA


@pytest.fixture
def platform() -> Iterator[Platform]:
    """The platform, which keeps what it was asked."""
    with Platform() as server:
        yield server


@pytest.fixture
def chakra(platform: Platform) -> Iterator[Chakra]:
    """A client that has everything: ids, and the paths that no documentation names."""
    with Chakra(
        token=TOKEN,
        plugin_id=PLUGIN,
        phone_number_id=PHONE,
        waba_id=WABA,
        base_url=platform.url,
        paths=PATHS,
    ) as client:
        yield client
