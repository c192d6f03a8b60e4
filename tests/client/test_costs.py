"""What the client costs: to import, to hold, to install. Each in a process of its own."""

import importlib.metadata
import json
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

import django_chakra

from .misbehaving import GOOD, TOKEN, Server, endless

pytestmark = pytest.mark.processes

ROOT = Path(django_chakra.__file__).parents[1]


def child(code: str, *args: object, python: str = sys.executable) -> Any:
    """What a process prints as JSON."""
    run = subprocess.run(
        [python, "-c", code, *map(str, args)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


IMPORT = """
import json, time
import requests
before = time.process_time()
import django_chakra.client
print(json.dumps(time.process_time() - before))
"""


def test_the_import_costs_less_than_150_ms_beyond_requests_itself() -> None:
    # Time of the processor, and the best of five: others may use this machine as well.
    assert min(child(IMPORT) for _ in range(5)) < 0.150


ALL = """
import json, sys
from django_chakra.client import Chakra
before = sorted(name for name in sys.modules if name.startswith("django_chakra.client."))
chakra = Chakra(token="x")
chakra.media
print(json.dumps([before, [name for name in sys.modules if name.split(".")[0] == "django"]]))
"""


def test_a_resource_is_imported_when_it_is_first_used_and_nothing_of_django_ever() -> None:
    before, django = child(ALL)
    assert "django_chakra.client.media" not in before
    assert django == []


MEMORY = """
import json, resource, sys
from django_chakra.client import Chakra

class Nowhere:
    size = 0
    def write(self, data):
        self.size += len(data)

to = Nowhere()
chakra = Chakra(token="x", base_url=sys.argv[1])
chakra.request("GET", "/v1/health")
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = chakra.media.show("9199000", to=to, limit=300 * 2**20)
more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle
print(json.dumps([found.size, to.size, more]))
"""


def test_a_download_of_200_mb_holds_less_than_10_mb_more_than_an_idle_client() -> None:
    size = 200 * 2**20
    with Server(GOOD, endless(b"x" * 2**20, 0, "video/mp4", size)) as server:
        told, written, more = child(MEMORY, server.url)
    assert told == written == size
    # Kilobytes on Linux, bytes on a Mac.
    assert more < 10 * (2**20 if sys.platform == "darwin" else 2**10)


def needed(name: str) -> set[str]:
    """A distribution and all that it needs, without extras."""
    found = {name}
    for line in importlib.metadata.requires(name) or ():
        if "extra ==" not in line and (other := re.match(r"[\w.-]+", line)):
            found |= needed(other[0].lower())
    return found


USE = """
import io, json, sys
try:
    import django
except ModuleNotFoundError:
    django = None
from django_chakra.client import Chakra
from django_chakra.exceptions import ConfigurationError
with Chakra(token=sys.argv[2], base_url=sys.argv[1], plugin_id="plugin") as chakra:
    data = chakra.request("GET", "/v1/health")
    shown = chakra.media.show("9199000", to=io.BytesIO())
print(json.dumps([django is None, data, shown.size]))
"""


def test_the_client_works_where_django_is_not_installed(tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=False)
    site = next(tmp_path.glob("lib/python*/site-packages"))
    for name in needed("requests"):
        for file in importlib.metadata.files(name) or ():
            top = site / file.parts[0]
            if len(file.parts) > 1 and file.parts[0] != ".." and not top.exists():
                top.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 2])
    (site / "django_chakra").symlink_to(ROOT / "django_chakra")
    with Server(GOOD) as server:
        python = tmp_path / "bin" / "python"
        run = subprocess.run(
            [python, "-I", "-c", USE, server.url, TOKEN],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
    without, data, size = json.loads(run.stdout)
    assert without
    assert data == {"ok": True}
    assert size > 0
