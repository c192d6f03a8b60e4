import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from django_chakra import connect, signals
from django_chakra.client import Chakra, Clock

from .examining import NUMBER, PLUGIN, WABA, Platform


@pytest.fixture
def platform(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A platform, and a site that is set up for it. Nobody waits between two tries."""
    monkeypatch.setattr(connect, "Chakra", partial(Chakra, clock=Clock(sleep=lambda _: None)))
    with Platform() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        account = {
            "WEBHOOK_SECRETS": ["test-secret"], "ACCESS_TOKEN": "hidden-token",
            "PLUGIN_ID": PLUGIN, "WABA_ID": WABA, "PHONE_NUMBER_ID": NUMBER,
        }  # fmt: skip
        base_url = f"http://127.0.0.1:{server.server_address[1]}"
        settings.CHAKRA = {
            "ACCOUNTS": {"default": account}, "RUNNER": "worker", "BASE_URL": base_url,
        }  # fmt: skip
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def heard() -> Iterator[None]:
    """The site has a receiver."""

    def greet(**named: Any) -> None:
        """Nothing to do."""

    signals.message_received.connect(greet, dispatch_uid="shop.greet")
    yield
    signals.message_received.disconnect(dispatch_uid="shop.greet")
