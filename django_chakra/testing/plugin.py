"""Fixtures for host projects: pytest loads this module by itself (entry point ``pytest11``).

It imports nothing of the package until a fixture is used, so it costs other tests nothing, and
coverage that starts later misses no line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..models import Contact, Conversation, Message, WebhookCall
    from .fake import Clock, FakeChakra
    from .rows import Rows
    from .site import Poster


@pytest.fixture
def chakra_clock() -> Clock:
    """The fake's time: the machine's until ``set`` or ``move`` is called.

    Of the fake and of what fixtures make alone: Django and the database keep their own time.
    """
    from .fake import Clock

    return Clock()


@pytest.fixture
def chakra_fake(request: pytest.FixtureRequest, chakra_clock: Clock) -> Iterator[FakeChakra]:
    """A fake platform, to which ``connect.chakra()`` leads for every account of the settings.

    Until the test ends the accounts have the fake's token, secret and ids.
    """
    _need_settings()
    from django.test import override_settings

    from .fake import FakeChakra
    from .site import mounted, settings_for

    fake = FakeChakra(clock=chakra_clock)
    # Files of messages go where pytest's own are, and not into the project, unless it says where.
    folder = request.getfixturevalue("tmp_path_factory").getbasetemp() / "chakra-media"
    prepared = {"MEDIA_DIR": str(folder), **settings_for(fake)}
    if _has_django(request.config):
        # Through its fixture: settings that the test changes by it lie above these, and both go.
        request.getfixturevalue("settings").CHAKRA = prepared
        with mounted(fake):
            yield fake
    else:
        with override_settings(CHAKRA=prepared), mounted(fake):
            yield fake


@pytest.fixture
def chakra_post_event(_chakra_database: None, chakra_fake: FakeChakra) -> Poster:
    """``chakra_post_event("meta/messages__text", text__body="Hi")``: see :class:`.site.Poster`."""
    from .site import Poster

    return Poster(chakra_fake)


@pytest.fixture
def chakra_post_due(chakra_post_event: Poster) -> Callable[..., list[WebhookCall]]:
    """``chakra_clock.move(60); chakra_post_due()`` posts ticks: see :meth:`.site.Poster.due`."""
    return chakra_post_event.due


@pytest.fixture
def chakra_send_due(_chakra_database: None, chakra_fake: FakeChakra) -> Callable[[], int]:
    """``chakra_send_due()`` sends what waits, as the worker does; gives the number of messages."""
    from .site import send_due

    return send_due


@pytest.fixture
def chakra_contact(_chakra_rows: Rows) -> Callable[..., Contact]:
    """``chakra_contact(name="Ana")``: see :meth:`.rows.Rows.contact`."""
    return _chakra_rows.contact


@pytest.fixture
def chakra_conversation(_chakra_rows: Rows) -> Callable[..., Conversation]:
    """``chakra_conversation(contact=ana)``: see :meth:`.rows.Rows.conversation`."""
    return _chakra_rows.conversation


@pytest.fixture
def chakra_message(_chakra_rows: Rows) -> Callable[..., Message]:
    """``chakra_message("Hi", conversation=…)``: see :meth:`.rows.Rows.message`."""
    return _chakra_rows.message


@pytest.fixture
def _chakra_rows(_chakra_database: None, chakra_fake: FakeChakra) -> Rows:
    """One for all factories of a test."""
    from .rows import Rows

    return Rows(chakra_fake)


class WithDjango:
    """Registered beside pytest-django."""

    @pytest.fixture
    def _chakra_database(self, db: None) -> None:
        """The test may use the database, in a transaction unless its marker says otherwise.

        ``db`` is named here and not asked for at run time: by what tests name, pytest-django
        decides at the beginning whether it makes a database for tests at all.
        """
        _need_settings()


class WithoutDjango:
    """Registered where there is no pytest-django."""

    @pytest.fixture
    def _chakra_database(self) -> None:
        """Nobody would keep the test away from the real database."""
        _stop("This fixture uses the database: install pytest-django")


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest."""
    beside = WithDjango() if _has_django(config) else WithoutDjango()
    config.pluginmanager.register(beside, "django_chakra_database")


def _has_django(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("django")


def _need_settings() -> None:
    from django.apps import apps
    from django.conf import settings

    if not settings.configured:
        _stop("django-chakra's fixtures need Django's settings: set DJANGO_SETTINGS_MODULE")
    if not apps.is_installed("django_chakra"):
        _stop("django-chakra's fixtures need 'django_chakra' in INSTALLED_APPS")


def _stop(sentence: str) -> None:
    pytest.fail(sentence, pytrace=False)
