"""The chat in a real browser: it keeps itself up to date, reads, jumps, and fits a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from django_chakra.models import Message
from tests.admin.test_browser import Browser, browser, log_in

from .scenes import NOW, every_kind, hear, ours, thread_url, url_of

__all__ = ["browser"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path)}


def people(count: int) -> None:
    """So many others in the inbox."""
    names = ("Bruno Lima", "محمد علي", "प्रिया शर्मा", "", "X" * 60, "Zoë van den Berg")
    said = ("See you!", "شكرا جزيلا", "धन्यवाद 🙏", "x" * 300, "When do you open?", "🚲🚲🚲")
    for n in range(count):
        at = NOW - 3600 * (n * 5 + 1)
        hear("text", {"body": said[n % 6]}, at=at, sender=f"55118{n:08}", name=names[n % 6])
        if n % 3 == 1:
            hear("image", at=at + 5, sender=f"55118{n:08}", name=names[n % 6])
        if n % 3 == 2:
            conversation = Message.objects.latest("pk").conversation
            ours(conversation, "We open at nine", at=at + 60, status=("read", "failed")[n % 2])


def wait(browser: Browser, words: str) -> None:
    WebDriverWait(browser, 20).until(lambda _: words in browser.words)


def narrow(browser: Browser, width: int = 360) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )


def dark(browser: Browser) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )


def test_it_fits_everywhere(browser: Browser) -> None:
    """Light and dark, on a desk and on a phone: no page is wider than the screen."""
    conversation = every_kind()
    people(7)
    log_in(browser)
    browser.set_window_size(1280, 1000)
    pages = {"inbox": url_of("changelist") + "?show=all", "thread": thread_url(conversation)}
    for name, url in pages.items():
        browser.go(url)
        browser.keep(f"chat-{name}")
    middle = Message.objects.get(kind="order")
    browser.go(thread_url(conversation, f"?message={middle.pk}#m{middle.pk}"))
    browser.keep("chat-order")
    middle = Message.objects.get(kind="video")
    browser.go(thread_url(conversation, f"?message={middle.pk}#m{middle.pk}"))
    browser.keep("chat-video")
    middle = Message.objects.get(kind="template")
    browser.go(thread_url(conversation, f"?message={middle.pk}#m{middle.pk}"))
    browser.keep("chat-template")
    dark(browser)
    for name, url in pages.items():
        browser.go(url)
        browser.keep(f"chat-{name}-dark")
    narrow(browser)
    for name, url in pages.items():
        browser.go(url)
        browser.keep(f"chat-{name}-phone")
        width = browser.execute_script("return document.documentElement.scrollWidth")
        assert width <= 360, name
