"""Nothing in this suite pretends to be Celery: its tasks go over a real broker to a real worker."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.settings import ROOT

from .brokers import URLS

FOLDERS = ("tests", "example_project", "benchmarks", "django_chakra")
RUNNING = ("manage.py", "pyproject.toml", "Makefile", ".ci/run")
SHAMS = {
    "eager mode": r"(?i)always_eager\W{0,3}\s*[=:,]\s*(True|1|\"|')",
    "a task that runs where it is called": r"\.apply\(\s*\)|\.apply\((args|kwargs)|\.s\(.*\)\(\)",
    "a broker in memory": r"(?i)memory://|cache\+memory|transport.memory|filesystem://",
    "Celery's worker in a thread": r"celery\.contrib\.(testing|pytest)|start_worker\(",
}
#: In which a sham is what the file is about.
ABOUT = {"tests/runner/test_real.py", "tests/test_checks.py"}


def sources() -> list[Path]:
    """All Python files of the project, and what runs them."""
    python = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return [*python, *(ROOT / name for name in RUNNING)]


@pytest.mark.parametrize("sham", sorted(SHAMS))
def test_no_sham(sham: str) -> None:
    """No test and no setting turns it on."""
    found = {
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(SHAMS[sham], path.read_text())
    }
    assert found <= ABOUT


@pytest.mark.parametrize(
    ("sham", "line"),
    [
        ("eager mode", "CELERY_TASK_ALWAYS_EAGER = True"),
        ("eager mode", 'app.conf["task_always_eager"] = True'),
        ("eager mode", "app.conf.update(task_always_eager=True)"),
        ("eager mode", '{"task_always_eager": True}'),
        ("eager mode", "override_settings(CELERY_TASK_ALWAYS_EAGER=True)"),
        ("eager mode", 'monkeypatch.setattr(app.conf, "task_always_eager", True)'),
        ("eager mode", "CELERY_TASK_ALWAYS_EAGER=1 make test"),
        ("a task that runs where it is called", "tasks.sweep.apply()"),
        ("a broker in memory", 'Celery(broker="memory://")'),
        ("a broker in memory", 'CELERY_RESULT_BACKEND = "cache+memory"'),
        ("Celery's worker in a thread", "from celery.contrib.testing.worker import start_worker"),
    ],
)
def test_a_sham_would_be_found(sham: str, line: str) -> None:
    """In each of the forms in which people write it."""
    assert re.search(SHAMS[sham], line)


def test_the_brokers_are_servers() -> None:
    """Both are reached over TCP."""
    assert {kind: urlsplit(url).scheme for kind, url in URLS.items()} == {
        "redis": "redis",
        "rabbitmq": "amqp",
    }
