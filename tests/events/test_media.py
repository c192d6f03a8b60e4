"""Which files a message has."""

import base64
import hashlib
from typing import Any

import pytest

from django_chakra import events
from django_chakra.events.media import KINDS, MAX_URL, files_of, sha256_hex
from django_chakra.testing import calls, samples

DIGEST = hashlib.sha256(b"a file")
HEX, BASE64 = DIGEST.hexdigest(), base64.b64encode(DIGEST.digest()).decode()


def files(word: str, part: Any) -> Any:
    return files_of({"type": word, word: part})


@pytest.mark.parametrize("word", KINDS)
def test_media_is_a_file(word: str) -> None:
    """Its slot is the message's type, and it has what the message says of it."""
    part = {"id": "900", "mime_type": "a/b; c", "sha256": BASE64, "filename": "x.y", "url": "https"}
    assert files(word, part) == ((word, "900", "https", "a/b; c", HEX, "x.y"),)


@pytest.mark.parametrize(
    "text",
    [HEX, HEX.upper(), f" {HEX}\n", BASE64, BASE64.rstrip("="),
     base64.urlsafe_b64encode(DIGEST.digest()).decode()],
)  # fmt: skip
def test_a_digest_in_any_spelling(text: str) -> None:
    """Hexadecimal digits or base64, of either alphabet, with padding or without."""
    assert sha256_hex(text) == HEX


@pytest.mark.parametrize(
    "value", ["", "abc", HEX[:-1], HEX + "0", BASE64[:-4], "=" * 44, "é" * 44, None, 7, [HEX], {}]
)
def test_what_is_no_digest(value: object) -> None:
    """Anything else names none."""
    assert sha256_hex(value) == ""


def test_files_of_ours() -> None:
    """Headers of templates and of buttons, where the platform has the file and not a link."""
    image = {"type": "image", "image": {"id": "900"}}
    linked = {"type": "image", "image": {"link": "https://shop.example/a.png"}}
    text = {"type": "text", "text": "Ana"}

    def template(*parameters: Any) -> Any:
        components = [
            {"type": "body", "parameters": [image]},
            {"type": "HEADER", "parameters": list(parameters)},
        ]
        return files("template", {"name": "x", "components": components})

    header = ("header", "900", "", "", "", "")
    assert template(text, image) == (header,)
    assert template(linked) == template(text) == template() == ()
    assert files("interactive", {"type": "button", "header": image}) == (header,)
    assert files("interactive", {"type": "button", "header": linked}) == ()
    assert files("image", {"link": "https://shop.example/a.png"}) == ()


def test_media_that_names_nothing_is_listed() -> None:
    """There was a file, and whoever looks wants to know that it can't be had."""
    assert files("image", {}) == (("image", "", "", "", "", ""),)


@pytest.mark.parametrize("part", [None, "text", 7, [], ["id"], True])
@pytest.mark.parametrize("word", [*KINDS, "template", "interactive", "text", "edit", 7, None, []])
def test_no_shape_is_an_error(word: Any, part: Any) -> None:
    """What is no object has no file, wherever it stands."""
    assert files_of({"type": word, str(word): part}) == ()
    inners: list[Any] = [{"components": part}, {"components": [part]}, {"header": part}]
    for inner in inners:
        assert files_of({"type": word, str(word): inner, "edit": {"message": inner}}) in (
            (),
            ((word, "", "", "", "", ""),),
        )
    parameters = {"components": [{"type": "header", "parameters": [part]}]}
    assert files("template", parameters) == ()


def test_values_fit_their_columns() -> None:
    """Whatever their length or kind; a long URL is left out, since a part of it leads nowhere."""
    huge = "x" * 100_000
    (file,) = files(
        "document",
        {"id": huge, "url": huge, "mime_type": huge, "filename": f"\x00{huge}", "sha256": huge},
    )
    assert file.media_id == f"sha256:{hashlib.sha256(huge.encode()).hexdigest()}"
    assert (file.url, len(file.mime_type), len(file.filename), file.sha256) == ("", 255, 255, "")
    assert "\x00" not in file.filename
    (other,) = files("image", {"id": 900, "url": "u" * MAX_URL, "mime_type": ["x"]})
    assert (other.media_id, len(other.url), other.mime_type) == ("900", MAX_URL, "")


def test_an_edit_has_no_file() -> None:
    """It is about the caption: the file is that of the message that it changes."""
    inner = {"type": "image", "image": {"id": "900", "caption": "new"}}
    assert files("edit", {"original_message_id": "wamid.A", "message": inner}) == ()


def test_samples_with_files() -> None:
    """Of all samples of messages those of media have one each, and no other has any but echoes."""
    found: dict[str, set[str]] = {}
    for name in samples.names():
        for event in events.read(calls.body(name)):
            if isinstance(event, events.MessageEvent) and isinstance(event.item, dict):
                slots = {file.slot for file in files_of(event.item)}
                found.setdefault(event.message_type, set()).update(slots)
    media = {word for word, slots in found.items() if slots == {word}}
    assert media == set(KINDS) & found.keys()
    assert {word for word, slots in found.items() if slots - {"header"}} == media
