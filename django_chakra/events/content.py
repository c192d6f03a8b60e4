"""What a message says, for each type: its role, what a person reads, and what it is about. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from .base import Json, Unreadable, mapping
from .ids import platform_id
from .storable import storable_text

#: Under this a copy made of a list keeps the entry as it was listed.
LISTED = "listed"

BUBBLE, REACTION, EDIT, REVOKE, NOTICE = "bubble", "reaction", "edit", "revoke", "notice"


class Content(NamedTuple):
    """What a message says.

    ``role`` is "bubble", "reaction", "edit", "revoke" or "notice"; ``text`` what a person reads, ""
    for media without words; ``target`` the external id of the message that a reaction, edit or
    revoke is about, else "".
    """

    role: str
    text: str
    target: str = ""


def type_of(item: Mapping[str, Json]) -> str:
    """The platform's word for what a message is; Unreadable when it has none.

    A text without the word is taken for a text: some relays leave it out.
    """
    word = item.get("type")
    if word is None and "text" in item:
        return "text"
    if not isinstance(word, str) or not word:
        raise Unreadable("type is no word")
    return word


def content_of(item: Mapping[str, Json]) -> Content:
    """What an item of ``messages[]`` says; a type that nobody has named is a bubble without text.

    Unreadable where what makes the type is missing: a text without a body, a reaction to nothing.
    """
    word = type_of(item)
    role, read = KINDS.get(word, (BUBBLE, _nothing))
    part = item.get(word)
    return Content(role, read(part, item), _target(role, mapping(part)))


def is_partial(item: Mapping[str, Json]) -> bool:
    """Whether the platform could not say in this copy what the message is."""
    return item.get("type") in ("media_placeholder", "unsupported", "unknown", "errors")


def is_listed(item: Mapping[str, Json]) -> bool:
    """Whether this copy is of the platform's list of messages (see :mod:`.listed`), which says
    less than what it posts."""
    return LISTED in item


def _target(role: str, part: Mapping[str, Json]) -> str:
    """What the message is about; Unreadable when it must be about one and names none."""
    if role not in (REACTION, EDIT, REVOKE):
        return ""
    # The platform's page prints a reaction's key once with three s.
    keys = ("message_id", "messsage_id") if role == REACTION else ("original_message_id",)
    found = next(filter(None, (platform_id(part.get(key)) for key in keys)), "")
    if not found:
        raise Unreadable(f"the {role} names no message")
    return found


# --- what a person reads, by type --------------------------------------------------------------


def _nothing(part: Json, item: Mapping[str, Json]) -> str:
    return ""


def _text(part: Json, item: Mapping[str, Json]) -> str:
    """What somebody wrote, whole; a relay has the text itself where Meta has an object."""
    body = part if isinstance(part, str) else mapping(part).get("body")
    if isinstance(body, bool) or not isinstance(body, str | int | float):
        raise Unreadable("text has no body")
    return storable_text(body)


def _caption(part: Json, item: Mapping[str, Json]) -> str:
    return storable_text(mapping(part).get("caption"))


def _document(part: Json, item: Mapping[str, Json]) -> str:
    return _first(mapping(part), "caption", "filename")


def _location(part: Json, item: Mapping[str, Json]) -> str:
    """Name and address, else the coordinates."""
    place = mapping(part)
    words = _lines(storable_text(place.get(key)) for key in ("name", "address"))
    numbers = [storable_text(place.get(key)) for key in ("latitude", "longitude")]
    return words or (", ".join(numbers) if all(numbers) else "")


def _contacts(part: Json, item: Mapping[str, Json]) -> str:
    """The names on the cards, each with its first phone number."""
    lines = []
    for card in map(mapping, _listed(part)):
        name = mapping(card.get("name"))
        full = _first(name, "formatted_name", "first_name", "last_name")
        phones = (_first(mapping(phone), "phone", "wa_id") for phone in _listed(card.get("phones")))
        phone = next(filter(None, phones), "")
        company = storable_text(mapping(card.get("org")).get("company"))
        lines.append(" · ".join(filter(None, (full or company, phone))))
    return _lines(lines)


def _order(part: Json, item: Mapping[str, Json]) -> str:
    """The customer's words, a line for each product, and the total where one can be made."""
    order = mapping(part)
    products = [mapping(product) for product in _listed(order.get("product_items"))]
    lines = [storable_text(order.get("text")), *map(_product, products)]
    return _lines([*lines, _total(products)])


def _product(product: Mapping[str, Json]) -> str:
    quantity = _first(product, "quantity") or "?"
    price = " ".join(filter(None, (_first(product, "item_price"), _first(product, "currency"))))
    name = _first(product, "product_retailer_id") or "?"
    return f"{quantity} × {name}" + (f" at {price}" if price else "")


def _total(products: list[dict[str, Json]]) -> str:
    """The sum in one currency; "" when there are several, or a number that is none."""
    currencies = {_first(product, "currency") for product in products}
    try:
        amounts = [_number(p.get("quantity")) * _number(p.get("item_price")) for p in products]
    except ValueError:
        return ""
    if not products or len(currencies) != 1:
        return ""
    return f"Total: {sum(amounts):.2f} {currencies.pop()}".rstrip()


def _number(value: Json) -> float:
    """A number or its spelling; ValueError for anything else, and for what no price can be."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    if isinstance(value, str) and (len(value) > 20 or not value.isascii() or "_" in value):
        raise ValueError
    number = float(value) if not isinstance(value, int) or abs(value) < 10**12 else 1e15
    if not abs(number) < 1e12:  # False for NaN too.
        raise ValueError
    return number


def _button(part: Json, item: Mapping[str, Json]) -> str:
    return _first(mapping(part), "text", "payload")


def _interactive(part: Json, item: Mapping[str, Json]) -> str:
    """The chosen button or row, the answers of a flow, yes or no to a call."""
    parts = mapping(part)
    word = parts.get("type")
    if not isinstance(word, str):
        return ""
    reply = mapping(parts.get(word))
    if word == "nfm_reply":
        return _flow_reply(reply)
    if word == "call_permission_reply":
        answer = _first(reply, "response")
        return f"Call permission: {answer}" if answer else ""
    # Ours, in echoes: what the body says.
    return _first(reply, "title", "id") or _first(mapping(parts.get("body")), "text")


def _flow_reply(reply: Mapping[str, Json]) -> str:
    """The answers of a flow, one per line: JSON inside a string, which may be anything."""
    written = reply.get("response_json")
    try:
        answers = json.loads(written) if isinstance(written, str) else written
    except (ValueError, RecursionError):
        answers = written
    if isinstance(answers, dict):
        given = {key: text for key, value in answers.items() if (text := _answer(value))}
        given.pop("flow_token", None)
        lines = _lines(f"{storable_text(key)}: {text}" for key, text in given.items())
    else:
        lines = _answer(answers)
    return lines or storable_text(reply.get("body"))


def _answer(value: Json) -> str:
    """One answer of a flow as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        # The fields of an address.
        value = list(value.values())
    if isinstance(value, list):
        return ", ".join(filter(None, map(storable_text, value)))
    return storable_text(value)


def _reaction(part: Json, item: Mapping[str, Json]) -> str:
    """The emoji; "" when the reaction was taken back, which the platform spells in two ways."""
    return storable_text(mapping(part).get("emoji"))


def _edit(part: Json, item: Mapping[str, Json]) -> str:
    """The new words. An edit of media carries only its caption."""
    inner = mapping(mapping(part).get("message"))
    word = inner.get("type")
    if word in ("edit", "revoke", "reaction"):
        raise Unreadable("an edit that is no message")
    says = isinstance(word, str) or (word is None and "text" in inner)
    return content_of(inner).text if says else ""


def _system(part: Json, item: Mapping[str, Json]) -> str:
    return _first(mapping(part), "body", "type")


def _unsupported(part: Json, item: Mapping[str, Json]) -> str:
    """What the platform says instead, after the words if there are some all the same."""
    words = storable_text(mapping(item.get("text")).get("body"))
    inner = storable_text(mapping(part).get("type"), 64)
    causes = [mapping(cause) for cause in _listed(item.get("errors"))]
    reason = next(filter(None, (_first(cause, "title", "message") for cause in causes)), "")
    about = inner or reason or "of a type that WhatsApp does not pass on"
    return _lines([words, f"Unsupported message: {about}"])


def _template(part: Json, item: Mapping[str, Json]) -> str:
    """In echoes: the name, and the texts that were filled in."""
    template = mapping(part)
    filled = [
        storable_text(mapping(parameter).get("text"))
        for component in map(mapping, _listed(template.get("components")))
        for parameter in _listed(component.get("parameters"))
    ]
    return _lines([_first(template, "name"), *filled])


def _first(values: Mapping[str, Json], *keys: str) -> str:
    """The first of the keys that has a text."""
    return next(filter(None, (storable_text(values.get(key)) for key in keys)), "")


def _lines(words: Iterable[str]) -> str:
    return "\n".join(filter(None, words))


def _listed(value: Json) -> Iterator[Json]:
    """The entries of a list; nothing of any other value."""
    yield from value if isinstance(value, list) else ()


_Text: TypeAlias = Callable[[Json, Mapping[str, Json]], str]

KINDS: dict[str, tuple[str, _Text]] = {
    "text": (BUBBLE, _text),
    "image": (BUBBLE, _caption),
    "video": (BUBBLE, _caption),
    "audio": (BUBBLE, _caption),
    "voice": (BUBBLE, _caption),
    "document": (BUBBLE, _document),
    "sticker": (BUBBLE, _nothing),
    "location": (BUBBLE, _location),
    "contacts": (BUBBLE, _contacts),
    "interactive": (BUBBLE, _interactive),
    "button": (BUBBLE, _button),
    "order": (BUBBLE, _order),
    "template": (BUBBLE, _template),
    "unsupported": (BUBBLE, _unsupported),
    "unknown": (BUBBLE, _unsupported),
    "errors": (BUBBLE, _unsupported),
    "media_placeholder": (BUBBLE, _nothing),
    "reaction": (REACTION, _reaction),
    "edit": (EDIT, _edit),
    "revoke": (REVOKE, _nothing),
    "system": (NOTICE, _system),
    "request_welcome": (NOTICE, _nothing),
}
"""By the platform's word: the role, and the function that gives the text."""
