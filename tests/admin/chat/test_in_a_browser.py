"""The chat in a real browser: it keeps itself up to date, reads, jumps, and fits a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from django_chakra.models import Conversation, Message
from tests.admin.test_browser import Browser, browser, log_in
from tests.posting import process_all, status, stored

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


def policy(get_response: Any) -> Any:
    """Middleware of a strict host: nothing inline, nothing from elsewhere."""

    def respond(request: Any) -> Any:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", "default-src 'self'")
        return response

    return respond


def complaints(browser: Browser) -> list[str]:
    """What the browser wrote to its console."""
    logs: Any = browser.get_log
    said = [entry["message"] for entry in logs("browser")]
    return [words for words in said if "favicon.ico" not in words]


def shown(browser: Browser) -> list[int]:
    """The messages on the page, in their order."""
    script = "return [...document.querySelectorAll('.chat-line')].map(one => +one.id.slice(1))"
    return list(browser.execute_script(script))


def at_end(browser: Browser) -> bool:
    script = "return document.querySelector('.chat-scroll').scrollTop > -40"
    return bool(browser.execute_script(script))


def test_a_thread_keeps_itself_up_to_date(browser: Browser, settings: Any) -> None:
    """Under a strict policy, without reload: bubbles, ticks, reading, the title, older ones."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.admin.chat.test_in_a_browser.policy"]
    for n in range(70):
        hear("text", {"body": f"number {n}"}, at=NOW - 700 + n, external_id=f"wamid.{n}")
    conversation = Conversation.objects.get()
    log_in(browser)
    browser.go(thread_url(conversation))
    browser.execute_script("window.same = true")
    assert "number 69" in browser.words
    assert at_end(browser)
    WebDriverWait(browser, 20).until(lambda _: not Conversation.objects.get().unread_count)

    reply = ours(conversation, "We answer", at=NOW, status="sent", external_id="wamid.ours")
    hear("text", {"body": "just now <b>"}, at=NOW + 1, external_id="wamid.new")
    wait(browser, "just now <b>")
    assert at_end(browser)
    told = "return document.getElementById('chat-said').textContent"
    WebDriverWait(browser, 20).until(lambda _: "just now" in browser.execute_script(told))
    stored(status("wamid.ours", "read", at=0))
    process_all()
    tick = f"#m{reply.pk} .chat-tick[data-word=read]"
    WebDriverWait(browser, 20).until(lambda _: browser.find_elements(By.CSS_SELECTOR, tick))
    WebDriverWait(browser, 20).until(lambda _: not Conversation.objects.get().unread_count)

    order = list(conversation.messages.order_by("sort_at", "pk").values_list("pk", flat=True))
    assert shown(browser) == order[-52:]
    browser.execute_script("document.querySelector('.chat-scroll').scrollTop = -1e6")
    WebDriverWait(browser, 20).until(lambda _: len(shown(browser)) > 52)
    assert shown(browser) == order
    days = browser.find_elements(By.CSS_SELECTOR, ".chat-day")
    assert len(days) == len({day.text for day in days})
    # Who reads what is older is left where they are.
    hear("text", {"body": "at the very end"}, at=NOW + 2, external_id="wamid.end")
    wait(browser, "at the very end")
    assert not at_end(browser)
    assert browser.title.startswith("(1) ")
    assert browser.execute_script("return window.same")
    assert complaints(browser) == []


def test_the_inbox_keeps_itself_up_to_date(browser: Browser, settings: Any) -> None:
    """Whoever writes comes up, and the title counts; a lost connection is said and mended."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.admin.chat.test_in_a_browser.policy"]
    people(3)
    log_in(browser)
    browser.go(url_of("changelist"))
    browser.execute_script("window.same = true")
    hear("text", {"body": "somebody new"}, sender="5511833334444", name="Bruno Novo")
    wait(browser, "Bruno Novo")
    assert browser.find_element(By.CSS_SELECTOR, ".chat-row").text.count("Bruno Novo") == 1
    assert browser.title.startswith("(4) ")
    assert complaints(browser) == []
    browser.execute_cdp_cmd("Network.enable", {})
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **network})
    wait(browser, "Connection lost")
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **network})
    WebDriverWait(browser, 60).until(lambda _: "Connection lost" not in browser.words)
    assert browser.execute_script("return window.same")


def test_a_quote_is_jumped_to(browser: Browser) -> None:
    """A click on a quoted message shows it, and marks it, without another page."""
    first = hear("text", {"body": "the very first"}, at=NOW - 900, external_id="wamid.first")
    for n in range(30):
        hear("text", {"body": f"number {n}"}, at=NOW - 700 + n)
    hear("text", {"body": "as I said"}, at=NOW, context={"id": "wamid.first"})
    log_in(browser)
    browser.go(thread_url(first.conversation))
    browser.execute_script("window.same = true")
    browser.find_element(By.CSS_SELECTOR, "a.chat-quote").click()
    top = "return document.querySelector(':target').getBoundingClientRect().top"
    WebDriverWait(browser, 20).until(lambda _: 0 < browser.execute_script(top) < 1100)
    assert browser.execute_script("return window.same")
    assert browser.execute_script("return location.hash") == f"#m{first.pk}"


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
