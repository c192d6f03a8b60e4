"""The system checks of the spool: each id, what it says, and what satisfies it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings

GOOD: dict[str, Any] = {"ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["s"]}}, "RUNNER": "worker"}
TIMED: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": 3, "options": "-c statement_timeout=10s"},
    "mysql": {"connect_timeout": 3, "read_timeout": 10, "write_timeout": 10},
    "sqlite3": {"transaction_mode": "IMMEDIATE"},
}


def found(
    monkeypatch: pytest.MonkeyPatch,
    *,
    engine: str = "sqlite3",
    options: dict[str, Any] | None = None,
    **chakra: Any,
) -> dict[str, str]:
    """Our own messages for these settings, on a database of this kind: id to text."""
    databases = deepcopy(settings.DATABASES)
    databases["default"]["ENGINE"] = f"django.db.backends.{engine}"
    databases["default"]["OPTIONS"] = TIMED[engine] if options is None else options
    monkeypatch.setattr(settings, "DATABASES", databases)
    with override_settings(CHAKRA={**GOOD, **chakra}):
        messages = run_checks(databases=[])
    ours = [m for m in messages if str(m.id).startswith("django_chakra.")]
    return {str(m.id).removeprefix("django_chakra."): m.msg for m in ours}


def test_a_folder_that_can_be_used(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A folder that is there and may be written into, as a text or a Path, gives no message."""
    for named in ("", str(folder), folder):
        assert found(monkeypatch, SPOOL_DIR=named) == {}


@pytest.mark.parametrize("named", ["spool", "./spool", None, 7, ["spool"], "/no/such/folder"])
def test_a_folder_that_is_none(monkeypatch: pytest.MonkeyPatch, named: object) -> None:
    """E025: a SPOOL_DIR that is no absolute path, or leads to no folder."""
    assert set(found(monkeypatch, SPOOL_DIR=named)) == {"E025"}


def test_a_folder_that_may_not_be_written_into(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """E025: a file instead of a folder, and a folder on a file system that is only read."""
    file = tmp_path / "file"
    file.write_text("")
    assert set(found(monkeypatch, SPOOL_DIR=str(file))) == {"E025"}
    assert set(found(monkeypatch, SPOOL_DIR="/proc/self")) == {"E025"}


@pytest.mark.parametrize("key", ["SPOOL_MAX_FILES", "SPOOL_MAX_BYTES"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "9", None, True])
def test_limits_are_whole_numbers(monkeypatch: pytest.MonkeyPatch, key: str, value: object) -> None:
    """E025: a limit that is none."""
    wrong: dict[str, Any] = {key: value}
    right: dict[str, Any] = {key: 10}
    assert set(found(monkeypatch, **wrong)) == {"E025"}
    assert found(monkeypatch, **right) == {}


@pytest.mark.parametrize("name", ["MEDIA_ROOT", "STATIC_ROOT"])
def test_a_folder_that_the_web_server_shows(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str
) -> None:
    """E026: a SPOOL_DIR in MEDIA_ROOT or STATIC_ROOT, also behind a link."""
    link = folder.parent / "link"
    link.symlink_to(folder.parent)
    for root in (folder, folder.parent, link):
        with override_settings(**{name: str(root)}):
            assert name in found(monkeypatch, SPOOL_DIR=str(folder))["E026"]
    with override_settings(**{name: str(folder / "below")}):
        assert found(monkeypatch, SPOOL_DIR=str(folder)) == {}


@pytest.mark.parametrize(
    ("engine", "options", "missing"),
    [
        ("postgresql", {}, "connect_timeout, and no statement_timeout or lock_timeout or tcp"),
        ("postgresql", {"connect_timeout": 3}, "no statement_timeout or"),
        ("postgresql", {"connect_timeout": 3, "options": "-c synchronous_commit=off"}, "no state"),
        ("postgresql", {"tcp_user_timeout": 5000}, "connect_timeout:"),
        ("postgresql", {**TIMED["postgresql"], "pool": True}, "timeout of its pool"),
        ("mysql", {}, "connect_timeout, and no read_timeout, and no write_timeout"),
        ("mysql", {"connect_timeout": 3, "write_timeout": 3}, "no read_timeout:"),
    ],
)
def test_a_database_that_may_hang(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    engine: str,
    options: dict[str, Any],
    missing: str,
) -> None:
    """W008: with a spool, a database without timeouts; the message names those that are missing."""
    said = found(monkeypatch, engine=engine, options=options, SPOOL_DIR=str(folder))
    assert set(said) == {"W008"}
    assert missing in said["W008"]
    # Without one a call has nowhere to go, and may as well wait.
    assert found(monkeypatch, engine=engine, options=options) == {}


@pytest.mark.parametrize(
    ("engine", "options"),
    [
        *TIMED.items(),
        ("postgresql", {"connect_timeout": 3, "options": "-c x=1 -c lock_timeout=5000"}),
        ("postgresql", {"connect_timeout": 3, "tcp_user_timeout": 5000}),
        ("postgresql", {**TIMED["postgresql"], "pool": {"timeout": 3}}),
    ],
)
def test_timeouts_that_are_enough(
    monkeypatch: pytest.MonkeyPatch, folder: Path, engine: str, options: dict[str, Any]
) -> None:
    """Connecting and waiting end by themselves; SQLite has nothing to wait for."""
    assert found(monkeypatch, engine=engine, options=options, SPOOL_DIR=str(folder)) == {}
