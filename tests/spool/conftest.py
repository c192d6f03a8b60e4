from pathlib import Path
from typing import Any

import pytest

from django_chakra.spool import intake


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spool of the site under test."""
    made = tmp_path / "spool"
    made.mkdir(0o700)
    settings.CHAKRA = {**settings.CHAKRA, "SPOOL_DIR": str(made)}
    # Nobody waits for the second in which an empty folder is believed to be empty.
    monkeypatch.setattr(intake, "QUIET_SECONDS", 0.0)
    return made
