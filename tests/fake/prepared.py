"""A fake that has what the rows of the client's table and the official facts ask for."""

from django_chakra.client import Chakra
from django_chakra.testing.fake import Clock, FakeChakra
from django_chakra.testing.fake.beginning import PIXELS
from django_chakra.testing.fake.state import Chat, Entry, Group, Job, Media, Photo, Process

from ..client.rows import PATHS, PHONE, PLUGIN, WABA

NOW = 1_790_000_000.0
CUSTOMER = "5511988887777"
GROUP = "120363000000000001"
TOKEN = "example-token"


def fake() -> FakeChakra:
    """One with a customer who has just written, and a thing of each kind."""
    made = FakeChakra(
        token=TOKEN, plugin_id=PLUGIN, phone_number_id=PHONE, waba_id=WABA, clock=Clock(NOW)
    )
    state = made.state
    message = made.hear(CUSTOMER, "text", "hello", name="Ana", wamid="wamid.IN")
    state.chats["chat-1"] = Chat("chat-1", PHONE, CUSTOMER, "Ana", NOW)
    message.chat_id = "chat-1"
    state.media["m-1"] = Media("m-1", PIXELS)
    state.users["u-1"] = dict(next(iter(state.users.values())))
    state.photos["p-1"] = Photo("p-1", PIXELS, NOW)
    entries = [Entry("e-1", "create", {}, "SUCCESS"), Entry("e-2", "create", {}, "ERROR")]
    state.jobs["j-1"] = Job("j-1", "lead", NOW, NOW, entries, NOW)
    state.groups[GROUP] = Group(GROUP, PHONE, "Neighbours", NOW, "Keys", "https://x.example/")
    state.groups[GROUP].participants.append(CUSTOMER)
    state.groups[GROUP].join_requests["J-1"] = "5511977776666"
    state.campaigns["c-1"] = [CUSTOMER]
    state.procedures.add("ticket")
    data = {"phone_number": CUSTOMER}
    state.processes["lead-1"] = Process("lead-1", "lead", "LEAD-1", NOW, data)
    return made


def client(base_url: str = "https://api.chakrahq.com", token: str = TOKEN) -> Chakra:
    """A client that has every id and every path."""
    return Chakra(
        token=token, plugin_id=PLUGIN, phone_number_id=PHONE, waba_id=WABA,
        base_url=base_url, paths=PATHS,
    )  # fmt: skip
