"""What staff do in a browser: log in, open a call, follow it to the chat, process it again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from django_chakra import send
from django_chakra.models import (
    BusinessNumber,
    CallState,
    Campaign,
    Conversation,
    Message,
    WebhookCall,
)
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.replies import errors
from tests.conftest import CHROMIUM
from tests.posting import process_all, status, stored, text

from .looking import details_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENSHOTS = os.environ.get("TEST_SCREENSHOTS", "")


class Browser(webdriver.Chrome):
    """A Chromium on the site under test."""

    site: str

    def go(self, path: str) -> None:
        """Open a page."""
        self.get(self.site + path)

    def follow(self, text: str) -> None:
        """Click on a link and wait for its page."""
        before = self.find_element(By.TAG_NAME, "html")
        self.find_element(By.CSS_SELECTOR, "#content").find_element(
            By.PARTIAL_LINK_TEXT, text
        ).click()
        WebDriverWait(self, 10).until(lambda _: before != self.find_element(By.TAG_NAME, "html"))

    def press(self, selector: str) -> None:
        """Click on what a selector names and wait for the page after it."""
        before = self.find_element(By.TAG_NAME, "html")
        self.find_element(By.CSS_SELECTOR, selector).click()
        WebDriverWait(self, 10).until(lambda _: before != self.find_element(By.TAG_NAME, "html"))

    def keep(self, name: str) -> None:
        """A picture for people, where one was asked for."""
        if SCREENSHOTS:
            self.save_screenshot(str(Path(SCREENSHOTS) / f"{name}.png"))

    @property
    def words(self) -> str:
        """The text of the page as it is seen."""
        return self.find_element(By.TAG_NAME, "body").text


@pytest.fixture
def browser(live_server: LiveServer) -> Iterator[Browser]:
    """A headless Chromium, closed after the test."""
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, CHROMIUM)))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1100"):
        options.add_argument(argument)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with Browser(options=options, service=service) as found:
        found.site = live_server.url
        yield found


def log_in(browser: Browser) -> None:
    User.objects.create_superuser("root", password="secret-of-root")
    browser.go("/admin/django_chakra/webhookcall/")
    browser.find_element(By.NAME, "username").send_keys("root")
    browser.find_element(By.NAME, "password").send_keys("secret-of-root")
    browser.press("input[type=submit]")


def test_staff_follow_a_call_and_process_it_again(browser: Browser) -> None:
    """Staff log in, open a call, its message and its conversation, and process it again."""
    said = "<script>document.title='stolen'</script> olá, مرحبا"
    call = stored(text("wamid.1", text=said))
    stored(text("wamid.1", text=said, format="chakra"))
    stored(status("wamid.1", "failed", error_code=131047, error_title="Re-engagement message"))
    stored({"event": "somethingNew", "payload": {"deep": [1, {"deeper": None}]}})
    process_all()
    stored(text("wamid.2", text="is anybody there?", at=60))
    WebhookCall.objects.filter(pk=call.pk).update(attempts=3)
    log_in(browser)

    assert "Webhook calls" in browser.title
    assert "1 to" not in browser.words
    assert "5 webhook calls" in browser.words
    browser.keep("calls")

    browser.press(f"th.field-id a[href*='/{call.pk}/change/']")
    assert "stolen" not in browser.title
    assert "document.title='stolen'" in browser.words
    browser.keep("call")
    browser.press(f"#content a[href*='/message/{Message.objects.get().pk}/']")
    assert "131047 Re-engagement message" in browser.words
    browser.keep("message")
    browser.press("#content a[href*='/conversation/']")
    assert "document.title='stolen'" in browser.words
    browser.keep("conversation")
    browser.go(details_url(Conversation.objects.get()))
    browser.follow("All its messages")
    assert "1 message" in browser.words
    browser.keep("messages")

    browser.go("/admin/django_chakra/webhookcall/?state=processed")
    browser.find_element(By.CSS_SELECTOR, f"input.action-select[value='{call.pk}']").click()
    Select(browser.find_element(By.NAME, "action")).select_by_value("process_again")
    browser.press("button[name=index]")
    assert "1 call will be processed again." in browser.words
    browser.keep("again")
    assert WebhookCall.objects.get(pk=call.pk).state == CallState.RECEIVED
    process_all()
    assert WebhookCall.objects.get(pk=call.pk).state == CallState.PROCESSED


def test_pages_are_readable_on_a_phone(browser: Browser) -> None:
    """On a narrow screen no page of a call is wider than the screen."""
    call = stored(text("wamid." + "x" * 200, text="long " * 200))
    process_all()
    log_in(browser)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": True},
    )
    browser.go(f"/admin/django_chakra/webhookcall/{call.pk}/change/")
    browser.keep("phone")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= 400


def test_staff_send_a_message_again(
    browser: Browser, chakra_fake: FakeChakra, chakra_post_event: Any
) -> None:
    """Staff see what became of a message, tick it, confirm on a page of its own, and it leaves."""
    chakra_post_event("meta/messages__text")
    ana = Conversation.objects.get()
    campaign = Campaign.objects.create(account="default", name="May offers")
    rows = []
    for state in ("unknown", "withheld", "cancelled", "paused", "delivered"):
        rows.append(send.text(to=ana, body=f"Your order is {state} <i>"))
        Message.objects.filter(pk=rows[-1].pk).update(status=state, campaign=campaign)
    chakra_fake.before.append(lambda request: errors(429, "Too many requests"))
    rows.append(send.text(to=ana, body="Your order has left"))
    send.run()
    chakra_fake.before.clear()
    campaign.hold("stopped", code=132015, reason="Template was paused for low quality")
    log_in(browser)
    browser.go("/admin/django_chakra/message/")
    browser.keep("outbox")
    browser.go(f"/admin/django_chakra/message/{rows[-1].pk}/change/")
    assert "Too many requests" in browser.words
    browser.execute_script("window.scrollTo(0, 800)")
    browser.keep("attempts")
    browser.go(f"/admin/django_chakra/conversation/{ana.pk}/change/")
    browser.keep("window")
    browser.go("/admin/django_chakra/campaign/")
    assert "Template was paused for low quality" in browser.words
    browser.keep("campaigns")

    Campaign.objects.update(state="running")
    browser.go("/admin/django_chakra/message/")
    for row in rows[:2]:
        browser.find_element(By.CSS_SELECTOR, f"input.action-select[value='{row.pk}']").click()
    Select(browser.find_element(By.NAME, "action")).select_by_value("send_again")
    browser.press("button[name=index]")
    assert "may arrive twice" in browser.words
    assert Message.objects.filter(retry_of__isnull=False).count() == 0
    browser.keep("send-again")
    browser.press("#content input[type=submit]")
    assert "2 messages are sent again." in browser.words
    Message.objects.filter(status="queued").update(next_attempt_at=None)
    Conversation.objects.update(send_after=None)
    BusinessNumber.objects.update(send_after=None)
    send.run()
    browser.keep("sent-again")
    assert sorted(one.text or "" for one in chakra_fake.sent) == [
        "Your order has left", "Your order is unknown <i>", "Your order is withheld <i>",
    ]  # fmt: skip
