"""A host project, made of the blocks in README.md and docs/test.md and of our wheel, tests itself.

It sees no file of this project: the wheel is unpacked into a venv of its own, beside links to what
is installed here.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.settings import ROOT

pytestmark = pytest.mark.processes

BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
#: What ``django-admin startproject`` would have made.
SETTINGS = """
from pathlib import Path
SECRET_KEY = "example"
ROOT_URLCONF = "site_of_shop.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path("db.sqlite3")}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
"""
INI = "[pytest]\nDJANGO_SETTINGS_MODULE = site_of_shop.settings\npythonpath = .\n"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "CHAKRA_WEBHOOK_SECRET": "example"}


def needed(name: str) -> set[str]:
    """A distribution and all that it needs here, without extras."""
    found = {name}
    for line in importlib.metadata.requires(name) or ():
        other = re.match(r"[\w.-]+", line)
        if other and "extra ==" not in line and is_installed(other[0]):
            found |= needed(other[0])
    return found


def is_installed(name: str) -> bool:
    """Whether there is such a distribution here."""
    return any(importlib.metadata.distributions(name=name))


def link(name: str, site: Path) -> None:
    """Let the other environment have a distribution of this one."""
    for file in importlib.metadata.files(name) or ():
        top = site / file.parts[0]
        if file.parts[0] not in ("..", "__pycache__") and not top.exists():
            source = Path(str(file.locate()))
            top.symlink_to(source.parents[len(file.parts) - 2] if len(file.parts) > 1 else source)


def blocks(page: str) -> dict[str, str]:
    """The blocks of Python that name a file in their first line, by that file's name."""
    found = re.findall(r"```python\n# ([\w/]+\.py)\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    named: dict[str, str] = {}
    for name, code in found:
        named.setdefault(name, code)
    return named


def file(path: Path, text: str) -> None:
    """Write a file, in a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with our wheel, Django, pytest and pytest-django."""
    folder = tmp_path_factory.mktemp("environment")
    build = [sys.executable, "-c", BUILD, str(folder)]
    run = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=True)
    venv.create(folder / "venv", with_pip=False)
    site = next(folder.glob("venv/lib/python*/site-packages"))
    with ZipFile(folder / run.stdout.split()[-1]) as wheel:
        wheel.extractall(site)
    for name in {one for top in ("Django", "requests", "pytest-django") for one in needed(top)}:
        link(name, site)
    return folder / "venv/bin/python"


def project(folder: Path) -> None:
    """The documented blocks as files; ``[..., `` stands for what a host has there already."""
    readme = blocks("README.md")
    here = re.sub(r"INSTALLED_APPS = \[\.\.\., ", "INSTALLED_APPS += [", readme["settings.py"])
    file(folder / "site_of_shop/__init__.py", "")
    file(folder / "site_of_shop/settings.py", SETTINGS + here)
    file(folder / "site_of_shop/urls.py", readme["urls.py"].replace("[..., ", "["))
    file(folder / "shop/__init__.py", "")
    for name, code in blocks("docs/test.md").items():
        file(folder / name, code)
    file(folder / "pytest.ini", INI)


def outcome(python: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What pytest says of the project, without anything of this one in its environment."""
    return subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *options],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_project_made_of_the_documentation_passes_its_tests(python: Path, tmp_path: Path) -> None:
    """The nine documented tests pass with the plugin of the installed wheel alone."""
    project(tmp_path)
    run = outcome(python, tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "9 passed" in run.stdout


def test_the_documented_tests_find_a_shop_that_is_silent(python: Path, tmp_path: Path) -> None:
    """Without its receiver the project fails those of its tests that are about the answer."""
    project(tmp_path)
    file(tmp_path / "shop/receivers.py", "")
    run = outcome(python, tmp_path)
    failed = re.findall(r"^FAILED \S+::(\w+)", run.stdout, re.MULTILINE)
    assert failed == [
        "test_an_answer_is_read",
        "test_an_answer_may_fail",
        "test_who_likes_the_answer_gets_no_other",
        "test_a_message_that_comes_twice_is_one",
        "test_what_the_platform_refuses_is_kept_as_a_failure",
        "test_whoever_writes_is_answered",
    ]


@pytest.mark.parametrize(
    ("test", "options", "sentence"),
    [
        ("def test(chakra_message): ...", ["-p", "no:django"], "install pytest-django"),
        ("def test(chakra_fake): ...", ["-p", "no:django"], "set DJANGO_SETTINGS_MODULE"),
    ],
)
def test_what_is_missing_is_said(
    python: Path, tmp_path: Path, test: str, options: list[str], sentence: str
) -> None:
    """A fixture that lacks something fails with a sentence that says what."""
    file(tmp_path / "test_one.py", test)
    run = outcome(python, tmp_path, *options)
    assert run.returncode == 1
    assert sentence in run.stdout


BACK = """
import pytest
from django.conf import settings as now

@pytest.mark.parametrize("round", [1, 2])
def test_before_and_after(settings, request, round):
    assert "ACCESS_TOKEN" not in now.CHAKRA["ACCOUNTS"]["default"]
    request.getfixturevalue("chakra_fake")
    assert "ACCESS_TOKEN" in now.CHAKRA["ACCOUNTS"]["default"]
    settings.CHAKRA = {**settings.CHAKRA, "READ_TIMEOUT": 3}
"""


def test_settings_are_given_back(python: Path, tmp_path: Path) -> None:
    """Whichever of the two fixtures began, and whatever the test changed in between."""
    project(tmp_path)
    file(tmp_path / "test_back.py", BACK)
    run = outcome(python, tmp_path, "test_back.py")
    assert "2 passed" in run.stdout, run.stdout


LAZY = """
import sys

def ours():
    return {name for name in sys.modules if name.split(".")[0] == "django_chakra"}

BEFORE = ours()

def test_before():
    plugin = {"django_chakra", "django_chakra.testing", "django_chakra.testing.plugin"}
    assert BEFORE == ours() == plugin

def test_after(chakra_clock):
    assert "django_chakra.testing.fake" in ours()
"""


def test_a_project_of_one_test_does_not_reach_its_real_database(
    python: Path, tmp_path: Path
) -> None:
    """pytest-django makes no database for tests unless it sees at the beginning who needs one."""
    project(tmp_path)
    file(tmp_path / "test_one.py", "def test_one(chakra_contact):\n    chakra_contact()\n")
    run = outcome(python, tmp_path, "test_one.py")
    assert run.returncode == 0, run.stdout
    assert not (tmp_path / "db.sqlite3").exists()


def test_nothing_is_imported_until_a_fixture_is_used(python: Path, tmp_path: Path) -> None:
    """pytest has loaded the plugin, and of the package nothing but it and the packages above."""
    file(tmp_path / "test_lazy.py", LAZY)
    run = outcome(python, tmp_path, "-p", "no:django")
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout


def test_coverage_of_the_package_still_counts(tmp_path: Path) -> None:
    """Measured as this project measures itself, no line that runs at import is missed."""
    file(tmp_path / "test_one.py", "def test_one(chakra_clock): ...")
    coverage = [sys.executable, "-m", "coverage"]
    source = str(ROOT / "django_chakra/testing")
    options = ["-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider"]
    for command in (["run", "--source", source, *options], ["json", "-q", "-o", "all.json"]):
        subprocess.run([*coverage, *command], cwd=tmp_path, env=ENVIRONMENT, check=True)
    files = json.loads((tmp_path / "all.json").read_text())["files"]
    [plugin] = [files[name] for name in files if name.endswith("testing/plugin.py")]
    [clock] = [files[name] for name in files if name.endswith("fake/clock.py")]
    for measured in (plugin, clock):
        # Coverage keeps what runs at import as the "function" without a name.
        assert measured["functions"][""]["missing_lines"] == []
