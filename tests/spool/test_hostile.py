"""Whatever lies in the folder: what is no whole file of ours is set aside, and holds nobody up."""

import hashlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from django_chakra import spool
from django_chakra.models import WebhookCall
from django_chakra.testing import calls
from tests.posting import post, text

from .away import away, bodies, ends, names, spooled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

UID = "0" * 31 + "1"
BODY = calls.body(text("wamid.hostile"))
LINE = {
    "form": "django-chakra spool 1",
    "uid": UID,
    "account": "default",
    "received_at": "2026-01-02T03:04:05+00:00",
    "signature": "",
    "length": len(BODY),
    "sha256": hashlib.sha256(BODY).hexdigest(),
}


def content(body: bytes = BODY, **changes: Any) -> bytes:
    """A file as the spool writes it, but for these."""
    return json.dumps({**LINE, **changes}).encode() + b"\n" + body


def _changes(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{key: value} for key, value in pairs]


def put(folder: Path, written: bytes, *, size: int | None = None, uid: str = UID) -> Path:
    """A file under a name that says that it waits, before all others."""
    size = len(written) if size is None else size
    file = folder / f"20000102T030405.000000Z-{uid}-{size}-0.call"
    file.write_bytes(written)
    return file


def assert_set_aside(folder: Path, why: str) -> None:
    """The hostile file is there under another name, whole; the call behind it was stored."""
    good = spooled(folder, "wamid.good")
    assert spool.take_in() == 1, good
    assert bodies() == [calls.body(text("wamid.good"))]
    assert ends(folder) == [f"aside-{why}"]
    # Nor does it hold up the next one.
    spooled(folder, "wamid.next")
    assert spool.take_in() == 1


def test_the_file_of_these_tests(folder: Path) -> None:
    """Without a change it is taken in: what follows is set aside for its change alone."""
    put(folder, content())
    assert spool.take_in() == 1
    assert bodies() == [BODY]


WHOLE = content()


@pytest.mark.parametrize("length", [0, 1, 50, WHOLE.index(b"\n"), WHOLE.index(b"\n") + 1, -1])
@pytest.mark.parametrize("named", ["its size", "another size"])
def test_a_torn_file(folder: Path, length: int, named: str) -> None:
    """A file that broke off anywhere, whatever its name says, is torn."""
    file = put(folder, WHOLE[:length], size=None if named == "its size" else len(WHOLE))
    written = file.read_bytes()
    assert_set_aside(folder, "torn")
    (aside,) = (folder / name for name in names(folder) if "aside" in name)
    assert aside.read_bytes() == written


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (WHOLE[:-1] + b"!", "torn"),
        (WHOLE + b"more", "torn"),
        (b"\0" * 500, "torn"),
        (b"[]\n{}", "foreign"),
        (b"{}\n{}", "foreign"),
        (b"[" * 5000 + b"\n{}", "foreign"),
        (b'{"form": ' + b"9" * 5000 + b"}\n{}", "foreign"),
        (b" " * 9000 + WHOLE, "foreign"),
        (b"\xff\xfe\n{}", "foreign"),
        (content(form="django-chakra spool 2"), "foreign"),
        (content(length="9"), "torn"),
        (content(sha256=None), "torn"),
        *[
            (content(**changes), "foreign")
            for changes in _changes(
                ("uid", "x"), ("uid", None), ("uid", 7), ("uid", "0" * 32),
                ("account", "a b"), ("account", "x" * 65), ("account", None), ("account", ["a"]),
                ("received_at", "today"), ("received_at", None), ("received_at", 1e9),
                ("received_at", "2026-01-02T03:04:05"), ("signature", None),
                ("received_at", "0001-01-01T00:00:00+14:00"),
                ("received_at", "9999-12-31T23:59:59-12:00"),
            )
        ],
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours(folder: Path, written: bytes, why: str) -> None:
    """What has one of our names and not our form is set aside, with the reason in its name."""
    put(folder, written)
    assert_set_aside(folder, why)


def test_a_header_that_no_column_holds(folder: Path) -> None:
    """What a row can't hold of the headers is cut or replaced, as in the view."""
    put(folder, content(signature="\0\ud800" + "é" * 600))
    assert spool.take_in() == 1
    assert len(WebhookCall.objects.get().signature) == 512


def link_outside(file: Path) -> None:
    file.symlink_to("/etc/hostname")


def link_to_itself(file: Path) -> None:
    file.symlink_to(file.name)


def pipe(file: Path) -> None:
    os.mkfifo(file)


def plug(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(file.parent)  # such a name may not be long
        try:
            made.bind("s")
        finally:
            os.chdir(here)
    (file.parent / "s").rename(file)


@pytest.mark.parametrize("make", [link_outside, link_to_itself, pipe, plug, Path.mkdir])
def test_what_is_no_file(folder: Path, make: Callable[[Path], None]) -> None:
    """Links are not followed, pipes not waited for; folders and sockets are no calls either."""
    file = put(folder, content())
    file.unlink()
    make(file)
    assert_set_aside(folder, "foreign")


def test_a_file_that_is_too_long(settings: Any, folder: Path) -> None:
    """A file larger than any body is not read into memory."""
    size = 2**36
    settings.CHAKRA = {**settings.CHAKRA, "SPOOL_MAX_BYTES": 2 * size}
    with put(folder, b"", size=size).open("wb") as file:
        file.truncate(size)
    assert_set_aside(folder, "too_long")


def test_names_that_are_not_ours(folder: Path) -> None:
    """Other names are neither taken in nor touched."""
    others = [
        "README", ".hidden.call", "lost+found", f"{UID}.call", "a\nb.call", "é.call",
        f"20000102T030405.000000Z-{UID}-007-0.call", f"20000102T030405.000000Z-{UID}-1-0.CALL",
        f"20000102T030405.000000Z-{UID}-1-0.call.bak", f"20000102T030405.000000Z-{UID}-1-0.call\n",
    ]  # fmt: skip
    for name in others:
        (folder / name).write_bytes(content())
    (folder / os.fsdecode(b"\xff.call")).write_bytes(content())
    before = names(folder)
    spooled(folder, "wamid.good")
    assert spool.take_in() == 1
    assert names(folder) == before


def test_nothing_of_the_folder_changes_a_row(folder: Path) -> None:
    """A file with the uid of a call that is there changes nothing of its row."""
    post(text("wamid.A"))
    before = WebhookCall.objects.values().get()
    uid = before["uid"].hex
    put(folder, content(uid=uid, account="other"), uid=uid)
    spool.take_in()
    assert WebhookCall.objects.values().get() == before


def test_two_that_are_set_aside_under_one_name(folder: Path) -> None:
    """What was set aside is never written over, whatever comes after it."""
    for n in range(3):
        put(folder, b"%d" % n)
        spool.take_in()
    assert sorted((folder / name).read_bytes() for name in names(folder)) == [b"0", b"1", b"2"]


def test_hostile_names_fill_no_more_than_the_spool(settings: Any, folder: Path) -> None:
    """A name that claims a huge size can stop new calls with a clear 503, and nothing else."""
    put(folder, content(), size=10**11)
    with away():
        response = post(text("wamid.A"))
    assert (response.status_code, response.content) == (
        503, b"can't be stored: the spool is full",
    )  # fmt: skip
    assert post(text("wamid.A")).status_code == 200
