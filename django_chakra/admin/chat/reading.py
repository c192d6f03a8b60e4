"""From a message to the parts of its bubble, by the platform's word for what it is. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from ...events import storable_text
from ...events.base import mapping
from . import files, letters
from .parts import (
    Advert,
    Answers,
    Card,
    Choice,
    Order,
    OrderLine,
    Part,
    Place,
    Product,
    Unshown,
    Words,
)
from .said import Said, objects

#: Cards, products and answers of one message that are drawn.
MOST = 50

Read = Callable[[Said], Iterator[Part]]


def parts(said: Said) -> tuple[Part, ...]:
    """What it is made of; at least one part, whatever was posted."""
    found = [*_leading(said), *READERS.get(said.kind, _anything)(said)]
    return tuple(found) or tuple(_anything(said))


def _leading(said: Said) -> Iterator[Part]:
    """What led to it: an advertisement, a product."""
    referral = mapping(said.item.get("referral"))
    if referral:
        yield Advert(
            label=_("Came from a post") if referral.get("source_type") == "post"
            else _("Came from an advertisement"),
            headline=said.words(referral, "headline"),
            text=said.words(referral, "body"),
            source=said.words(referral, "source_url", "sourceUrl", "source_id", "sourceId"),
        )  # fmt: skip
    product = mapping(mapping(said.item.get("context")).get("referred_product"))
    if product:
        yield Product(
            said.words(product, "product_retailer_id") or "?", said.words(product, "catalog_id")
        )


def _words(said: Said) -> Iterator[Part]:
    yield Words(said.text)


def _file(said: Said) -> Iterator[Part]:
    shown = files.file(said)
    yield shown
    if said.text and said.text not in (shown.name, said.words(mapping(said.part), "filename")):
        yield Words(said.text)


def _place(said: Said) -> Iterator[Part]:
    place = mapping(said.part)
    numbers = [_degrees(place.get(key)) for key in ("latitude", "longitude")]
    latitude, longitude = numbers
    url, shown = "", ""
    if latitude is not None and longitude is not None:
        shown = f"{latitude}, {longitude}"
        url = (
            f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
            f"#map=16/{latitude}/{longitude}"
        )
    yield Place(said.words(place, "name"), said.words(place, "address"), shown, url)


def _degrees(value: Any) -> str | None:
    """A coordinate as digits, whatever it was written as; None for anything else."""
    number = _decimal(value)
    return format(number, "f") if number is not None and abs(number) <= 180 else None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    if len(text) > 24 or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(int(number.as_tuple().exponent)) > 24:
        return None  # written out it would be as long as anybody likes
    return number if abs(number) < Decimal(10) ** 12 else None


def _cards(said: Said) -> Iterator[Part]:
    for card in list(objects(said.part))[:MOST]:
        name = mapping(card.get("name"))
        company = said.words(mapping(card.get("org")), "company")
        full = said.words(name, "formatted_name", "first_name", "last_name")
        yield Card(full or company or "?", company if full else "", tuple(_card_lines(said, card)))


def _card_lines(said: Said, card: Mapping[str, Any]) -> Iterator[str]:
    keys = {"phones": ("phone", "wa_id"), "emails": ("email",), "urls": ("url",)}
    for key, names in keys.items():
        for one in list(objects(card.get(key)))[:MOST]:
            yield said.names.card_line(said.words(one, *names))
    for one in list(objects(card.get("addresses")))[:MOST]:
        parts = (storable_text(one.get(k)) for k in ("street", "zip", "city", "state", "country"))
        yield said.names.card_line(", ".join(filter(None, parts)))


def _order(said: Said) -> Iterator[Part]:
    order = mapping(said.part)
    products = list(objects(order.get("product_items")))[:MOST]
    sums = [_sum(one) for one in products]
    currencies = {storable_text(one.get("currency")) for one in products}
    total = ""
    if products and None not in sums and len(currencies) == 1:
        whole = sum((one for one in sums if one is not None), Decimal())
        total = said.names.words(_money(whole, products[0]))
    lines = tuple(
        OrderLine(
            quantity=said.words(one, "quantity") or "?",
            product=said.words(one, "product_retailer_id") or "?",
            price=said.names.words(_money(_decimal(one.get("item_price")), one)),
            sum=said.names.words(_money(of_line, one)),
        )
        for one, of_line in zip(products, sums, strict=True)
    )
    yield Order(said.words(order, "text"), lines, total)


def _sum(product: Mapping[str, Any]) -> Decimal | None:
    quantity, price = _decimal(product.get("quantity")), _decimal(product.get("item_price"))
    return None if quantity is None or price is None else quantity * price


def _money(amount: Decimal | None, of: Mapping[str, Any]) -> str:
    return "" if amount is None else f"{amount:.2f} {storable_text(of.get('currency'), 12)}".strip()


def _button(said: Said) -> Iterator[Part]:
    yield Choice(_("Chose a button"), said.text)


def _interactive(said: Said) -> Iterator[Part]:
    """What a customer chose or filled in; what we offered."""
    part = mapping(said.part)
    word = storable_text(part.get("type"))
    reply = mapping(part.get(word))
    if word in ("button_reply", "list_reply"):
        label = _("Chose a button") if word == "button_reply" else _("Chose from a list")
        yield Choice(label, said.words(reply, "title", "id"), said.words(reply, "description"))
    elif word == "nfm_reply":
        yield _answers(said, reply)
    elif word == "call_permission_reply":
        words = {"accept": _("They may be called"), "reject": _("They don't want to be called")}
        answer = said.words(reply, "response")
        yield Choice(_("Answered whether they may be called"), words.get(answer, answer))
    elif "action" in part or "body" in part:
        yield letters.tapped(said)
    else:
        yield Unshown(
            _("Something to tap on, of a kind that is not known here"),
            said.text or said.names.words(word),
        )


def _answers(said: Said, reply: Mapping[str, Any]) -> Answers:
    """The answers of a flow: JSON inside a string, which may be anything."""
    written = reply.get("response_json")
    try:
        given = json.loads(written) if isinstance(written, str) else written
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return Answers((), said.text)
    lines = [line.partition(": ") for line in said.message.text.splitlines()]
    keys = {storable_text(key) for key in given}
    rows = tuple(
        (said.names.words(key), said.names.words(value))
        for key, colon, value in lines[:MOST]
        if colon and key in keys
    )
    return Answers(rows, "" if len(rows) == len(lines) else said.text)


def _letter(said: Said) -> Iterator[Part]:
    yield letters.template(said)


def _unsupported(said: Said) -> Iterator[Part]:
    yield Unshown(_("WhatsApp does not pass this message on"), said.text)


def _placeholder(said: Said) -> Iterator[Part]:
    yield Unshown(_("A file that the platform has not passed on yet"), said.text)


def _anything(said: Said) -> Iterator[Part]:
    label = _("A message of a kind that is not known here: %(kind)s")
    yield Unshown(label % {"kind": said.names.words(said.kind)}, said.text)


READERS: dict[str, Read] = {
    "text": _words,
    "image": _file,
    "video": _file,
    "audio": _file,
    "voice": _file,
    "document": _file,
    "sticker": _file,
    "location": _place,
    "contacts": _cards,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
    "template": _letter,
    "unsupported": _unsupported,
    "unknown": _unsupported,
    "errors": _unsupported,
    "media_placeholder": _placeholder,
}
"""By the platform's word, as :data:`django_chakra.events.content.KINDS` has those of bubbles."""
