"""Misbehaviour by rule: what a text means, whom it hits, and that a seed repeats it."""

from collections.abc import Callable

import pytest
import requests

from django_chakra.client import Chakra, Patience
from django_chakra.exceptions import (
    ApiError,
    AuthenticationFailed,
    NoAnswer,
    NotFound,
    NotSent,
    RateLimited,
    ServerError,
)
from django_chakra.testing.fake import FakeChakra, Habits
from django_chakra.testing.fake.beginning import PIXELS
from django_chakra.testing.fake.misbehaviour import NAMES, OLD_SECRET, Rule, misbehave
from django_chakra.testing.fake.replies import sample

from .prepared import NOW
from .site import Site, client_of, made, pass_time, say


def hasty(fake: FakeChakra) -> Chakra:
    """One try, little time."""
    client = client_of(fake)
    client.http.patience = Patience(tries=1)
    client.http.timeout = (1.0, 1.0)
    return client


def failure(do: Callable[[], object]) -> type[Exception] | None:
    try:
        do()
    except (ApiError, requests.RequestException) as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("rule", "error", "taken"),
    [
        ("429", RateLimited, False),
        ("500", ServerError, False),
        ("html", ServerError, False),
        ("errors", ApiError, False),
        ("slow:seconds=9", NoAnswer, True),
        ("timeout-before", NoAnswer, False),
        ("timeout-after", NoAnswer, True),
        ("cut-before", NoAnswer, False),
        ("cut-after", NoAnswer, True),
        ("cut-inside", NoAnswer, True),
        ("unreachable", NotSent, False),
        ("revoked", AuthenticationFailed, False),
        ("expired-media", None, True),
    ],
)
def test_each_rule_on_a_send(rule: str, error: type[Exception] | None, taken: bool) -> None:
    """The client has the error that fits, and the message is taken or not as the name says."""
    fake = made()
    misbehave(fake, rule)
    found = failure(lambda: say(hasty(fake)))
    assert (found is None) if error is None else (found is not None and issubclass(found, error))
    assert [one["taken"] for one in fake.ledger.entries("request")] == [taken]


@pytest.mark.parametrize(
    ("more", "low", "high"),
    [("seconds=7", 7, 7), ("seconds=30,retry-after=date", 25, 31), ("retry-after=no", None, None)],
)
def test_how_long_to_wait(more: str, low: int | None, high: int | None) -> None:
    """In seconds, as a date, or not told."""
    fake = made()
    misbehave(fake, f"429:{more}")
    headers = {"authorization": f"Bearer {fake.token}"}
    told = fake.handle("GET", "/v1/health", headers, b"").headers.get("retry-after")
    if low is None:
        assert told is None
    elif "date" in more:
        assert told == "Mon, 21 Sep 2026 14:13:50 GMT"
        assert NOW == 1_790_000_000
    else:
        assert told == str(high)


def test_which_requests_are_hit() -> None:
    """The first so many, every n-th, and only where method and path fit."""
    fake = made()
    misbehave(fake, "500:first=2,on=POST *messages")
    client = hasty(fake)
    assert [failure(lambda: say(client)) is None for _ in range(4)] == [False, False, True, True]
    misbehave(fake, "500:every=3,on=/v1/health")
    found = [failure(client.health.check) is None for _ in range(6)]
    assert found == [True, True, False] * 2
    assert failure(lambda: say(client)) is None


def test_a_rate_repeats_with_its_seed() -> None:
    """About as often as it says; the same requests in every run with this seed."""

    def hits(seed: int) -> list[bool]:
        fake = made(seed=seed)
        misbehave(fake, "500:0.2")
        reply = [fake.handle("GET", "/v1/health", {}, b"").status for _ in range(500)]
        return [status == 500 for status in reply]

    first = hits(1)
    assert 50 < sum(first) < 150
    assert first == hits(1) != hits(2)


def test_expired_media() -> None:
    """Only files are gone."""
    fake = made()
    misbehave(fake, "expired-media")
    client, media = hasty(fake), sample("media.fetch")["id"]
    with pytest.raises(NotFound):
        client.media.fetch(media)
    client.health.check()
    assert fake.state.media[media].content == PIXELS


def test_a_revoked_token_stays_revoked() -> None:
    """From the hit on, until the fake has another one."""
    fake = made()
    misbehave(fake, "revoked:every=2,first=2")
    client = hasty(fake)
    assert [failure(client.users.list) for _ in range(3)] == [
        None,
        AuthenticationFailed,
        AuthenticationFailed,
    ]
    fake.token = "another-token"
    with hasty(fake) as renewed:
        assert failure(renewed.users.list) is None
    assert failure(client.users.list) is AuthenticationFailed


@pytest.mark.parametrize(
    ("rule", "secret", "signed"),
    [
        ("unsigned:on=status.read", "", "not"),
        ("old-secret:on=status.read", OLD_SECRET, "other secret"),
        ("old-secret:on=status.read,secret=s-1", "s-1", "other secret"),
    ],
)
def test_signatures(rule: str, secret: str, signed: str) -> None:
    """The events that are hit are unsigned, or signed with the old secret; the book says which."""
    fake = made(Habits(), format="chakra")
    misbehave(fake, rule)
    site, old = Site(), Site(secret=secret)
    say(client_of(fake))
    fake.clock.move(60)
    fake.post_due(lambda *post: site(*post) and old(*post))
    assert [one for _, one, _ in site.posts] == [True, True, False]
    assert [one for _, one, _ in old.posts] == [False, False, bool(secret)]
    assert [one["signed"] for one in fake.ledger.entries("event")] == ["secret", "secret", signed]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("418", "'418' is no misbehaviour; there are 429"),
        ("", "'' is no misbehaviour"),
        ("429:often", "'often' is not a chance"),
        ("429:1.5", "'1.5' is not a chance"),
        ("429:nan", "'nan' is not a chance"),
        ("429:0.1,0.2", "'0.2' comes twice"),
        ("429:seconds=-1", "'-1' is not a number"),
        ("429:every=0", "every is a whole number from 1, not '0'"),
        ("429:first=x", "first is a whole number"),
        ("429:retry-after=soon", "retry-after can't be 'soon'"),
        ("429:on=", "on can't be ''"),
        ("429:colour=red", "'colour=red' is not understood"),
        ("429:first=1,first=2", "'first=2' comes twice"),
    ],
)
def test_wrong_rules_are_told(text: str, words: str) -> None:
    """With the part that is wrong."""
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        Rule.read(text)


def test_a_rule_as_it_is_read() -> None:
    """All its parts; and each name is a rule by itself, which is always."""
    rule = Rule.read("slow:0.5,every=10,first=3,on=GET /v1/*,seconds=2")
    assert (rule.name, rule.rate, rule.every, rule.first) == ("slow", 0.5, 10, 3)
    assert (rule.on, rule.seconds) == ("GET /v1/*", 2.0)
    assert [Rule.read(name).rate for name in NAMES] == [1.0] * len(NAMES)
    assert "s-9" not in repr(Rule.read("old-secret:secret=s-9"))


def test_with_everything_wrong_the_book_repeats() -> None:
    """Misbehaviour and events of a seed are the same in each run."""

    def book() -> list[dict[str, object]]:
        fake, site = made(Habits(doubled=0.3, shuffled=0.3), seed=4), Site()
        for rule in ("429:0.1", "html:0.1", "cut-after:0.1", "unsigned:0.2", "slow:0.1,seconds=9"):
            misbehave(fake, rule)
        client = hasty(fake)
        for _ in range(60):
            failure(lambda: say(client))
        pass_time(fake, site)
        return fake.ledger.entries()

    first = book()
    assert first == book()
    assert {one.get("end") for one in first} >= {"answer", "cut"}
    assert {one.get("signed") for one in first} >= {"not", "secret"}
