"""What staff do with templates in a browser: sync, look, create, edit."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.by import By

from django_chakra.models import MessageTemplate
from django_chakra.testing.fake import FakeChakra

from .looking import list_url
from .test_browser import Browser, browser, log_in

__all__ = ["browser"]  # the fixture, for pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_templates_in_a_browser(browser: Browser, chakra_fake: FakeChakra, settings: Any) -> None:
    """The list is synced by a button; a template is written, refused, mended and handed in."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {"default": accounts["default"]}}
    log_in(browser)
    browser.go(list_url(MessageTemplate))
    assert "Last sync: never" in browser.words
    browser.press(".chakra-synced input[type=submit]")
    assert "2 listed, 2 new" in browser.words
    browser.keep("templates-list")
    browser.press(".object-tools a")
    for name, words in {
        "name": "order_shipped",
        "language": "en",
        "body": "Hello {{1}}, it is on its way",
        "footer": "Example Shop",
        "buttons": '[{"type": "QUICK_REPLY", "text": "Thanks"}]',
    }.items():
        browser.find_element(By.NAME, name).send_keys(words)
    browser.press(".submit-row input[type=submit]")
    assert "needs an example for each of 1" in browser.words
    browser.keep("templates-form")
    browser.find_element(By.NAME, "examples").send_keys("Ana")
    browser.press(".submit-row input[type=submit]")
    assert "The platform has it: PENDING" in browser.words
    assert "Hello {{1}}, it is on its way" in browser.words
    browser.keep("templates-page")
    browser.press(".object-tools a")
    footer = browser.find_element(By.NAME, "footer")
    assert footer.get_attribute("value") == "Example Shop"
    footer.clear()
    browser.press(".submit-row input[type=submit]")
    row = MessageTemplate.objects.get(name="order_shipped")
    assert [one["type"] for one in row.components] == ["BODY", "BUTTONS"]
    assert chakra_fake.state.templates[row.external_id].components == row.components
