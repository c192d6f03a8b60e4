"""300 files of all kinds with every failure there is: no message lost, each file right or its
failure in words; and as much memory for a large file as for a small one."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import download
from django_chakra.models import MediaFile, Message
from django_chakra.testing import calls, samples
from django_chakra.testing.fake import FakeChakra, customers
from django_chakra.testing.fake.customers import FILES
from django_chakra.testing.fake.misbehaviour import misbehave
from tests.posting import ANA, process_all, stored

from .waiting import assert_tidy, content, run_all, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

COUNT = 300
#: What goes wrong with every so-manieth file, and how its row ends: the state, and words of it.
FATES = {
    "": ("kept", ""),
    "wrong-hash": ("failed", "its SHA-256 is another"),
    "wrong-type": ("failed", "The platform answered with"),
    "html-media": ("failed", "The platform answered with text/html where"),
    "expired-media": ("failed", "The platform knows no such file (404)"),
    "expired-media and old": ("expired", "The platform does not have the file any more"),
    "elsewhere-media": ("failed", "Only https on port 443 is fetched"),
    "large-media": ("failed", "larger than 1,000,000 bytes"),
    "endless-media": ("failed", "larger than 1,000,000 bytes"),
    "empty-media": ("failed", "an empty file"),
    "gzip-media": ("failed", "came compressed"),
    "500": ("failed", "Internal server error (status 500)"),
    "cut-inside": ("failed", "broke off"),
    "html-media:first=2": ("kept", ""),
    "500:first=4": ("kept", ""),
}


def told(fake: FakeChakra) -> dict[str, str]:
    """Post the messages, many in one delivery and some in both formats; wamid -> fate."""
    fates: dict[str, str] = {}
    bodies = []
    for number in range(COUNT):
        kind, fate = [*FILES][number % len(FILES)], [*FATES][number // len(FILES) % len(FATES)]
        fact = customers.media(fake, ANA, kind, filename=f"{number}.x")
        id = fact.documents["meta"]["entry"][0]["changes"][0]["value"]["messages"][0][kind]["id"]
        if fate:
            rule, _, more = fate.partition(" and ")[0].partition(":")
            misbehave(fake, f"{rule}:{f'{more},' if more else ''}on=*/media/{id}*")
        fates[fact.id] = fate
        bodies.append(fact.documents["meta"])
        if number % 10 == 0:
            stored(fact.documents["chakra"], secret=fake.secret)
    for start in range(0, COUNT, 50):
        stored(calls.batch_call(*bodies[start : start + 50]), secret=fake.secret)
    process_all()
    return fates


@pytest.mark.timeout(240)  # a busy machine may take its time
def test_no_message_is_lost_and_each_file_is_right_or_says_why(
    served: FakeChakra, folder: Path, settings: Any
) -> None:
    """Over HTTP, with files that are gone, wrong, endless, too large, elsewhere and cut."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_MAX_BYTES": 1_000_000, "MAX_ATTEMPTS": 4}
    fates = told(served)
    old = [wamid for wamid, fate in fates.items() if fate.endswith("old")]
    MediaFile.objects.filter(message__external_id__in=old).update(expires_at=timezone.now())
    assert Message.objects.count() == MediaFile.objects.count() == COUNT

    run_all()

    assert Message.objects.count() == MediaFile.objects.count() == COUNT
    for media in MediaFile.objects.select_related("message"):
        state, words = FATES[fates[str(media.message.external_id)]]
        assert media.state == state, (fates[str(media.message.external_id)], media.error)
        assert words in media.error
        if state == "kept":
            assert content(media) == samples.file(FILES[media.message.kind])
            assert media.error == ""
    assert not MediaFile.objects.filter(attempts__gt=4).exists()
    assert_tidy(folder)


def test_memory_is_flat(served: FakeChakra, folder: Path) -> None:
    """A file of 24 MB is kept with less than 2 MB of memory at any moment."""
    large = samples.file("clip.mp4") + bytes(24 * 1024 * 1024)
    download.keep(sent(served))
    media = sent(served, "video", content=large)
    tracemalloc.start()
    try:
        download.keep(media)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024
    assert (MediaFile.objects.latest("pk").size, MediaFile.objects.latest("pk").state) == (
        len(large), "kept",
    )  # fmt: skip
    assert_tidy(folder)
