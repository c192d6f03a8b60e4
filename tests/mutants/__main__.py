"""Make each fault in a copy of the tree, and see which test finds it: ``python -m tests.mutants``.

Arguments choose faults by a part of their words. Exit code 1 when one survives, or when a line is
no longer found exactly once: then the fault must follow the code.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from .fault import Fault
from .faults import FAULTS, LAST, TESTS

ROOT = Path(__file__).resolve().parents[2]
#: Copies that are worked in at the same time.
AT_ONCE = 2
SECONDS = 600

_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.sqlite3*", "benchmarks", "docs")
_FOUND_BY = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - |$)", re.MULTILINE)
_PASSED = re.compile(r"\b[1-9]\d* passed")


class Outcome(NamedTuple):
    """What became of one fault: the test that found it, or why none did."""

    fault: Fault
    found_by: str
    trouble: str = ""


def main(words: list[str]) -> int:
    """Run all that are chosen; print the table."""
    started = time.monotonic()
    chosen = [
        (part, fault)
        for part, faults in FAULTS.items()
        for fault in faults
        if not words or any(word in f"{part}: {fault.says}" for word in words)
    ]
    if lost := [fault for _, fault in chosen if _times(fault) != 1]:
        for fault in lost:
            print(f"{fault.path} has {_times(fault)} times, and not once: {fault.old}")
        return 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        outcomes = _all(chosen, Path(place))
    survived = [outcome for outcome in outcomes if not outcome.found_by]
    print(f"\n{len(outcomes) - len(survived)} of {len(outcomes)} faults were found, ", end="")
    print(f"in {time.monotonic() - started:.0f} s.")
    for outcome in survived:
        print(f"\nNOT FOUND: {outcome.fault.says} ({outcome.fault.path})\n{outcome.trouble}")
    return 1 if survived or not outcomes else 0


def _all(chosen: list[tuple[str, Fault]], place: Path) -> list[Outcome]:
    """Without any fault first: tests that fail anyway would find everything."""
    copies: SimpleQueue[Path] = SimpleQueue()
    for number in range(AT_ONCE):
        copies.put(shutil.copytree(ROOT, place / f"copy{number}", ignore=_LEFT_OUT))

    def sound(group: tuple[str, str]) -> str:
        part, database = group
        result = _run(copies, None, part, database)
        return "" if result.passed else f"{part} on {database}:\n{result.output[-1500:]}"

    def one(numbered: tuple[int, tuple[str, Fault]]) -> Outcome:
        number, (part, fault) = numbered
        result = _run(copies, fault, part, fault.database)
        outcome = Outcome(fault, result.found_by, result.output[-1500:])
        words = outcome.found_by or "NOT FOUND"
        print(f"{number:2} {part}: {fault.says}\n     -> {words}", flush=True)
        return outcome

    with ThreadPoolExecutor(AT_ONCE) as pool:
        groups = sorted({(part, fault.database) for part, fault in chosen})
        if broken := sorted(filter(None, pool.map(sound, groups))):
            raise SystemExit("\n".join(["Tests fail, or are missing, without a fault.", *broken]))
        return list(pool.map(one, enumerate(chosen, 1)))


class Result(NamedTuple):
    """What pytest said."""

    passed: bool
    found_by: str
    output: str


def _run(copies: "SimpleQueue[Path]", fault: Fault | None, part: str, database: str) -> Result:
    """Run the tests of a part in a copy, with the fault in it or without any."""
    copy = copies.get()
    path = copy / "django_chakra" / fault.path if fault else None
    original = path.read_text() if path else ""
    try:
        if path and fault:
            path.write_text(original.replace(fault.old, fault.new))
        return _pytest(copy, part, database)
    finally:
        if path:
            path.write_text(original)
        copies.put(copy)


def _pytest(copy: Path, part: str, database: str) -> Result:
    if not _tests(part):
        return Result(False, "", "no tests")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *_tests(part), "-x", "-q", "--no-header", "-rfE"),
            *("-p", "no:xdist", "-p", "no:cacheprovider", "--tb=line", "--timeout=60"),
        ],
        cwd=copy,
        env={
            **os.environ,
            "TEST_DATABASE": database,
            "TEST_DATABASE_NAME": f"mutants_{os.getpid()}_{copy.name}",
            # Python tells by time and size whether a file changed; a fault may keep both.
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    found = _FOUND_BY.search(done.stdout)
    # Code 1: tests ran and one failed; anything else is no finding of a test.
    found_by = found[1] if found and done.returncode == 1 else ""
    passed = done.returncode == 0 and bool(_PASSED.search(done.stdout))
    return Result(passed, found_by, done.stdout + done.stderr)


def _tests(part: str) -> list[str]:
    return [path for path in [*TESTS[part], LAST] if (ROOT / path).exists()]


def _times(fault: Fault) -> int:
    return (ROOT / "django_chakra" / fault.path).read_text().count(fault.old)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
