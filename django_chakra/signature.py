"""Is this call really from the platform? Pure: bytes and settings in, a reason or nothing out.

What is known of the signature: https://apidocs.chakrahq.com/doc-919167 (Inbound Events).
It is a lower-case hex HMAC-SHA256 over the raw bytes of the body, so nothing may be parsed and
written again before it is checked.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence

CHAKRA_HEADER = "X-Chakra-Signature-256"
META_HEADER = "X-Hub-Signature-256"

_HEX = re.compile(r"[0-9a-f]{64}")


def sign(body: bytes, secret: str) -> str:
    """The signature of a body: 64 lower-case hex digits, without a prefix."""
    # A secret from the environment may hold surrogates; signing must not raise on them.
    key = secret.encode("utf-8", "surrogatepass")
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def matches(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether the header signs the body with any of the secrets; False for any garbage.

    Hex in any case, with or without ``sha256=``, with white space around it. Every usable secret
    is tried, so that the time taken does not tell which one matched.
    """
    given = _digest(header).encode("utf-8", "surrogatepass")
    found = False
    for secret in _usable(secrets):
        found |= hmac.compare_digest(sign(body, secret).encode("ascii"), given)
    return found


def refusal(
    body: bytes,
    *,
    chakra_header: str,
    meta_header: str,
    secrets: Sequence[str],
    app_secrets: Sequence[str],
    allow_unsigned: bool,
    meta_signature: str,
) -> str:
    """Why the call is refused, in a few words for the log; "" when it is accepted.

    ``meta_signature`` is "required" or "when_present"; the latter takes in a body in Meta's shape
    which came without any signature. An absent header is "". The reason never holds the value of
    a header or of a secret.
    """
    if matches(body, chakra_header, secrets) or matches(body, meta_header, app_secrets):
        return ""
    unsigned = not chakra_header.strip() and not meta_header.strip()
    configured = bool(_usable(secrets) or _usable(app_secrets))
    if allow_unsigned and (unsigned or not configured):
        return ""
    if meta_signature == "when_present" and unsigned and _is_meta(body):
        return ""
    return _reason(chakra_header, meta_header, secrets, app_secrets)


def _usable(secrets: Sequence[str]) -> list[str]:
    """The secrets that may be checked against: an empty one would let everybody sign."""
    return [secret for secret in secrets if secret.strip()]


def _digest(header: str) -> str:
    """The hex digits in a header, in lower case."""
    text = header.strip()
    return (text[7:] if text[:7].lower() == "sha256=" else text).lower()


def _is_meta(body: bytes) -> bool:
    """Whether the body is one of Meta's deliveries, as far as a parser can tell."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("object") == "whatsapp_business_account"


def _reason(
    chakra_header: str, meta_header: str, secrets: Sequence[str], app_secrets: Sequence[str]
) -> str:
    """The first thing that a person should mend."""
    count, app_count = len(_usable(secrets)), len(_usable(app_secrets))
    if not count and not app_count:
        return "no WEBHOOK_SECRETS configured"
    if chakra_header.strip():
        if not count:
            return "no WEBHOOK_SECRETS configured"
        if not _HEX.fullmatch(_digest(chakra_header)):
            return f"{CHAKRA_HEADER} is no hex HMAC-SHA256"
        return f"{CHAKRA_HEADER} does not match any of {_counted(count, 'secret')}"
    missing = f"{CHAKRA_HEADER} is missing"
    if not meta_header.strip():
        return missing
    if not app_count:
        return f"{missing}, and no META_APP_SECRETS configured for {META_HEADER}"
    return f"{missing}, and {META_HEADER} does not match any of {_counted(app_count, 'app secret')}"


def _counted(count: int, word: str) -> str:
    """A number with its word: "1 secret", "2 secrets"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
