"""What goes along with a message of ours and comes back with its statuses: the name of its row."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "django_chakra.callback_data"
#: Hex digits of the check: 64 bits, which nobody guesses through a signed webhook.
_DIGITS = 16


def callback_data(account: str, pk: int) -> str:
    """``dc:<account>:<pk>:<check>``, for ``biz_opaque_callback_data``.

    The check is of this site's ``SECRET_KEY``: another site that sends from the same number, or a
    copy of the database elsewhere, has rows of the same keys.
    """
    return f"dc:{account}:{pk}:{_check(account, pk, settings.SECRET_KEY)}"


def row_named(account: str, data: str) -> int | None:
    """The key of the message that this names; None when it names none of this account."""
    parts = data.split(":")
    if len(parts) != 4 or parts[:2] != ["dc", account]:
        return None
    _, _, pk, check = parts
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    known = any(constant_time_compare(check, _check(account, int(pk), key)) for key in keys)
    return int(pk) if known else None


def _check(account: str, pk: int, secret: str | bytes) -> str:
    mac = salted_hmac(_SALT, f"{account}:{pk}", secret=secret, algorithm="sha256")
    return mac.hexdigest()[:_DIGITS]
