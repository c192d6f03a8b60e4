"""What the doctor says of the spool."""

import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from .away import names, spooled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def lines() -> list[tuple[str, str]]:
    """Level and words of each line about the spool."""
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("chakra_doctor", "--json", "--offline", stdout=out)
    said = json.loads(out.getvalue())["findings"]
    return [(one["level"], one["found"]) for one in said if one["check"] == "spool"]


def grown_old(file: Path, minutes: int) -> Path:
    """The same call, as if it had come some minutes earlier."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    _, _, rest = file.name.partition("Z-")
    return file.rename(file.with_name(f"{at:%Y%m%dT%H%M%S.%fZ}-{rest}"))


def test_no_spool() -> None:
    """Without SPOOL_DIR it is said what then happens."""
    ((level, said),) = lines()
    assert (level, "503" in said) == ("ok", True)


def test_an_empty_spool(folder: Path) -> None:
    """Nothing waits; names that are none of ours are counted."""
    assert lines() == [("ok", "No call waits in the spool.")]
    (folder / "lost+found").mkdir()
    assert lines() == [("ok", "No call waits in the spool. 1 other files are passed over.")]


@pytest.mark.parametrize(("minutes", "level"), [(0, "ok"), (3, "warning"), (9, "red")])
def test_depth_and_age(folder: Path, minutes: int, level: str) -> None:
    """How many calls wait, for how long the oldest, and how many bytes; the longer the worse."""
    spooled(folder, "wamid.A")
    file = grown_old(spooled(folder, "wamid.B"), minutes)
    size = sum((folder / name).stat().st_size for name in names(folder))
    for _ in range(2):
        ((found, said),) = lines()
        assert found == level
        assert said.startswith("2 calls wait in the spool, the oldest for ")
        assert f"{minutes} minutes" in said or not minutes
        assert f"{size / 1024:.1f} KB" in said
        # Also while somebody is storing it.
        if file.suffix == ".call":
            file = file.rename(file.with_suffix(".claim-host.1.abc"))


def test_little_room(settings: Any, folder: Path) -> None:
    """A spool that is nearly full is red."""
    for n in range(4):
        spooled(folder, f"wamid.{n}")
    settings.CHAKRA = {**settings.CHAKRA, "SPOOL_MAX_FILES": 5}
    assert ("red", True) in [(level, "4 of 5 files" in said) for level, said in lines()]


def test_what_was_set_aside(folder: Path) -> None:
    """Files that nobody takes up are red, with the reasons; half-written ones a warning."""
    for n, why in enumerate(("torn-1", "torn-2", "DataError-3")):
        spooled(folder, f"wamid.{n}").rename(folder / f"{_stem(n)}.aside-{why}")
    spooled(folder, "wamid.3").rename(folder / f"{_stem(3)}.tmp")
    said = lines()
    assert ("red", "Files in the spool were set aside: 1 × DataError, 2 × torn.") in said
    assert ("warning", "1 files in the spool are half-written.") in said


def _stem(n: int) -> str:
    return f"20260102T030405.000000Z-{n:032}-9-0"


def test_a_folder_that_is_gone(settings: Any, tmp_path: Path) -> None:
    """A folder that can't be looked into is red."""
    settings.CHAKRA = {**settings.CHAKRA, "SPOOL_DIR": str(tmp_path / "gone")}
    assert lines() == [("red", "SPOOL_DIR can't be looked into (FileNotFoundError).")]


def test_a_name_that_is_no_time(folder: Path) -> None:
    """A hostile name with the 99th month is no reason to say nothing."""
    (folder / f"20269902T030405.000000Z-{1:032}-9-0.call").write_text("")
    ((level, said),) = lines()
    assert (level, said.split(",")[0]) == ("ok", "1 calls wait in the spool")
