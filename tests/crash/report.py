"""What a play came to, for people and, in JSON, for the table of several plays."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from .killer import ENOUGH
from .play import Play, Played
from .steps import NAMES
from .verdict import Verdict

#: Cases of a fault that are named.
NAMED = 5


def result(play: Play, done: Played, verdict: Verdict) -> dict[str, Any]:
    """All of it, as plain data."""
    return {
        "name": play.name,
        "play": asdict(play),
        "seconds": {name: round(value, 1) for name, value in done.seconds.items()},
        "kills": dict(Counter(kill.what for kill in done.kills)),
        "steps": _steps(done),
        "counts": {**verdict.counts, "deaf workers started again": len(done.deaf)},
        "faults": {name: len(cases) for name, cases in verdict.faults.items()},
        "cases": {name: cases[:NAMED] for name, cases in verdict.faults.items() if cases},
        "problems": problems(done),
        "good": verdict.is_good and not problems(done),
    }


def problems(done: Played) -> list[str]:
    """Why the run shows nothing, or the site did not do what it should."""
    found = [
        f"only {n} kills in the step {step!r}: {ENOUGH} are needed"
        for step, n in _steps(done).items()
        if n < ENOUGH
    ]
    if not done.came_to_rest:
        found.append("it did not come to rest")
    return found + done.unasked


def _steps(done: Played) -> dict[str, int]:
    found = Counter(step for kill in done.kills for step in kill.steps)
    return {step: found[step] for step in NAMES}


def text(of: dict[str, Any]) -> str:
    """One play, a line for each number."""
    lines = [f"\n{of['name']}, seed {of['play']['seed']}"]
    lines += [_line(f"seconds {name}", value) for name, value in of["seconds"].items()]
    lines += [_line(f"killed: {name}", n) for name, n in sorted(of["kills"].items())]
    lines += [_line(f"killed in {name}", n) for name, n in of["steps"].items()]
    lines += [_line(name, n) for name, n in of["counts"].items()]
    for name, n in of["faults"].items():
        lines.append(_line(name, n) + ("  <-- must be 0" if n else ""))
        lines += [f"      {case}" for case in of["cases"].get(name, [])]
    lines += [f"  {problem}" for problem in of["problems"]]
    lines.append("  All good." if of["good"] else "  FAILED.")
    return "\n".join(lines)


def _line(name: str, value: object) -> str:
    return f"  {name:<42} {value:>8}"


#: Rows of the table, and where in a result their number stands.
TABLE = {
    "calls posted": ("counts", "calls posted"),
    "answered 200": ("counts", "answered 200"),
    "no answer (server killed)": ("counts", "no answer"),
    **{f"killed in {step}": ("steps", step) for step in NAMES},
    "deaf Celery workers": ("counts", "deaf workers started again"),
    "calls lost": ("faults", "calls lost"),
    "messages or statuses lost": ("faults", "messages lost"),
    "doubled rows": ("faults", "messages doubled"),
    "receivers that missed": ("faults", "receivers that missed"),
    "order violations": ("faults", "order violations"),
    "sent twice": ("faults", "sent twice"),
    "tellings due": ("counts", "tellings due"),
    "doubled announcements": ("counts", "doubled announcements"),
    "of them for no reason": ("faults", "told again for no reason"),
}


def table(results: list[dict[str, Any]]) -> str:
    """Several plays side by side, in Markdown."""
    names = [of["name"] for of in results]
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(results)]
    for title, (part, key) in TABLE.items():
        values = (f"{_sum(of, part, key):,}" for of in results)
        lines.append(f"| {title} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def _sum(of: dict[str, Any], part: str, key: str) -> int:
    """Rows of calls, messages and statuses count together."""
    together = {
        "messages doubled": ("calls doubled", "messages doubled", "statuses doubled"),
        "messages lost": ("messages lost", "statuses lost"),
    }
    return sum(int(of[part].get(name, 0)) for name in together.get(key, (key,)))
