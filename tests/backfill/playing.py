"""A weekend of a shop's chats, with the webhook there or cut off, on the platform's own clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from django.utils import timezone

from django_chakra import receive, send
from django_chakra.models import Message, WebhookCall
from django_chakra.testing.fake import Clock, FakeChakra, Habits, customers
from django_chakra.testing.fake.facts import Fact
from django_chakra.testing.site import mounted, settings_for
from tests.posting import process_all

HOUR = 3600
URL = "https://testserver/chakra/webhook/"
Format = Literal["chakra", "meta", "both"]


def customer(index: int) -> str:
    return f"55119{index + 1:08}"  # the one before is our own number


@dataclass
class Shop:
    """One account of the site before a fake of its own; the same play gives the same ids."""

    account: str
    format: Format = "chakra"
    #: Hours before now in which it begins; in the end it is now, or a little before.
    hours: int = 50
    fake: FakeChakra = field(init=False)
    #: What happened while the webhook was cut.
    unheard: int = 0

    def __post_init__(self) -> None:
        start = int(timezone.now().timestamp()) - self.hours * HOUR
        self.clock = Clock(start)
        self.fake = FakeChakra(
            clock=self.clock,
            format=self.format,
            webhook_url=URL,
            seed=7,
            habits=Habits(
                sent_after=1, delivered_after=2, read_after=3 * HOUR, reads=0.5, fails=0.1
            ),
        )
        self.fake.lists_numbers = self.format != "chakra"
        # Echoes of the inbox come in both formats too.
        self.fake.state.plugin_configuration["enableMessageEchoesForPassThroughWebhook"] = True

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Store what is posted; :meth:`settle` has it processed."""
        receive.store(self.account, body, "")
        return 200

    def tell(self, fact: Fact) -> None:
        self.fake.events.tell(fact)
        self.pass_time(1)

    def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.fake.post_due(self.post)

    def settle(self) -> None:
        """Have all processed that was posted, as of the time at which it was."""
        new = WebhookCall.objects.filter(account=self.account, processed_at=None)
        new.update(received_at=self.now)
        process_all()

    @contextmanager
    def cut(self, is_cut: bool) -> Iterator[None]:
        """Cut the webhook off."""
        self.settle()
        self.fake.events.is_cut = is_cut
        yield
        self.settle()
        self.fake.events.is_cut = False

    def write(self, index: int, body: str) -> str:
        """A message of ours, which the platform takes; what its clock says is in the row."""
        message = send.text(to=customer(index), body=body, account=self.account)
        send.run()
        self.fake.post_due(self.post)
        rows = Message.objects.filter(pk=message.pk)
        rows.update(sort_at=self.now, received_at=self.now, attempt_log=[])
        message.refresh_from_db()
        assert message.external_id, message.status
        return str(message.external_id)


def friday(shop: Shop, people: int) -> None:
    """They write; every second one is answered, and reads some of that at the weekend."""
    for index in range(people):
        shop.tell(customers.text(shop.fake, customer(index), f"Hi {index}", name=f"Ana {index}"))
    shop.settle()
    for index in range(0, people, 2):
        shop.write(index, f"Good day {index}")
        shop.pass_time(1)
    shop.pass_time(HOUR)


def weekend(shop: Shop, people: int, rounds: int) -> None:
    """Every kind of thing that happens in a chat, by all of them and by a tenth who are new."""
    # What was heard before is changed.
    shop.tell(customers.edit(shop.fake, customer(0), "I meant tomorrow"))
    shop.tell(customers.revoke(shop.fake, customer(1)))
    for turn in range(rounds):
        for index in range(people + people // 10):
            act(shop, index, turn, is_new=index >= people)
        shop.pass_time(40 * HOUR / rounds)


def act(shop: Shop, index: int, turn: int, *, is_new: bool) -> None:
    """One thing that somebody does; who is new writes first."""
    fake, who, kind = shop.fake, customer(index), 0 if is_new and not turn else (index + turn) % 8
    name = f"Ana {index}"
    if kind == 1 and has_answer(fake, who):
        shop.tell(customers.reply(fake, who, f"About that, {turn}", name=name))
    elif kind == 2:
        shop.tell(customers.media(fake, who, "image", caption=f"Look {turn}", name=name))
    elif kind == 3 and has_answer(fake, who):
        shop.tell(customers.react(fake, who, "👍", name=name))
    elif kind in (4, 5):
        shop.tell(customers.echo(fake, who, f"By other means {turn}", by_phone=kind == 5))
        fake.events.follow(customers.last(fake, who, "OUTBOUND"))
    elif kind == 0 and turn > 1:
        change = customers.edit if turn % 2 else customers.revoke
        shop.tell(change(fake, who, *([f"I meant {turn}"] if turn % 2 else [])))
    elif kind == 6 and not is_new:
        shop.write(index, f"By our site {turn}")
        shop.pass_time(1)
    else:
        shop.tell(customers.text(fake, who, f"Are you there? {turn}", name=name))


def has_answer(fake: FakeChakra, who: str) -> bool:
    try:
        customers.last(fake, who, "OUTBOUND")
    except LookupError:
        return False
    return True


def monday(shop: Shop, people: int) -> None:
    """The webhook is there again, and some write."""
    shop.pass_time(6 * HOUR)
    for index in range(0, people, 3):
        shop.tell(customers.text(shop.fake, customer(index), "Good morning", name=f"Ana {index}"))
    shop.settle()


def play(shop: Shop, settings: Any, *, people: int, rounds: int, cut: bool) -> None:
    """All three days."""
    with on(shop, settings):
        friday(shop, people)
        with shop.cut(cut):
            weekend(shop, people, rounds)
        monday(shop, people)


@contextmanager
def on(shop: Shop, settings: Any) -> Iterator[None]:
    """The site's clients lead to this shop's platform."""
    before = settings.CHAKRA
    settings.CHAKRA = {**settings_for(shop.fake), "WINDOW": "allow"}
    with mounted(shop.fake):
        yield
    settings.CHAKRA = before
