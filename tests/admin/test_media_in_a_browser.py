"""Files in a real browser: pictures, sound and films are shown, and nothing of theirs ever runs."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from django_chakra.models import MediaFile, Message
from django_chakra.storage import PrivateStorage
from django_chakra.testing import samples
from tests.posting import process_all, stored, text

from .test_browser import Browser, browser, log_in

__all__ = ["browser"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEAL = "document.title = 'stolen'; parent.document.title = 'stolen'"
HOSTILE = {
    "page.html": ("text/html", f"<!DOCTYPE html><script>{STEAL}</script><h1>x</h1>"),
    "named.jpg": ("image/jpeg", f"<!DOCTYPE html><script>{STEAL}</script><h1>x</h1>"),
    "drawing.svg": (
        "image/svg+xml",
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>{STEAL}</script>'
        "</svg>",
    ),
    "page.xml": (
        "application/xml",
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>{STEAL}</script>'
        "</html>",
    ),
    # By its first bytes it is a picture; browsers must not look any further.
    "both.gif": ("image/gif", f"GIF89a/*<html><script>{STEAL}</script>*/=1;{STEAL}"),
}


def kept(slot: str, content: bytes, mime_type: str, filename: str) -> MediaFile:
    return MediaFile.objects.create(
        account="default",
        message=Message.objects.get(),
        slot=slot,
        mime_type=mime_type,
        filename=filename,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        file=PrivateStorage().save("received/x", ContentFile(content)),
        state="kept",
    )


def path_of(media: MediaFile) -> str:
    return f"/admin/django_chakra/mediafile/{media.pk}/file/"


def ask(browser: Browser, script: str) -> Any:
    """What a script of the test's gives, once it gives anything."""
    return WebDriverWait(browser, 10).until(lambda _: browser.execute_script(f"return {script}"))


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path)}


def test_files_are_shown_and_never_run(browser: Browser) -> None:
    """A message's picture, voice note and film are on its page; pages and drawings are saved."""
    stored(text("wamid.1"))
    process_all()
    Message.objects.update(kind="image")
    picture = kept("image", samples.file("picture.jpg"), "image/jpeg", "a.jpg")
    note = kept("voice", samples.file("note.ogg"), "audio/ogg; codecs=opus", "")
    film = kept("video", samples.file("clip.mp4"), "video/mp4", "film.mp4")
    files = {
        name: kept(name, content.encode(), mime_type, name)
        for name, (mime_type, content) in HOSTILE.items()
    }
    log_in(browser)
    page = f"/admin/django_chakra/message/{Message.objects.get().pk}/change/"

    browser.go(page)
    browser.keep("message-files")
    image = f"document.querySelector(`img[src='{path_of(picture)}']`)"
    browser.execute_script(f"{image}.scrollIntoView()")
    assert ask(browser, f"{image}.naturalWidth") == 16
    assert 0.4 < ask(browser, "document.querySelector('audio').duration") < 0.6
    assert ask(browser, f"document.querySelector(`video[src='{path_of(film)}']`).videoWidth") == 32
    assert "page.html" in browser.words
    assert "stolen" not in browser.title

    # By themselves, in the admin's origin.
    browser.go(path_of(picture))
    assert ask(browser, "document.images[0].naturalWidth") == 16
    for media in (note, film):
        browser.go(path_of(media))
        assert ask(browser, "document.querySelector('video').duration") > 0.2

    for name, media in files.items():
        browser.go("/admin/django_chakra/mediafile/")
        title = browser.title
        browser.go(path_of(media))
        assert "stolen" not in browser.title, name
        if name != "both.gif":
            # It was saved, and the page from before is still there.
            assert browser.title == title, name
        browser.go(page)
        browser.execute_script(
            "for (const [tag, key] of [['iframe', 'src'], ['object', 'data'], ['embed', 'src'],"
            " ['script', 'src'], ['img', 'src']]) {"
            " const e = document.createElement(tag); e[key] = arguments[0];"
            " document.body.append(e) }",
            path_of(media),
        )
        browser.execute_async_script("setTimeout(arguments[0], 150)")
        assert "stolen" not in browser.title, name
        assert not browser.find_elements(By.CSS_SELECTOR, "h1:empty"), name
