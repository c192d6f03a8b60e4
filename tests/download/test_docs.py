"""What docs/media.md shows does what it says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.core.management import load_command_class
from django.test import RequestFactory, override_settings

from django_chakra import signals
from django_chakra.models import MediaFile, MediaState, ReceiverFailure
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.misbehaviour import misbehave
from tests.settings import ROOT

from .waiting import again, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

PAGE = (ROOT / "docs/media.md").read_text()


def shown(heading: str) -> dict[str, Any]:
    """What the blocks of a section define, as one module."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
    module: dict[str, Any] = {"__name__": "shop"}
    exec(compile(code, "docs/media.md", "exec"), module)  # noqa: S102  our own documentation
    return module


@pytest.fixture
def seen() -> Iterator[list[bytes]]:
    """What the receiver of the page looks at."""
    before = list(signals.message_received.receivers)
    found: list[bytes] = []
    module = shown("When")  # receivers are known by weak references
    module["inspect"] = lambda photo: found.append(photo.read())
    yield found
    signals.message_received.receivers = before


def test_a_receiver_has_the_file_at_once(fake: FakeChakra, seen: list[bytes]) -> None:
    """Before anybody else has downloaded it; of what has failed for good it hears no more."""
    assert sent(fake).state == "kept"
    assert seen == [samples.file("picture.jpg")]
    misbehave(fake, "elsewhere-media:first=2")
    assert sent(fake).state == "failed"
    assert not ReceiverFailure.objects.exists()


def test_a_receiver_hears_again_while_the_file_is_awaited(
    fake: FakeChakra, seen: list[bytes]
) -> None:
    """As any receiver that raised."""
    misbehave(fake, "500:first=3")
    assert sent(fake).state == "waiting"
    assert ReceiverFailure.objects.get().receiver == "shop.photos"
    assert seen == []


def test_a_page_of_the_hosts(fake: FakeChakra) -> None:
    """It asks for permission, and sends the file as the admin does."""
    view, media = shown("Who sees them")["customer_file"], again(sent(fake))
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    response = view(request, media.pk)
    assert b"".join(response.streaming_content) == samples.file("picture.jpg")
    response.close()
    assert response["Content-Security-Policy"].startswith("sandbox")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        view(request, media.pk)


def test_the_settings_are_settings() -> None:
    """The alias is the one that is looked for."""
    from django_chakra.storage import ALIAS

    storages = shown("Where they are kept")["STORAGES"]
    assert ALIAS in storages
    with override_settings(STORAGES=storages):
        assert storages.keys() >= {"default", "staticfiles"}


def test_the_states_are_the_states() -> None:
    """No more and no fewer."""
    table = PAGE.split("| state | means |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [
        "waiting", "kept", "expired", "failed", "skipped",
    ]  # fmt: skip
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(MediaState.values)
    assert {field.name for field in MediaFile._meta.fields} >= {"slot", "error", "file"}


def test_the_options_of_the_command_are_documented() -> None:
    """Each of its own, and no other."""
    command = load_command_class("django_chakra", "chakra_download")
    parser = command.create_parser("manage.py", "chakra_download")
    general = {"--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--help"}
    general |= {"--no-color", "--force-color", "--skip-checks"}
    own = {option for one in parser._actions for option in one.option_strings[-1:]} - general
    section = PAGE.split("\n## chakra_download\n")[1]
    assert set(re.findall(r"`(--[\w-]+)", section)) == own
