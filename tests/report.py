"""What all runs of one ``make test`` left out and counted, in one list at the end.

Each run of pytest adds JSON lines to the file named by ``TEST_RECORD``; ``python -m tests.report``
prints them. With ``CI=true`` a skipped test is a failure: there, nothing may be missing.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

RECORD = Path(".build/runs.jsonl")


class Recorder:
    """A pytest plugin: one line per skipped test or file, and one per run with its counts."""

    def __init__(self, path: Path, run: str) -> None:
        self.path = path
        self.run = run
        self.counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, "wasxfail"):
            return
        # A test passes in its call; it can fail or be skipped in its setup too.
        if report.when == "call" or not report.passed:
            self.counts[report.outcome] += 1
        if report.skipped:
            self._skipped(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.counts["skipped"] += 1
            self._skipped(report)
        elif report.failed:
            self.counts["failed"] += 1

    def pytest_sessionfinish(self) -> None:
        self._add({name: self.counts[name] for name in ("passed", "failed", "skipped")})

    def _skipped(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        self._add({"test": report.nodeid, "reason": reason.removeprefix("Skipped: ")})

    def _add(self, line: dict[str, Any]) -> None:
        with self.path.open("a") as record:
            record.write(json.dumps({"run": self.run, **line}) + "\n")


def main() -> int:
    """Print the skipped tests and the counts of every run; 1 if CI had to skip something."""
    lines = [json.loads(line) for line in RECORD.read_text().splitlines()]
    # By name, because the workers report in any order; the sort keeps the order of the runs.
    skips = sorted((line for line in lines if "test" in line), key=lambda line: line["test"])
    for reason, count in Counter(line["reason"] for line in skips).items():
        print(f"\nSkipped ({reason}), {count}:")
        for line in skips:
            if line["reason"] == reason:
                print(f"  {line['run']}  {line['test']}")
    print()
    for line in lines:
        if "passed" in line:
            print("{run}: {passed} passed, {failed} failed, {skipped} skipped".format(**line))
    if skips and os.environ.get("CI") == "true":
        print("CI=true allows no skipped tests.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
