"""Every shape that the platform posts is read as what it is, and leaves the right rows."""

from typing import Any

import pytest

from django_chakra.events import READERS, UnknownEvent, read
from django_chakra.testing import calls, samples
from tests.posting import post, process_all

from .reading import left, numbers, ordered, table

TABLE = table()


def test_every_sample_has_its_row() -> None:
    """The table and the samples name each other."""
    assert sorted(TABLE) == samples.names()


def test_every_reader_has_a_sample() -> None:
    """Each reader is called by at least one sample that is named after its field or event."""
    named = {(name.split("/")[0], name.split("/")[1].split("__")[0]) for name in samples.names()}

    wanted = {(form, field if field != "*" else "messages") for form, field, _ in READERS}

    assert wanted - named == set()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_it_is_read_as_what_it_is(name: str) -> None:
    """A sample gives the events of its row; unknown ones only where its name says so."""
    found = read(calls.body(name))

    assert [f"{type(event).__name__} {event.kind}" for event in found] == TABLE[name]["events"]
    for event in found:
        assert event.kind in type(event).KINDS
        assert event.raw
        if not {"unknown", "future"} & set(name.replace("__", "_").split("_")):
            assert type(event) is not UnknownEvent


@pytest.mark.django_db
@pytest.mark.databases
@pytest.mark.parametrize("name", sorted(TABLE))
def test_it_leaves_the_right_rows(name: str) -> None:
    """A sample posted to the real view leaves exactly the rows that the table says."""
    assert post(calls.body(name)).status_code == 200
    process_all()

    expected: dict[str, Any] = TABLE[name]
    for part, rows in left("default").items():
        assert rows == ordered(expected.get(part, [])), part
    wanted = expected.get("numbers", [])
    assert numbers("default", wanted) == wanted
