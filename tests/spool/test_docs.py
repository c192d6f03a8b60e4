"""What docs/operate.md says of the spool can be done as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from django_chakra import spool

from .away import bodies, ends, names, spooled

pytestmark = [pytest.mark.django_db(transaction=True)]

OPERATE = (settings.ROOT / "docs/operate.md").read_text()


def test_what_was_set_aside_is_tried_again(folder: Path) -> None:
    """The command gives every file that was set aside its first name back, and no other a new."""
    for n, why in enumerate(("torn-0a1b2c3d", "DataError-00000000")):
        file = spooled(folder, f"wamid.{n}")
        file.rename(str(file).replace("-0.call", f"-{n * 9}.aside-{why}"))
    spooled(folder, "wamid.2")
    (command,) = re.findall(r"^\$ cd /var/spool/chakra && (.+)$", OPERATE, re.MULTILINE)
    subprocess.run(["bash", "-c", command], cwd=folder, check=True)
    assert ends(folder) == ["call"] * 3
    assert spool.take_in() == 3
    assert len(bodies()) == 3
    assert names(folder) == []


def test_answers_are_those_in_the_docs() -> None:
    """Each reason that a call may get with 503 stands in the table."""
    source = (settings.ROOT / "django_chakra/spool/files.py").read_text()
    reasons = set(re.findall(r'NotSpooled\("(.+?)"\)', source))
    assert len(reasons) == 3
    assert {f"| `can't be stored: {one}` |" in OPERATE for one in reasons} == {True}


def test_the_ends_of_names_are_those_in_the_docs(folder: Path) -> None:
    """Each end that a name may have stands in the table; this one is written by a call."""
    said = re.findall(r"^\| `\.(\w+)", OPERATE.split("### What is in the folder")[1], re.MULTILINE)
    assert said == ["call", "tmp", "claim", "aside"]
    assert spooled(folder, "wamid.A").suffix == f".{said[0]}"
