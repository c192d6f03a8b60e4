"""The comparisons in under three minutes, as a Markdown table: ``make bench-quick``.

Only ratios mean anything: the figures beside them are of this machine, on this day.
"""

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")


@contextmanager
def database() -> Iterator[str]:
    """A database of its own for this run, dropped at the end; yields its name."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
    try:
        yield str(connection.settings_dict["NAME"])
    finally:
        teardown_databases(made, verbosity=0)


def acknowledging(name: str) -> list[str]:
    """The rows of the table for taking calls."""
    from . import acknowledge

    results = acknowledge.measure(name)
    rows = []
    for words, attribute, unit, scale in (
        ("acknowledge: throughput", "throughput", "calls/s", 1),
        ("acknowledge: p50", "p50", "ms", 1000),
        ("acknowledge: p99", "p99", "ms", 1000),
    ):
        ours, floor = (
            f"{median(getattr(one, attribute) for one in results[side]) * scale:.1f} {unit}"
            for side in (acknowledge.OURS, acknowledge.FLOOR)
        )
        ratio = acknowledge.ratios(results, attribute)
        goal = "≥ 0.95" if attribute == "throughput" else ""
        rows.append(f"| {words} | {ours} | floor {floor} | {ratio:.2f} | {goal} |")
    return rows


def draining() -> list[str]:
    """The row of the table for working through what is stored."""
    from . import drain, mix

    ours, naive = drain.measure()
    fast, slow = (f"{mix.CALLS / seconds:.0f} calls/s" for seconds in (ours, naive))
    name = f"drain {mix.CALLS:,} stored calls"
    return [f"| {name} | {fast} | naive {slow} | {naive / ours:.1f} | ≥ 15 |"]


def waiting(name: str) -> list[str]:
    """The rows of the table for how long a call waits for its receivers."""
    from . import latency

    waits = latency.measure(name)
    slowest = waits[-1]
    return [
        f"| stored to announced: p50 | {median(waits):.2f} s | | | |",
        f"| stored to announced: slowest of {len(waits)} | {slowest:.2f} s | | | < 1 s |",
    ]


def main() -> int:
    """Run all and print the table."""
    import django

    django.setup()
    from django.db import connection

    from .settings import DATABASE

    started = time.monotonic()
    with database() as name:
        rows = [*acknowledging(name), *waiting(name), *draining()]
        system = f"{DATABASE} {'.'.join(map(str, connection.get_database_version()))}"
    print("| what | ours | beside | ratio | goal |", "|---|---|---|---|---|", *rows, sep="\n")
    print(
        f"\nPython {platform.python_version()}, Django {django.get_version()}, {system}, "
        f"{os.cpu_count()} cores; {time.monotonic() - started:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
