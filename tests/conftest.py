"""Which tests run where, and what is skipped when a machine lacks a database or a browser."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import DatabaseError, connections

from .report import Recorder

# How fast a busy machine makes or runs an example says nothing of the package.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    record = os.environ.get("TEST_RECORD")
    # With xdist every report reaches the controller too; the workers must not write it twice.
    if record and not hasattr(config, "workerinput"):
        run = os.environ.get("TEST_RUN", settings.TEST_DATABASE)
        config.pluginmanager.register(Recorder(Path(record), run))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for another run; skip what this machine cannot run."""
    elsewhere = [item for item in items if not is_wanted(item)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    # The longest one first: at the end the other workers would wait for it.
    items.sort(key=lambda item: item.path.name != "test_crash.py")
    for item in items:
        if reason := missing_for(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def is_wanted(item: pytest.Item) -> bool:
    """Whether it is for this run's database, and quick enough for this run."""
    if item.get_closest_marker("thorough") and os.environ.get("TEST_THOROUGH") != "true":
        return False
    return is_for(item, settings.TEST_DATABASE)


def is_for(item: pytest.Item, name: str) -> bool:
    """Whether ``databases(...)`` names this database; without names, all of them are meant."""
    marks = [mark.args for mark in item.iter_markers("databases") if mark.args]
    return not marks or name in marks[0]


def missing_for(item: pytest.Item) -> str:
    if settings.TEST_DATABASE != "sqlite" and (reason := missing_database()):
        return reason
    return missing_browser() if item.get_closest_marker("browser") else ""


@cache
def missing_database() -> str:
    """Why the chosen database cannot be used; empty when it can."""
    if settings.MYSQLCLIENT_MISSING:
        return "mariadb: mysqlclient is not installed"
    connection = connections.create_connection("default")
    # To the server, not to a database: the one for the tests is not there yet.
    connection.settings_dict = {**connection.settings_dict, "NAME": None}
    try:
        with connection.wrap_database_errors:
            connection.get_new_connection(connection.get_connection_params()).close()
    except DatabaseError as error:
        return f"{settings.TEST_DATABASE}: {' '.join(str(error).split())}"
    return ""


@cache
def missing_browser() -> str:
    """Why there is no browser to drive; empty when there is one."""
    if not any(map(shutil.which, CHROMIUM)):
        return "browser: no chromium"
    return "" if shutil.which("chromedriver") else "browser: no chromedriver"


#: Tables that Django fills after a migration; nothing changes them in between.
MIGRATED = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session", autouse=True)
def _quick_flush(django_db_setup: None) -> None:
    """Empty tables row by row between tests: they hold few, and TRUNCATE takes far longer then.

    What Django fills after a migration stays, so that it need not be filled again.
    """
    operations = connections["default"].ops

    def sql_flush(style: Any, tables: list[str], **options: Any) -> list[str]:
        names = map(operations.quote_name, sorted(set(tables) - MIGRATED))
        deletes = [f"DELETE FROM {name}" for name in names]  # noqa: S608
        if connections["default"].vendor != "mysql":
            return deletes
        return ["SET FOREIGN_KEY_CHECKS = 0", *deletes, "SET FOREIGN_KEY_CHECKS = 1"]

    operations.sql_flush = sql_flush  # type: ignore[assignment]
    flush.emit_post_migrate_signal = lambda *args, **named: None  # type: ignore[attr-defined]


@pytest.fixture
def database_vendor() -> str:
    """The database of this run: sqlite, postgresql or mariadb."""
    return str(settings.TEST_DATABASE)
