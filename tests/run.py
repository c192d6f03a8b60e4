"""All tests, as ``make test`` runs them: on three databases.

With ``COVERAGE=true`` (``make coverage``) the branch coverage of two of them is measured, as one;
that takes a third longer, which CI has not.

Arguments go to pytest, in every run: ``python -m tests.run -k signature -x``.
"""

import os
import shutil
import subprocess
import sys
import time

import pytest

from . import report

COVERAGE = [sys.executable, "-m", "coverage"]
# Where there are tests that wait, of the client, the demo, of processes that are killed, a third
# worker fills the gaps.
RUNS = {
    "sqlite": ["-n", "3", "--dist", "worksteal"],
    "postgresql": ["-n", "3", "--dist", "worksteal", "-m", "databases"],
    "mariadb": ["-n", "2", "--dist", "worksteal", "-m", "databases"],
}
#: CI has a quarter of an hour. Where so many seconds have gone, MariaDB takes what differs between
#: databases most: what is merged, and who meets whom.
CI_SECONDS = 600
CI_MARIADB = [
    "tests/record/test_merge.py",
    "tests/record/test_people.py",
    "tests/send/test_send.py",
]
MEASURING = os.environ.get("COVERAGE") == "true"
#: What only MariaDB comes to are a few lines.
MEASURED = ("sqlite", "postgresql") if MEASURING else ()


def call(*command: str, **environment: str) -> int:
    """Run a command with these variables added, and give its exit code."""
    sys.stdout.flush()
    return subprocess.run(command, env={**os.environ, **environment}).returncode


def run(database: str, chosen: list[str], arguments: list[str]) -> bool:
    """Whether all tests passed; that there were none is good only if one chose among them."""
    print(f"\n--- {database} ---")
    runner = [*COVERAGE, "run"] if database in MEASURED else [sys.executable]
    code = call(
        *runner, "-m", "pytest", "-q", *chosen, *arguments,
        TEST_DATABASE=database,
        TEST_RECORD=str(report.RECORD),
    )  # fmt: skip
    return code == 0 or (bool(arguments) and code == pytest.ExitCode.NO_TESTS_COLLECTED)


def main(arguments: list[str]) -> int:
    started = time.monotonic()
    shutil.rmtree(report.RECORD.parent / "coverage", ignore_errors=True)
    report.RECORD.unlink(missing_ok=True)
    report.RECORD.parent.mkdir(exist_ok=True)
    # Every run, also after one that failed: a fault on one database is easier to read beside the
    # two others.
    results = {}
    for name, chosen in RUNS.items():
        gone = time.monotonic() - started
        is_late = os.environ.get("CI") == "true" and gone > CI_SECONDS and not arguments
        if name == "mariadb" and is_late:
            print(f"\n{gone:.0f} s have gone: on MariaDB only {', '.join(CI_MARIADB)}")
            results[name] = run(name, chosen, CI_MARIADB)
        else:
            results[name] = run(name, chosen, arguments)
    if MEASURING:
        print("\n--- coverage of all runs ---")
        call(*COVERAGE, "combine", "--quiet")
        # A part of the tests covers a part of the package; only the whole has to reach the limit.
        limit = ["--fail-under=0"] if arguments else []
        results["coverage"] = call(*COVERAGE, "report", *limit) == 0
    results["skipped tests"] = report.main() == 0
    failed = ", ".join(name for name, good in results.items() if not good)
    outcome = f"Failed: {failed}" if failed else "All good"
    print(f"{outcome}, in {time.monotonic() - started:.0f} s.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
