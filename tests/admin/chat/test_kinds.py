"""Every kind of message is drawn as what it is, and whatever stands in it is text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from django_chakra.admin.chat import reading
from django_chakra.events import content
from django_chakra.models import Conversation, MediaFile, Message
from django_chakra.testing import samples
from tests.admin.looking import list_url, see
from tests.admin.test_every_kind import assert_harmless, post_all
from tests.posting import process_all, stored

from .scenes import (
    CHOICES,
    PARTS,
    echo,
    every_kind,
    hear,
    keep,
    ours,
    template_part,
    template_row,
    thread_url,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path)}


def drawn(client: Client, message: Message) -> str:
    """What the thread shows of one message, on one line."""
    page = see(client, thread_url(message.conversation))
    found = page.partition(f'id="m{message.pk}"')[2].partition("</li>\n")[0]
    return " ".join(found.split('<p class="chat-foot"')[0].split())


def test_no_kind_is_forgotten() -> None:
    """What the events know as a bubble the chat can draw, and nothing else."""
    bubbles = {word for word, (role, _read) in content.KINDS.items() if role == content.BUBBLE}
    assert set(reading.READERS) == bubbles


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("text", ['<p class="chat-text" dir="auto">Good morning! Is the blue']),
        ("image", ['<img src="', 'alt="Picture: picture.png"', "The one in this picture"]),
        ("video", ["<video src=", 'aria-label="Video: clip.mp4"', "How it rides"]),
        ("audio", ["<audio src=", 'aria-label="Voice message"']),
        ("voice", ["<audio src=", 'aria-label="Voice message"']),
        ("document", ['dir="auto">invoice 7.pdf</a>', "Document · 549"]),
        ("sticker", ['<img src="', 'alt="Sticker: ']),
        ("location", ["Gate", "Pariser Platz 1", "52.5163, 13.3777", 'rel="noopener noreferrer"',
                      "https://www.openstreetmap.org/?mlat=52.5163&amp;mlon=13.3777"]),
        ("contacts", ["Bruno Lima", "Bicycles &amp; Sons", "+55 11 97777-6666",
                      "bruno@example.com"]),
        ("order", ["bell-1", "25.00 EUR", "lock-9", "32.00 EUR", "for tomorrow, please"]),
        ("interactive", ["Chose from a list", "Afternoon", "From two to six"]),
        ("button", ["Chose a button", "Yes, please"]),
        ("unsupported", ["WhatsApp does not pass this message on", "poll_creation"]),
        ("hologram", ["A message of a kind that is not known here: hologram"]),
    ],
)  # fmt: skip
def test_a_kind_is_drawn_as_what_it_is(staff: Client, kind: str, seen: list[str]) -> None:
    """Each of what customers send has its own shape, and says all that it says."""
    message = hear(kind)
    if MediaFile.objects.exists():
        keep(message, filename=PARTS[kind].get("filename", ""))
    page = drawn(staff, message)
    for words in seen:
        assert words in page
    assert 'src="http' not in page


@pytest.mark.parametrize(
    ("word", "seen"),
    [
        ("button_reply", ["Chose a button", "Call me back"]),
        ("nfm_reply", ["Filled in a form", ">guests</dt>", ">2</dd>", ">yes</dd>"]),
        ("call_permission_reply", ["They may be called"]),
    ],
)
def test_a_choice_is_drawn_as_what_it_is(staff: Client, word: str, seen: list[str]) -> None:
    """Buttons, forms and permissions; the token of a form is nobody's business."""
    page = drawn(staff, hear("interactive", {"type": word, word: CHOICES[word]}))
    for words in seen:
        assert words in page
    assert "flow_token" not in page


def test_a_template_reads_as_the_customer_reads_it(staff: Client) -> None:
    """Header, body with its values, footer, buttons; without the template name and values."""
    conversation = hear().conversation
    payload = {"type": "template", "template": template_part("Ana", "blue <i>bicycle")}
    text = "pick_up\nAna\nblue <i>bicycle"
    row = ours(conversation, text, kind="template", payload=payload)
    bare = drawn(staff, row)
    assert "pick_up · en" in bare
    assert "blue &lt;i&gt;bicycle" in bare
    template_row()
    page = drawn(staff, row)
    for words in (
        "Ready for you", "Hello Ana, your blue &lt;i&gt;bicycle can be picked up.",
        "Bicycles &amp; Sons", "I am coming", "https://example.com/where",
    ):  # fmt: skip
        assert words in page


def test_a_template_of_chakras_mapping(staff: Client) -> None:
    """Values that were given by Chakra's own endpoint stand in their places too."""
    template_row()
    given = {"template": "pick_up", "language": "en", "body": ["Ana", "bell"]}
    payload = {
        "type": "template",
        "template": {"name": "pick_up", "language": {"code": "en"}},
        "chakra_template": given,
    }
    row = ours(hear().conversation, "pick_up", kind="template", payload=payload)
    assert "Hello Ana, your bell can be picked up." in drawn(staff, row)


def test_what_we_offer_to_tap_on(staff: Client) -> None:
    """Buttons and lists of ours show what they offer."""
    hear()
    rows = [{"id": "a", "title": "Afternoon", "description": "two to six"}]
    offer = {
        "type": "list",
        "header": {"type": "text", "text": "A question"},
        "body": {"text": "When?"},
        "footer": {"text": "until six"},
        "action": {"button": "Choose", "sections": [{"title": "Today", "rows": rows}]},
    }
    page = drawn(staff, echo("interactive", offer))
    for words in ("A question", "When?", "until six", "Choose", "Today", "Afternoon", "two to six"):
        assert words in page


def test_what_led_to_it(staff: Client) -> None:
    """An advertisement and a product stand over what was written; their address is text."""
    referral = {"source_type": "ad", "headline": "Ten off", "source_url": "https://ads.example/1"}
    product = {"referred_product": {"product_retailer_id": "sku-1", "catalog_id": "7"}}
    page = drawn(staff, hear(referral=referral, context=product))
    for words in ("Came from an advertisement", "Ten off", "https://ads.example/1", "sku-1"):
        assert words in page
    assert "href=" not in page


@pytest.mark.parametrize("state", ["waiting", "failed", "expired", "skipped"])
def test_a_file_that_is_not_here(staff: Client, state: str) -> None:
    """It is named with why it is not here, and nothing is loaded from anywhere."""
    message = hear("image")
    MediaFile.objects.update(state=state, error="Meta said no <b>")
    page = drawn(staff, message)
    assert "<img" not in page
    assert "Meta said no &lt;b&gt;" in page
    assert f"/mediafile/{MediaFile.objects.get().pk}/change/" in page
    assert ("data-moving" in page) == (state == "waiting")


def test_a_file_that_is_not_what_it_says(staff: Client) -> None:
    """A picture that says it is a page is a link to be saved."""
    message = hear("image")
    keep(message, mime_type="text/html", filename="x.html")
    page = drawn(staff, message)
    assert "<img" not in page
    assert ">x.html</a>" in page


@pytest.mark.parametrize(
    "part",
    [
        {"latitude": "1e-999999999", "longitude": "0e-999999999"},
        {"latitude": "javascript:alert(1)", "longitude": 1},
        {"latitude": float("1e300"), "longitude": -1},
        {"latitude": True, "longitude": None},
        {},
    ],
)
def test_a_place_that_is_none(staff: Client, part: dict[str, Any]) -> None:
    """What is no coordinate leads nowhere."""
    page = drawn(staff, hear("location", part))
    assert "openstreetmap" not in page
    assert len(page) < 5000


@pytest.mark.parametrize(
    "products",
    [
        [{"product_retailer_id": "a", "quantity": "x", "item_price": 2, "currency": "EUR"}],
        [{"quantity": 1, "item_price": 2, "currency": "EUR"},
         {"quantity": 1, "item_price": 2, "currency": "BRL"}],
        [{"quantity": 1, "item_price": "1e-99999999", "currency": "EUR"}],
        [], "x", [None],
    ],
)  # fmt: skip
def test_an_order_without_a_sum(staff: Client, products: Any) -> None:
    """Where there is no single sum none is shown."""
    page = drawn(staff, hear("order", {"text": "please", "product_items": products}))
    assert "please" in page
    assert "<tfoot>" not in page


SPOKEN = [name for name in samples.names() if re.search("message|history|standby", name)]


def test_every_sample(staff: Client) -> None:
    """Whatever the platform is known to post, threads can be opened, and show each bubble."""
    for name in SPOKEN:
        stored(samples.load(name))
    process_all()
    bubbles = Message.objects.filter(role="bubble")
    assert bubbles.count() > 80
    seen: set[int] = set()
    for conversation in Conversation.objects.all():
        place = "0-0"
        while place:
            page = see(staff, thread_url(conversation, f"?after={place}"))
            seen |= {int(pk) for pk in re.findall(r'data-key="m(\d+)"', page)}
            place = re.findall(r'data-newer="([^"]*)"', page)[0]
    assert seen >= set(bubbles.values_list("pk", flat=True))


@pytest.mark.parametrize("all_of_it", [False, True], ids=["texts", "everything"])
def test_it_is_text_in_the_chat(staff: Client, all_of_it: bool) -> None:
    """Markup in whatever field of whatever kind is text in inbox and threads."""
    post_all(all_of_it=all_of_it)
    inbox = list_url(Conversation, "?show=all")
    assert_harmless(inbox, see(staff, inbox))
    seen = 0
    for conversation in Conversation.objects.all():
        for query in ("", "?after=0-0"):
            url = thread_url(conversation, query)
            page = see(staff, url)
            assert_harmless(url, page)
            seen += len(re.findall(r'data-key="m\d+"', page))
        for name in ("updates", "bubbles"):
            url = reverse(f"admin:django_chakra_conversation_{name}", args=[conversation.pk])
            assert_harmless(url, staff.get(url).json()["bubbles"])
    assert seen > (20 if all_of_it else 100)


def test_markup_in_what_is_set_here(staff: Client) -> None:
    """In names of files, templates, errors and colleagues too."""
    hostile = "\"'><script>window.x=1</script><img src=x onerror=alert(1)>"
    conversation = every_kind()
    MediaFile.objects.update(filename=hostile, error=hostile)
    Message.objects.update(error_title=hostile, error_details=hostile)
    User.objects.update(first_name=hostile)
    first = Message.objects.order_by("sort_at")[0]
    for query in ("", f"?message={first.pk}"):
        url = thread_url(conversation, query)
        assert_harmless(url, see(staff, url))
