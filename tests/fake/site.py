"""A site that only looks: what a fake posted, and whether it was signed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django_chakra import events
from django_chakra.client import Chakra
from django_chakra.signature import CHAKRA_HEADER, matches
from django_chakra.testing.fake import Clock, FakeChakra, Habits

from . import prepared

URL = "https://shop.example/chakra/webhook/"
PHONE = "300000000000001"
ANA, BRUNO = "5511988887777", "5511977776666"


@dataclass
class Site:
    """Takes posts, and answers all with the same status."""

    status: int = 200
    secret: str = "example-secret"
    posts: list[tuple[str, bool, bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert url == URL
        header = headers.get(CHAKRA_HEADER, "")
        self.posts.append((url, matches(body, header, [self.secret]), body))
        return self.status

    def read(self) -> list[Any]:
        """What our package reads in all of it."""
        found: list[Any] = []
        for _, is_signed, body in self.posts:
            assert is_signed
            found += events.read(body)
        return found

    def kinds(self) -> list[str]:
        return [one.kind for one in self.read()]


def made(habits: Habits | None = None, **options: Any) -> FakeChakra:
    """A fake whose clock stands, in which Ana wrote a moment ago."""
    given = {"webhook_url": URL, "format": "both", **options}
    fake = FakeChakra(habits=habits, clock=Clock(prepared.NOW), **given)
    fake.hear(ANA, "text", "hello", name="Ana")
    return fake


def client_of(fake: FakeChakra) -> Chakra:
    """Without a socket."""
    client = Chakra(
        token=fake.token,
        plugin_id=fake.plugin_id,
        phone_number_id=fake.phone_number_id,
        waba_id=fake.waba_id,
    )
    fake.mount(client)
    return client


def say(client: Chakra, body: str = "Hi", to: str = ANA, **more: Any) -> str:
    """Send a text; gives its wamid."""
    answer = client.session_messages.send(to=to, type="text", text={"body": body}, **more)
    return str(answer["whatsappMessageId"])


def pass_time(fake: FakeChakra, site: Site, seconds: float = 60.0) -> None:
    """Let the clock run up to then, from one event to the next."""
    end = fake.clock.now() + seconds
    fake.post_due(site)
    while (due := fake.events.next_at) is not None and due <= end:
        fake.clock.set(max(due, fake.clock.now()))
        fake.post_due(site)
    fake.clock.set(end)
