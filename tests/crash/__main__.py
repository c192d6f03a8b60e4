"""``python -m tests.crash``: all plays, 15 minutes; with ``--database``, one of them.

Ends with 1 if anything was lost, doubled, missed or out of order, or if a step was hit too seldom.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from tests.stack.progress import end_well, say
from tests.stack.running import Site, keep_logs

from . import report
from .play import Play, Played, played

#: The last two are smaller: what differs between databases has tests of its own.
PLAYS = (
    Play(database="postgresql", broker="redis", seconds=160),
    Play(database="postgresql", broker="rabbitmq", seconds=160),
    Play(database="postgresql", seconds=160),
    Play(database="mariadb", calls=1500, seconds=70),
    Play(database="sqlite", calls=1000, seconds=70),
)


def one(play: Play) -> dict[str, Any]:
    """Play it here, and look at what came of it."""

    def look(site: Site, done: Played) -> dict[str, Any]:
        from tests.stack.hearing import heard

        from .truth import compare

        verdict = compare(site.fake, list(heard(site.folder / "heard")), done.kills)
        found = report.result(play, done, verdict)
        if not found["good"]:
            print(f"The logs are in {keep_logs(site.folder)}", file=sys.stderr)
        return found

    return played(play, say, look)


def apart(play: Play) -> dict[str, Any]:
    """Play it in a process of its own: settings are read once."""
    given = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(play).items()]
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, "-m", "tests.crash", *given, f"--json={file.name}"]
        with subprocess.Popen(command) as process:
            try:
                process.wait()
            finally:
                # It ends what it started; killed, it could not.
                process.terminate()
        written = Path(file.name).read_text()
    found: dict[str, Any] = json.loads(written) if written else {}
    return found


def main() -> int:
    end_well()
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--json", help="write the result there")
    for field in fields(Play):
        kind = {"int": int, "float": float}.get(str(field.type), str)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind)
    options = vars(parser.parse_args())
    file = options.pop("json")
    chosen = {name: value for name, value in options.items() if value is not None}
    if "database" in chosen:
        found = one(Play(**chosen))
        say("")
        print(report.text(found), flush=True)
        if file:
            Path(file).write_text(json.dumps(found))
        return 0 if found["good"] else 1
    results = [apart(replace(play, **chosen)) for play in PLAYS]
    complete = [found for found in results if found]
    print(f"\n{report.table(complete)}")
    return 0 if len(complete) == len(PLAYS) and all(of["good"] for of in complete) else 1


if __name__ == "__main__":
    sys.exit(main())
