"""How the platform's ids and phone numbers are spelt in our rows."""

import hashlib
import re

from .base import Identity
from .storable import clean, storable_text

MAX_ID = 255

_MAX_PHONE = 32
_PHONE_MARKS = str.maketrans("", "", "+-() ")
_NO_DIGIT = re.compile(r"[^0-9]")


def platform_id(value: object) -> str:
    """The id as our columns and lookups spell it; "" when the value is no id. Never raises.

    A string or an integer. What a column of 255 characters cannot hold byte for byte (longer, with
    NUL or with a lone surrogate) is "sha256:" and the hex digest of its UTF-8.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = storable_text(value)
    if not isinstance(value, str):
        return ""
    if len(value) <= MAX_ID and clean(value) == value:
        return value
    return hashed(value)


def hashed(text: str) -> str:
    """An id made of a text: "sha256:" and 64 hex digits."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_wamid(value: object) -> bool:
    """Whether the value is surely WhatsApp's own id of a message, whatever its key."""
    return isinstance(value, str) and value.startswith("wamid.")


def phone_digits(value: object) -> str:
    """The digits of a phone number; "" when the value is none.

    Leaves out ``+``, ``-``, spaces and brackets; anything else than ASCII digits makes it no phone
    number, and so do more than 32 of them.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = storable_text(value) if value > 0 else ""
    if not isinstance(value, str) or len(value) > 2 * _MAX_PHONE:
        return ""
    digits = value.translate(_PHONE_MARKS)
    is_phone = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_PHONE
    return digits if is_phone else ""


def match_key(digits: str) -> str:
    """One spelling for all spellings of a phone number (digits), by which two are compared.

    Mobile numbers got a digit that WhatsApp's ids do not always have: Brazil's ninth digit after
    the area code (55 11 9 8888 7777), a 1 after Mexico's 52, a 9 after Argentina's 54. It is left
    out. Brazil's only before 6 to 9, where mobile numbers began: 3 is a landline.
    """
    if len(digits) == 13:
        if digits.startswith("55") and digits[4] == "9" and digits[5] in "6789":
            return digits[:4] + digits[5:]
        if digits.startswith(("521", "549")):
            return digits[:2] + digits[3:]
    return digits


def matched(identity: Identity) -> Identity:
    """The name in the one spelling by which two are compared."""
    if identity.kind == "phone":
        return Identity(identity.kind, match_key(identity.value))
    return identity


def only_digits(text: str) -> str:
    """The ASCII digits of a text, for numbers that people format."""
    return _NO_DIGIT.sub("", text)
