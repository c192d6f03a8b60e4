"""What stands where a phone number would, or an id that has one in it. Functions of their texts.

Numbers have 8 digits at least, however they are written. WhatsApp's ids of messages (wamids) hold
the number in base64; so may anything that is written in these letters.
"""

from __future__ import annotations

import base64
import re

from django.utils.crypto import salted_hmac

MARK = "••••"
#: Digits at the end that stay readable.
SHOWN = 2

#: What people write between the digits of a number, or copy along with it; never a new line.
_BETWEEN = (
    r"[^\S\r\n]|[().\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_NUMBER = rf"\+?\d(?:(?:{_BETWEEN}){{0,3}}\d){{7,}}"
#: Digits that are no number: a UUID, a hash, a business-scoped user id (longer than any number),
#: and a date.
_OTHERS = (
    r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[0-9a-f]{32,64}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[A-Z]{2}\.[0-9A-Za-z]{16,}"
    r"|(?<![\d.+-])(?:19|20)\d\d-[01]\d-[0-3]\d(?![\d.-]|[^\S\r\n]\d{3})"
)
_DIGITS = re.compile(rf"({_OTHERS})|{_NUMBER}")
_CODE = re.compile(r"wa[a-z]{1,2}id\.[A-Za-z0-9+/=_-]*|[A-Za-z0-9+/_-]{10,}={0,2}")
_IN_CODE = re.compile(rb"\d{7}")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def text(given: str, *, keep: object = None) -> str:
    """The text without numbers and without ids that hold one; ``keep`` is a key of ours in it."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if found[1] or found[0] == str(keep) else number(found[0])

    return _DIGITS.sub(masked, _CODE.sub(lambda found: _code(found[0]), given))


def number(given: str) -> str:
    """A number with nothing but its last digits."""
    digits = "".join(filter(str.isdigit, given))
    return f"{MARK} {digits[-SHOWN:]}"


def person(given: str) -> str:
    """What a person is called by the platform: a number of whatever length, or another id."""
    is_number = any(map(str.isdigit, given)) and not any(map(str.isalpha, given))
    return number(given) if is_number else text(given)


def hides(given: str) -> bool:
    """Whether the text holds what would be masked."""
    return text(given) != given


def _code(token: str) -> str:
    """For an id that holds a number another one that is always the same, and tells nothing."""
    is_named = re.match(r"wa[a-z]{1,2}id\.", token) is not None
    if not is_named and not _holds_number(token):
        return token
    name = token.partition(".")[0] if is_named else "id"
    digest = salted_hmac("django_chakra.admin.masks", token).hexdigest()[:10]
    # Letters alone, so that the stand-in is never taken for a number.
    return f"{name}~{digest.translate(_LETTERS)}"


def _holds_number(token: str) -> bool:
    """Whether base64 that begins anywhere in it has a number in it."""
    plain = token.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        if _IN_CODE.search(base64.b64decode(part + "=" * (-len(part) % 4))):
            return True
    return False
