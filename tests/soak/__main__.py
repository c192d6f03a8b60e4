"""``python -m tests.soak``: half an hour of steady work; ``--burst``: a minute of ten times that.

Ends with 1 if memory grows, connections change, anything is left, or anything was lost.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.stack.progress import end_well, say
from tests.stack.running import Site, keep_logs

from . import report
from .run import Run, Watched, watched


def main() -> int:
    """Run what the options say, and print the report."""
    end_well()
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--burst", action="store_true", help="ten times the rate for a minute")
    parser.add_argument("--minutes", type=float, default=Run.minutes)
    parser.add_argument("--rate", type=float, default=Run.rate, help="calls a second")
    parser.add_argument("--seed", type=int, default=Run.seed)
    parser.add_argument("--database", default=Run.database)
    parser.add_argument("--broker", default=Run.broker, help='"" for workers without one')
    options = vars(parser.parse_args())
    file = options.pop("json")
    run = Run(**options)

    def look(site: Site, found: Watched) -> dict[str, Any]:
        from tests.crash.truth import compare
        from tests.stack.hearing import heard

        verdict = compare(site.fake, list(heard(site.folder / "heard")), [])
        seen = report.result(run, found, verdict)
        if not seen["good"]:
            print(f"The logs are in {keep_logs(site.folder)}", file=sys.stderr)
        return seen

    seen = watched(run, say, look)
    say("")
    print(report.text(seen), flush=True)
    if file:
        Path(file).write_text(json.dumps(seen))
    return 0 if seen["good"] else 1


if __name__ == "__main__":
    sys.exit(main())
