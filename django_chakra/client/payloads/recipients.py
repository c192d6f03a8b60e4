"""Who gets a message: a phone number as people write it, a BSUID, or a group."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from . import limits
from .checks import refuse, words

# Between the digits people write spaces, dashes of all kinds, dots, slashes and parentheses.
_SEPARATING = frozenset({"Zs", "Pd"})


def phone(value: Any, field: str = "to") -> str:
    """A phone number of any spelling as the platform wants it: digits, country code first.

    "+91 99000-00000", "0091 99000 00000" and "(91) 9900000000" are all "919900000000". The "(0)"
    of "+44 (0)20 …" is dropped. Whether the number exists only the platform knows.

    Raises:
        ValidationFailed: letters, too few or too many digits, or a national number (leading 0).
    """
    text = "".join(map(_character, words(value, field))).strip()
    international = text.startswith(("+", "00"))
    if international:
        text = text.replace("(0)", "", 1)
    text = re.sub(r"[ ()]", "", text)
    if text.startswith("+"):
        text = text[1:]
    elif international:
        text = text[2:]
    if not re.fullmatch(r"[0-9]*", text):
        refuse(field, "a phone number has digits only, with a + in front and separators between")
    if text.startswith("0"):
        refuse(field, "begins with 0: give the number with its country code, without the 0")
    if not limits.PHONE_SHORTEST <= len(text) <= limits.PHONE_LONGEST:
        span = f"{limits.PHONE_SHORTEST} to {limits.PHONE_LONGEST}"
        refuse(field, f"a phone number with its country code has {span} digits, {len(text)} given")
    if text.startswith(("10", "11")):
        # "0011 91 …" is how Australia dials abroad; taken for 00 it would name another number.
        refuse(field, "no number of country code 1 goes on with 0 or 1: write it with a +")
    return text


def is_bsuid(value: Any) -> bool:
    """Whether this is a business-scoped user id ("IN.…", "IN.ENT.…"): a person without a number."""
    return isinstance(value, str) and limits.BSUID_PATTERN.fullmatch(value) is not None


def recipient(to: Any, recipient_type: str) -> dict[str, str]:
    """The keys of a body that say who gets it.

    A BSUID goes under ``recipient``: documented by Meta, unverified with Chakra.

    Raises:
        ValidationFailed: ``to`` is none of the three, or there is no such type.
    """
    if recipient_type == "group":
        group = words(to, "to")
        if any(map(str.isspace, group)):
            refuse("to", "a group id holds no white space")
        return {"recipient_type": "group", "to": group}
    if recipient_type != "individual":
        refuse("recipient_type", "has to be individual or group")
    return {"recipient": to} if is_bsuid(to) else {"to": phone(to)}


def _character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":  # also Devanagari's and Arabic's
        return str(unicodedata.decimal(character))
    if category == "Cf":  # marks of direction, which come along from address books
        return ""
    if character == "＋":
        return "+"
    if category in _SEPARATING or character in "./":
        return " "
    return character
