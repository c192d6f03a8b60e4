"""What a run came to, for people and in JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tests.crash.verdict import Verdict

from .run import Run, Watched
from .samples import Course, courses

#: Memory is flat when its last third is no larger than this many times the third before, or by no
#: more than this many MiB: allocators breathe.
GROWTH, ROOM = 1.04, 6.0
#: What a burst may take at its height, beyond what was taken before, of each program, in MiB.
BURST_ROOM = 150.0


def result(run: Run, found: Watched, verdict: Verdict) -> dict[str, Any]:
    """All of it, as plain data."""
    programs = courses(found.samples)
    wrong = problems(run, found, programs)
    return {
        "run": asdict(run),
        "programs": {name: asdict(course) for name, course in programs.items()},
        "backlog": found.backlog,
        "seconds to rest": round(found.seconds_to_rest, 1),
        "answers": {
            "a second": round(found.rate, 1),
            "p99 in ms": round(found.p99 * 1000, 1),
            "slowest in ms": round(found.slowest * 1000, 1),
        },
        "counts": verdict.counts,
        "faults": {name: len(cases) for name, cases in verdict.faults.items()},
        "problems": wrong,
        "good": verdict.is_good and not wrong,
    }


def problems(run: Run, found: Watched, programs: dict[str, Course]) -> list[str]:
    """What is not as it should be."""
    wrong = list(found.unasked)
    if not found.came_to_rest:
        wrong.append("the backlog is not empty")
    for name, course in programs.items():
        if run.burst and course.peak > course.first + BURST_ROOM:
            wrong.append(f"{name} took {course.peak:.0f} MiB at its height")
        if run.burst:
            continue
        if course.last > max(course.first * GROWTH, course.first + ROOM):
            wrong.append(f"{name} grows: {course.first:.1f} to {course.last:.1f} MiB")
        if course.connections[0] != course.connections[1]:
            wrong.append(f"{name} had {course.connections} connections")
    return wrong


def text(of: dict[str, Any]) -> str:
    """The report."""
    run = of["run"]
    what = "a burst" if run["burst"] else f"{run['minutes']:g} minutes"
    lines = [f"\n{run['database']} and {run['broker'] or 'no broker'}, {what}\n"]
    lines.append("| | MiB, before | MiB, last | peak | MiB an hour | connections | open files |")
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, course in of["programs"].items():
        lines.append(
            f"| {name} | {course['first']:.1f} | {course['last']:.1f} | {course['peak']:.1f} "
            f"| {course['slope']:+.1f} | {_between(course['connections'])} "
            f"| {_between(course['files'])} |"
        )
    lines.append("")
    lines += [f"  {name:<42} {value:>8}" for name, value in of["answers"].items()]
    lines.append(f"  {'most calls that waited':<42} {of['backlog']:>8}")
    lines.append(f"  {'seconds until nothing was left':<42} {of['seconds to rest']:>8}")
    lines += [f"  {name:<42} {value:>8}" for name, value in of["counts"].items()]
    lines += [f"  {name:<42} {value:>8}" for name, value in of["faults"].items()]
    lines += [f"  {problem}" for problem in of["problems"]]
    lines.append("  All good." if of["good"] else "  FAILED.")
    return "\n".join(lines)


def _between(values: list[int] | tuple[int, int]) -> str:
    low, high = values
    return str(low) if low == high else f"{low}–{high}"
