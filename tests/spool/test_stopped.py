"""A process that ends at any step of writing or taking in: nothing is lost, half or double."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from django_chakra import spool
from django_chakra.models import WebhookCall
from django_chakra.testing import calls
from tests.paths.processes import Child
from tests.posting import text

from .away import bodies, ends, grow_old, names, spooled

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.processes,
]

MOST_STEPS = 40
HOUR = 3600.0


class Spooling(Child):
    """A process that writes into the spool, or takes in."""

    module = "tests.spool.child"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_while_it_writes(folder: Path, tmp_path: Path, after: bool) -> None:
    """What was answered with 200 is taken in; what was not is whole, or is never taken in."""
    answers = tmp_path / "answers"
    seen = set()
    with Spooling(tmp_path / "heard", chakra=dict(settings.CHAKRA)) as child:
        for at in range(1, MOST_STEPS):
            answers.write_text("")
            WebhookCall.objects.all().delete()
            call = text(f"wamid.{at}")
            told = {"call": call, "at": at, "after": after, "answers": str(answers)}
            stopped = child.ask("stop_writing", **told)["stopped"]
            left = ends(folder)
            assert left in ([], ["tmp"], ["call"])
            seen.add(tuple(left))
            assert answers.read_text() == ("" if stopped else "200\n")
            assert spool.take_in() == left.count("call")
            assert bodies() == [calls.body(call)] * left.count("call")
            if not stopped:
                assert left == ["call"]
                break
            for name in names(folder):
                grow_old(folder / name, HOUR)
            spool.take_in()
            assert names(folder) == []
        else:
            raise AssertionError("the process never came to its end")
    # Neither too few steps to mean anything, nor only one outcome of them.
    assert at > 6
    assert seen == {(), ("tmp",), ("call",)}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_while_it_takes_in(folder: Path, tmp_path: Path, after: bool) -> None:
    """Whoever comes next, once the claim has run out, stores the call: once, and whole."""
    seen: set[str] = set()
    with Spooling(tmp_path / "heard", chakra=dict(settings.CHAKRA)) as child:
        for at in range(1, MOST_STEPS):
            spooled(folder, f"wamid.{at}")
            stopped = child.ask("stop_taking_in", at=at, after=after)["stopped"]
            seen.update(end.partition("-")[0] for end in ends(folder))
            for name in names(folder):
                grow_old(folder / name, HOUR)
            spool.take_in()
            assert names(folder) == []
            assert bodies() == [calls.body(text(f"wamid.{n}")) for n in range(1, at + 1)]
            if not stopped:
                break
        else:
            raise AssertionError("the process never came to its end")
    assert at > 6
    assert seen == {"call", "claim"}


def test_two_processes_take_in_one_folder(folder: Path, tmp_path: Path) -> None:
    """Two that start at one moment share the files: each becomes one row, and none is left."""
    count = 120
    options: dict[str, Any] = {"chakra": dict(settings.CHAKRA)}
    with (
        Spooling(tmp_path / "heard", **options) as one,
        Spooling(tmp_path / "heard", **options) as other,
    ):
        for child in (one, other):
            assert child.ask("take_in", at=0)["taken"] == 0  # both are up
        for n in range(count):
            spooled(folder, f"wamid.{n}")
        for child in (one, other):
            child.tell("take_in", at=time.monotonic() + 0.3)
        taken = [child.answer()["taken"] for child in (one, other)]
    assert sum(taken) == count
    assert min(taken) > 0
    assert bodies() == [calls.body(text(f"wamid.{n}")) for n in range(count)]
    assert names(folder) == []
