"""A site whose files come from a fake, and land in a folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_chakra.download.resting import wake
from django_chakra.testing.fake import FakeChakra, serve


@pytest.fixture(autouse=True)
def _awake() -> Iterator[None]:
    """No account rests because of what another test did."""
    wake()
    yield
    wake()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files are kept."""
    return tmp_path / "media"


@pytest.fixture
def fake(chakra_fake: FakeChakra, settings: Any, folder: Path) -> FakeChakra:
    """Talked with in this process, without a socket."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(folder), "READ_TIMEOUT": 2.0}
    return chakra_fake


@pytest.fixture
def served(settings: Any, folder: Path) -> Iterator[FakeChakra]:
    """Talked with over HTTP."""
    from django_chakra.testing.site import settings_for

    fake = FakeChakra()
    with serve(fake) as url:
        settings.CHAKRA = {
            **settings_for(fake), "BASE_URL": url, "MEDIA_DIR": str(folder), "READ_TIMEOUT": 2.0,
        }  # fmt: skip
        yield fake
