"""A downloading process ended at every step: the file is taken up again, and nothing is half."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from django_chakra.download.landing import FOLDER, STALE_SECONDS, clear
from django_chakra.models import MediaFile
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.misbehaviour import misbehave
from tests.paths.processes import Child

from .waiting import again, assert_tidy, content, sent, stored_files

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.processes,
]  # fmt: skip

MOST_STEPS = 60


class Downloader(Child):
    """A process that downloads."""

    module = "tests.download.child"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_at_any_step(served: FakeChakra, folder: Path, tmp_path: Path, after: bool) -> None:
    """Whoever comes next keeps the file; what has a final name is whole, and has its row."""
    chakra = dict(settings.CHAKRA)
    # The first way has a page: so there are more steps.
    misbehave(served, "html-media:on=*show")
    with Downloader(tmp_path / "heard", chakra=chakra) as child:
        for at in range(1, MOST_STEPS):
            media = sent(served)
            stopped = child.ask("stop_downloading", at=at, after=after)["stopped"]
            media.refresh_from_db()
            assert media.state in ("waiting", "kept")
            if media.state == "waiting":
                assert media.next_attempt_at is not None
                # Nobody else takes it as long as it may be in somebody's hands.
                in_hands = MediaFile.objects.filter(
                    pk=media.pk, next_attempt_at__gt=DatabaseNow() + timedelta(minutes=5)
                )
                assert in_hands.exists() is bool(media.attempts)
            placed = {one for one in stored_files(folder) if not one.startswith(FOLDER)}
            named = set(MediaFile.objects.exclude(file="").values_list("file", flat=True))
            assert placed <= named
            for one in placed:
                assert (folder / one).read_bytes() == samples.file("picture.jpg")
            media = again(media)
            assert (media.state, content(media)) == ("kept", samples.file("picture.jpg"))
            assert media.attempts <= 2
            if not stopped:
                break
        else:
            raise AssertionError("the process never came to its end")
    assert at > 12
    clear(now=(folder / FOLDER).stat().st_mtime + STALE_SECONDS + 60)
    assert_tidy(folder)
