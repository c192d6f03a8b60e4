"""Files that come wrong by rule, as a client sees them; and real bytes of every kind."""

import hashlib
import io
import re

import pytest

from django_chakra.client import Chakra
from django_chakra.exceptions import NoAnswer, TooLarge, UnreadableAnswer, UnsafeUrl
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra, customers, misbehaviour, spoiling
from django_chakra.testing.fake.misbehaviour import misbehave

from .prepared import CUSTOMER

PICTURE = samples.file("picture.jpg")


@pytest.fixture
def id(fake: FakeChakra) -> str:
    """A picture of a customer's."""
    customers.media(fake, CUSTOMER)
    return next(one.id for one in fake.state.media.values() if one.content == PICTURE)


def shown(chakra: Chakra, id: str, *, limit: int = 10**9) -> tuple[str, bytes]:
    """Type and bytes of a file."""
    to = io.BytesIO()
    found = chakra.media.show(id, to=to, limit=limit)
    return found.content_type, to.getvalue()


@pytest.mark.parametrize(
    ("rule", "content_type", "content"),
    [
        ("wrong-hash", "image/jpeg", PICTURE[:-1] + bytes([PICTURE[-1] ^ 1])),
        ("wrong-type", "application/pdf", b"%PDF-1.4"),
        ("html-media", "text/html", None),
        ("empty-media", "image/jpeg", b""),
    ],
)
def test_what_comes_is_wrong(
    chakra: Chakra, fake: FakeChakra, id: str, rule: str, content_type: str, content: bytes | None
) -> None:
    """With 200, whichever way the file is asked for."""
    misbehave(fake, rule)
    for found in (shown(chakra, id), _attached(chakra, id), _downloaded(chakra, id)):
        assert found[0] == content_type
        assert found[1] != PICTURE
        assert content is None or found[1] == content


def _attached(chakra: Chakra, id: str) -> tuple[str, bytes]:
    to = io.BytesIO()
    return chakra.media.attachments(id, to=to).content_type, to.getvalue()


def _downloaded(chakra: Chakra, id: str) -> tuple[str, bytes]:
    to = io.BytesIO()
    url = chakra.media.fetch(id)["url"]
    return chakra.media.download(url, to=to).content_type, to.getvalue()


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("gzip-media", UnreadableAnswer),
        ("large-media", TooLarge),
        ("endless-media", TooLarge),
        ("elsewhere-media", UnsafeUrl),
    ],
)
def test_what_no_client_takes(
    chakra: Chakra, fake: FakeChakra, id: str, rule: str, error: type[Exception]
) -> None:
    """It gives up, and the next request is answered as ever."""
    misbehave(fake, f"{rule}:first=1")
    with pytest.raises(error):
        shown(chakra, id, limit=5_000_000)
    assert shown(chakra, id) == ("image/jpeg", PICTURE)


def test_what_never_ends_takes_as_long_as_the_client_lets_it(
    chakra: Chakra, fake: FakeChakra, id: str
) -> None:
    """A limit of time ends it as well."""
    misbehave(fake, "endless-media")
    with pytest.raises(NoAnswer):
        chakra.media.show(id, to=io.BytesIO(), limit=10**12, seconds=0.05)


def test_which_requests_are_spoiled(chakra: Chakra, fake: FakeChakra, id: str) -> None:
    """Those for bytes of a file that is there; what is asked beside them does not count."""
    misbehave(fake, "html-media:first=1")
    chakra.health.check()
    assert chakra.media.fetch(id)["mime_type"] == "image/jpeg"
    assert shown(chakra, id)[0] == "text/html"
    assert shown(chakra, id)[0] == "image/jpeg"
    misbehave(fake, f"wrong-type:on=*/media/{id}/*")
    customers.media(fake, CUSTOMER, "sticker")
    other = next(reversed(fake.state.media))
    assert (shown(chakra, id)[0], shown(chakra, other)[0]) == ("application/pdf", "image/webp")


def test_each_rule_is_documented() -> None:
    """The table names the rules, no more and no fewer."""
    table = re.findall(r"^``([\w-]+)``", spoiling.__doc__ or "", re.MULTILINE)
    assert tuple(table) == spoiling.NAMES
    of_all = re.findall(r"^``([\w-]+)``", misbehaviour.__doc__ or "", re.MULTILINE)
    assert set(misbehaviour.NAMES) - {*of_all, *spoiling.NAMES} == set()


@pytest.mark.parametrize("kind", customers.FILES)
def test_customers_send_real_files(chakra: Chakra, fake: FakeChakra, kind: str) -> None:
    """Small ones of each kind, which the event names by id and digest, and on request by URL."""
    fact = customers.media(fake, CUSTOMER, kind, has_url=True)
    for part in (
        fact.documents["chakra"]["payload"]["message"][kind],
        fact.documents["meta"]["entry"][0]["changes"][0]["value"]["messages"][0][kind],
    ):
        found = shown(chakra, part["id"])
        assert found == (part["mime_type"], samples.file(customers.FILES[kind]))
        assert part["sha256"] == hashlib.sha256(found[1]).hexdigest()
        assert part["url"] == customers.LOOKASIDE.format(id=part["id"])
