"""docs/add-one-more.md is carried out on a copy of the project, as it stands there.

A block says by its info string what it is: ``diff <file>`` changes a file, ``<language> <file>``
is a new one, with ``append`` the end of one that is there; ``console`` holds commands, and which
tests fail by then.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from .settings import ROOT

pytestmark = pytest.mark.processes

PAGE = ROOT / "docs/add-one-more.md"

BLOCK = re.compile(r"^```(\w+)[ ]?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)


class Block(NamedTuple):
    """One block of the page, and where it stands."""

    language: str
    about: str
    text: str
    line: int


def blocks() -> Iterator[Block]:
    """All blocks in their order."""
    page = PAGE.read_text(encoding="utf-8")
    for found in BLOCK.finditer(page):
        yield Block(found[1], found[2], found[3], page.count("\n", 0, found.start()) + 1)


def change(text: str, diff: str) -> str:
    """The text with the hunks of a diff applied, each of which fits in exactly one place."""
    for hunk in filter(None, re.split(r"^@@\n", diff, flags=re.MULTILINE)):
        lines = hunk.splitlines(keepends=True)
        before, after = (
            "".join(line[1:] or line for line in lines if not line.startswith(sign))
            for sign in "+-"
        )
        assert text.count(before) == 1, f"it stands there {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text


def write(block: Block, root: Path) -> None:
    """Do to the copy what a block with a file says."""
    name, _, mode = block.about.partition(" ")
    path = root / name
    if block.language == "diff":
        text = change(path.read_text(encoding="utf-8"), block.text)
    elif mode == "append":
        text = path.read_text(encoding="utf-8") + block.text
    else:
        assert not mode
        assert not path.exists(), f"{name} is there already"
        text = block.text
    path.write_text(text, encoding="utf-8")


def run(block: Block, root: Path) -> None:
    """Run the commands of a block; just those tests fail that it names."""
    commands = [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    expected = {line for line in block.text.splitlines() if not line.startswith("$ ")}
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "python"
        outcome = subprocess.run(
            [sys.executable, *arguments],
            cwd=root,
            env=environment(root),
            capture_output=True,
            text=True,
            timeout=100,
        )
        said = outcome.stdout + outcome.stderr
        failed = set(re.findall(r"^FAILED \S+", said, re.MULTILINE))
        assert failed == (expected if command is commands[-1] else set()), said
        assert outcome.returncode == bool(failed), said


def environment(root: Path) -> dict[str, str]:
    """Nothing of the run that this test is part of: its database, its coverage, its plugins."""
    foreign = ("COV", "PYTEST", "TEST_", "DJANGO_", "PYTHONPATH")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**own, "DEMO_DATABASE": str(root / "demo.sqlite3")}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project without what is hidden (.git, .venv, caches) or was made by running it."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.sqlite3*")
    return shutil.copytree(ROOT, tmp_path / "project", ignore=ignored)


def test_the_page_does_what_it_says(copy: Path) -> None:
    """Each step of the page can be taken, and its commands find just what it says they find."""
    made = set()
    for block in blocks():
        try:
            if block.language == "console":
                run(block, copy)
            else:
                write(block, copy)
                made.add(block.about.split()[0])
        except AssertionError as error:
            raise AssertionError(f"docs/add-one-more.md, line {block.line}: {error}") from error
    code = sorted(name for name in made if name.endswith(".py"))
    for style in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        subprocess.run([sys.executable, "-m", "ruff", *style, *code], cwd=copy, check=True)
