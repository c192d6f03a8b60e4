"""Failures of other hosts, to which the platform sends us: they say nothing of the account."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import connect, download
from django_chakra.client.guard import Guard
from django_chakra.download.resting import resting
from django_chakra.models import MediaFile
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Reply, Request
from tests.client.misbehaving import Act, Server, answer, unused_port

from .test_download import LOOKASIDE, MID2, OBJECT, V1, V2, paths
from .waiting import again, change, sent, until_over

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

REFUSALS = [answer(401), answer(403), answer(429, retry_after="600"), None]


def let(monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
    """Fetch from where this guard lets us."""
    real = connect.chakra

    def guarded(account: str = "default") -> Any:
        client = real(account)
        client.guard = guard
        return client

    monkeypatch.setattr(connect, "chakra", guarded)


@pytest.fixture(params=REFUSALS, ids=["401", "403", "429", "unreachable"])
def other(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of another host, that may be fetched and does not give the file."""
    act: Act | None = request.param
    with Server(act or answer()) as server:
        port = server.port if act else unused_port()
        let(monkeypatch, Guard(frozenset({"http"}), frozenset({port}), frozenset({"127.0.0.1"})))
        yield f"http://127.0.0.1:{port}/file"


def named(fake: FakeChakra, url: str) -> None:
    """ "Show media" knows no file, and "Fetch media" names this URL."""
    document = json.dumps({"_data": {"url": url}}).encode()

    def decide(request: Request) -> Misbehaviour | None:
        if request.path.endswith("/show"):
            return Misbehaviour.instead(Reply(404))
        if request.endpoint == "media.fetch":
            return Misbehaviour.instead(Reply(200, {"content-type": "application/json"}, document))
        return None

    fake.before.append(decide)


def redirected(fake: FakeChakra, url: str) -> None:
    """Every way leads there."""
    there = Misbehaviour.instead(Reply(302, {"location": url}))
    fake.before.append(lambda request: there if "/media/" in request.path else None)


def test_the_next_way_is_asked(fake: FakeChakra, other: str) -> None:
    """The file is kept by the id in the webhook's URL, and the account does not rest."""
    media = sent(fake, has_url=True)
    named(fake, other)
    media = again(media)
    assert (media.state, media.attempts) == ("kept", 1)
    assert paths(fake)[-1] == MID2
    assert not resting()


def test_each_attempt_counts(fake: FakeChakra, other: str) -> None:
    """In the end the file is given up, and no other one has waited for that."""
    media = sent(fake)
    redirected(fake, other)
    for attempts in (1, 2):
        MediaFile.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        download.run()
        media.refresh_from_db()
        assert (media.state, media.attempts) == ("waiting", attempts)
        assert not resting()
    media = until_over(media)
    assert (media.state, media.attempts) == ("failed", 10)
    assert "another host" in media.error


@pytest.mark.parametrize("other", REFUSALS[:2], ids=["401", "403"], indirect=True)
def test_what_is_refused_there_expires(fake: FakeChakra, other: str) -> None:
    """Once it is so old that the platform may have deleted it."""
    media = change(sent(fake), expires_at=timezone.now())
    redirected(fake, other)
    assert again(media).state == "expired"


@pytest.mark.parametrize("has_url", [True, False])
def test_metas_own_place_is_not_opened(
    fake: FakeChakra, monkeypatch: pytest.MonkeyPatch, has_url: bool
) -> None:
    """A URL of it that "Fetch media" names needs Meta's token: the next way is asked."""
    looked: list[str] = []

    def resolve(host: str, port: int, **how: Any) -> list[Any]:
        looked.append(host)
        raise socket.gaierror

    let(monkeypatch, Guard(resolve=resolve))
    media = sent(fake, has_url=has_url)
    named(fake, LOOKASIDE.format(media.media_id))
    media = again(media)
    assert media.state == ("kept" if has_url else "waiting")
    asked = [path.format(media.media_id) for path in (V2, V1, OBJECT)]
    assert paths(fake) == [*asked, *([MID2] if has_url else [])]
    assert looked == []
