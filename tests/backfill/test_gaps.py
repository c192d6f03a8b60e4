"""When messages may have been missed, and what the worker does about it by itself."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from django_chakra.backfill import Scope, gaps, run, since_of
from django_chakra.backfill.hours import is_open, open_time, parse
from django_chakra.models import Backfill, WebhookCall
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.replies import errors

from .asking import ANA, DEFAULT, ask, texts, wrote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HOUR = timedelta(hours=1)
KOLKATA = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")


def called(*ago: timedelta, account: str = "default", state: str = "processed") -> None:
    """The platform called so long ago."""
    for span in ago:
        WebhookCall.objects.create(
            account=account, body=b"{}", state=state, received_at=timezone.now() - span
        )


def is_about(at: datetime, ago: timedelta) -> bool:
    return abs(timezone.now() - ago - at) < timedelta(seconds=30)


def finished(since: timedelta, began: timedelta, **of: Any) -> Backfill:
    """A backfill that is done looked so far back, and began so long ago."""
    now = timezone.now()
    row = Backfill.objects.create(
        account="default", scope=of, state="done", since=now - since, finished_at=now - began
    )
    Backfill.objects.filter(pk=row.pk).update(started_at=now - began)
    return row


WEEK = timedelta(days=7)


def test_since_a_week() -> None:
    """And an hour, whatever silences there were since; refused calls, and those of other
    accounts, are none."""
    assert is_about(since_of(DEFAULT), WEEK + HOUR)
    called(70 * HOUR, 66 * HOUR, 15 * HOUR, 3 * HOUR)
    called(WEEK + 9 * HOUR, state="refused")
    called(WEEK + 9 * HOUR, account="other")
    assert is_about(since_of(DEFAULT), WEEK + HOUR)


def test_since_a_silence_of_more_than_a_week() -> None:
    """It counts from its beginning, also where calls have come since."""
    called(timedelta(days=30), timedelta(days=20))
    assert is_about(since_of(DEFAULT), timedelta(days=20, hours=1))
    called(2 * HOUR, HOUR)
    assert is_about(since_of(DEFAULT), timedelta(days=20, hours=1))


def test_since_what_was_looked_at() -> None:
    """An hour before the last finished run of the same, or of all chats, began; however long
    ago."""
    called(80 * HOUR, 20 * HOUR, HOUR)
    finished(2 * WEEK, 5 * HOUR, conversation=1)
    assert is_about(since_of(DEFAULT), WEEK + HOUR)
    finished(3 * WEEK, 2 * WEEK)
    assert is_about(since_of(DEFAULT), 2 * WEEK + HOUR)
    assert is_about(since_of(Scope(account="default", conversation=1)), 6 * HOUR)
    finished(2 * WEEK + HOUR, 19 * HOUR)
    assert is_about(since_of(DEFAULT), 20 * HOUR)
    finished(19.5 * HOUR, 3 * HOUR)
    assert is_about(since_of(DEFAULT), 4 * HOUR)
    assert is_about(since_of(Scope(account="default", conversation=1)), 4 * HOUR)


def test_since_a_run_that_left_a_hole() -> None:
    """One that did not look back to where the others had ended does not count."""
    finished(2 * HOUR, HOUR)
    assert is_about(since_of(DEFAULT), WEEK + HOUR)
    finished(WEEK + HOUR, 19 * HOUR)
    assert is_about(since_of(DEFAULT), 20 * HOUR)
    finished(20 * HOUR, 1.5 * HOUR)
    assert is_about(since_of(DEFAULT), 2 * HOUR)


def test_an_outage_before_a_quiet_time(chakra_fake: FakeChakra) -> None:
    """Down on Friday, noticed on Monday: it is looked for, and by the next run no more."""
    called(80 * HOUR, 70 * HOUR, 66 * HOUR, 15 * HOUR, 3 * HOUR)
    wrote(chakra_fake, ANA, "anybody?", ago=68 * 3600)
    assert run(DEFAULT).missed == 1
    again = run(DEFAULT)
    assert again.missed == 0
    assert again.since is not None
    assert is_about(again.since, HOUR)


def test_what_follows_a_stopped_run_is_no_older(chakra_fake: FakeChakra) -> None:
    """What was written before the time that was asked for stays out, also of the second run."""
    wrote(chakra_fake, ANA, "old", ago=3 * 24 * 3600)
    wrote(chakra_fake, ANA, "new")
    wrote(chakra_fake, "5511966665555", "new too")
    assert ask(limit=1).state == "stopped"
    assert ask().state == "done"
    assert (Backfill.objects.count(), texts()) == (2, ["new", "new too"])


HOURS = {
    "mon-fri 09:00-18:00": ({0, 1, 2, 3, 4}, 540, 1080),
    " SAT,sun 10:00-14:30 ": ({5, 6}, 600, 870),
    "fri 22:00-02:00": ({4}, 1320, 120),
    "sat-mon 00:00-24:00": ({5, 6, 0}, 0, 1440),
}


@pytest.mark.parametrize("text", HOURS)
def test_hours(text: str) -> None:
    """Days, ranges of days also over Sunday, and minutes of the day."""
    found = parse(text)
    assert (set(found.days), found.start, found.end) == HOURS[text]


@pytest.mark.parametrize(
    "text",
    [
        "", "mon", "09:00-18:00", "mon 9:00-18:00", "mon 09:00", "mon 09:00-09:00",
        "mon 24:00-01:00",
        "mon 09:60-10:00", "mon 09:00-25:00", "xyz 09:00-18:00", "mon-xyz 09:00-18:00",
        "mon,, 09:00-18:00", "mon-fri-sun 09:00-18:00", "mon 09:00-18:00 UTC", None, 7, ("mon",),
    ],
)  # fmt: skip
def test_what_is_no_hours(text: object) -> None:
    """It is said in words."""
    with pytest.raises(ValueError, match=r"is no|is not|has no"):
        parse(text)


def test_open_time() -> None:
    """Only what lies in the hours counts, each moment once, by the clock on the wall."""
    office = [parse("mon-fri 09:00-18:00"), parse("mon 12:00-20:00")]
    friday, monday = datetime(2026, 11, 20, tzinfo=KOLKATA), datetime(2026, 11, 23, tzinfo=KOLKATA)
    silent = open_time(office, friday + 17.5 * HOUR, monday + 9.75 * HOUR, KOLKATA)
    assert silent == timedelta(minutes=75)
    assert open_time(office, monday, monday + 24 * HOUR, KOLKATA) == 11 * HOUR
    assert open_time([], friday, monday, KOLKATA) == 72 * HOUR
    assert open_time(office, monday, friday, KOLKATA) == timedelta(0)
    assert not is_open(office, monday + 8.99 * HOUR, KOLKATA)
    assert is_open(office, monday + 9 * HOUR, KOLKATA)
    assert not is_open(office, monday + 20 * HOUR, KOLKATA)


def test_open_over_midnight_and_while_clocks_change() -> None:
    """The end is of the next day; the night in which clocks go back is an hour longer."""
    bar = [parse("sat 22:00-04:00")]
    saturday = datetime(2026, 10, 24, 22, tzinfo=BERLIN)
    assert open_time(bar, saturday - HOUR, saturday + timedelta(days=1), BERLIN) == 7 * HOUR
    assert is_open(bar, datetime(2026, 10, 25, 3, 30, tzinfo=BERLIN), BERLIN)
    assert not is_open(bar, datetime(2026, 10, 25, 4, 30, tzinfo=BERLIN), BERLIN)


@pytest.fixture
def site(chakra_fake: FakeChakra, settings: Any) -> FakeChakra:
    """A worker's site with a gap of an hour, and a message that nobody heard."""
    settings.CHAKRA = {**settings.CHAKRA, "BACKFILL_AFTER": 60}
    wrote(chakra_fake, ANA, "anybody?")
    return chakra_fake


def reasons(account: str = "default") -> tuple[str, str]:
    """At the start of a worker, and later."""
    return gaps.reason_of(account, starts=True), gaps.reason_of(account, starts=False)


def test_why_to_ask(site: FakeChakra, settings: Any) -> None:
    """After so many minutes without a call; never without one, never where it is not set."""
    assert reasons() == ("", "")
    called(50 * timedelta(minutes=1))
    assert reasons() == ("", "")
    WebhookCall.objects.update(received_at=timezone.now() - 61 * timedelta(minutes=1))
    assert reasons() == ("start", "gap")
    assert reasons("other") == ("", "")
    settings.CHAKRA = {**settings.CHAKRA, "BACKFILL_AFTER": 0}
    assert reasons() == ("", "")


def test_not_outside_business_hours(site: FakeChakra, settings: Any) -> None:
    """But at the start; hours that can't be read are left out."""
    called(3 * HOUR)
    now = timezone.now()
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    another = f"{days[(now.weekday() + 3) % 7]} 09:00-18:00"
    for hours, expected in (([another], ""), ([another, "sat to sun"], ""), (["x"], "gap")):
        settings.CHAKRA = {**settings.CHAKRA, "BUSINESS_HOURS": hours}
        assert reasons() == ("start", expected)


def test_once_in_so_many_minutes(site: FakeChakra) -> None:
    """Not again while the webhook stays away, until as many minutes have passed."""
    called(3 * HOUR)
    said: list[str] = []
    stop = threading.Event()
    assert gaps.look(stop, said.append, starts=True) == 1
    assert gaps.look(stop, said.append, starts=False) == 0
    assert texts() == ["anybody?"]
    row = Backfill.objects.get()
    assert (row.reason, row.missed, row.state) == ("start", 1, "done")
    assert said == [
        "Asking the platform what account 'default' missed (start).",
        "The backfill of account 'default' is done: 1 messages and 0 statuses had been missed.",
    ]
    Backfill.objects.update(taken_at=timezone.now() - 61 * timedelta(minutes=1))
    assert gaps.look(stop, said.append, starts=False) == 1
    assert Backfill.objects.latest("pk").reason == "gap"


def test_one_of_several_workers(site: FakeChakra) -> None:
    """The others hear that somebody is at it."""
    called(3 * HOUR)
    said: list[str] = []

    def second(row: Backfill, found: Any) -> None:
        Backfill.objects.update(taken_at=None)
        gaps.look(threading.Event(), said.append, starts=True)

    ask(progress=second)
    assert "Another worker is asking for account 'default'." in said


def test_a_platform_that_fails(site: FakeChakra) -> None:
    """It is said, and tried again after as many minutes; the other accounts are asked."""
    called(3 * HOUR)
    called(3 * HOUR, account="other")
    answers = [errors(403, "Not you")]
    site.before.append(lambda request: answers.pop() if answers else None)
    said: list[str] = []
    assert gaps.look(threading.Event(), said.append, starts=True) == 2
    assert "Not you" in said[1]
    assert set(Backfill.objects.values_list("account", "state")) == {
        ("default", "stopped"), ("other", "done"),
    }  # fmt: skip
    assert gaps.look(threading.Event(), said.append, starts=False) == 0


def test_the_worker_looks_in_a_thread_of_its_own(site: FakeChakra, monkeypatch: Any) -> None:
    """It starts with the block and ends with it, whatever happens in it; nothing where not set."""
    called(3 * HOUR)
    monkeypatch.setattr(gaps, "POLL_SECONDS", 0.01)
    looked = threading.Event()
    looks: list[bool] = []

    def look(stop: threading.Event, say: Any, *, starts: bool) -> int:
        looks.append(starts)
        if len(looks) == 2:
            raise ValueError("whatever")
        if len(looks) > 3:
            looked.set()
        return 0

    monkeypatch.setattr(gaps, "look", look)
    stop = threading.Event()
    with gaps.watching_for_gaps(stop, say=print, away=print):
        assert looked.wait(10)
    assert stop.is_set()
    assert looks[:3] == [True, False, False]
    assert not any(one.name == "chakra-backfill" for one in threading.enumerate())


def test_no_thread_where_it_is_not_set(settings: Any) -> None:
    """A worker costs no more than before; what is no number is never."""
    for value in (0, None, "x", True, -5):
        settings.CHAKRA = {**settings.CHAKRA, "BACKFILL_AFTER": value}
        with gaps.watching_for_gaps(threading.Event(), say=print, away=print):
            assert not any(one.name == "chakra-backfill" for one in threading.enumerate())


def test_it_is_now_in_the_zone_of_the_site() -> None:
    """Business hours are the site's: 04:00 in UTC is half past nine in Kolkata."""
    at = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert is_open([parse("mon 09:00-18:00")], at, KOLKATA)
    assert not is_open([parse("mon 09:00-18:00")], at, UTC)
