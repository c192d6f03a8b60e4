"""Faults in what happens before the answer: signature, view, storing."""

from .fault import Fault

SIGNATURE = [
    Fault(
        "any 64 characters are a signature",
        "signature.py",
        'found |= hmac.compare_digest(sign(body, secret).encode("ascii"), given)',
        "found |= len(given) == 64",
    ),
    Fault(
        "only the last secret counts",
        "signature.py",
        "found |= hmac",
        "found = hmac",
    ),
    Fault(
        "an empty secret lets everybody sign",
        "signature.py",
        "return [secret for secret in secrets if secret.strip()]",
        "return list(secrets)",
    ),
    Fault(
        "hex in capitals is refused",
        "signature.py",
        'return (text[7:] if text[:7].lower() == "sha256=" else text).lower()',
        'return text[7:] if text[:7].lower() == "sha256=" else text',
    ),
    Fault(
        "ALLOW_UNSIGNED takes wrong signatures too",
        "signature.py",
        "if allow_unsigned and (unsigned or not configured):",
        "if allow_unsigned:",
    ),
    Fault(
        "when_present takes wrong signatures too",
        "signature.py",
        'if meta_signature == "when_present" and unsigned and _is_meta(body):',
        'if meta_signature == "when_present" and _is_meta(body):',
    ),
    Fault(
        "Meta's signature is checked against Chakra's secrets",
        "signature.py",
        "matches(body, meta_header, app_secrets)",
        "matches(body, meta_header, secrets)",
    ),
]

VIEW = [
    Fault(
        "a body may be one byte longer than the limit",
        "views.py",
        "    if size > limit:",
        "    if size > limit + 1:",
    ),
    Fault(
        "a chunked body is read where no server ends it",
        "views.py",
        'if not environ.get("wsgi.input_terminated"):',
        "if False:",
    ),
    Fault(
        "Django's CSRF check turns the platform away",
        "views.py",
        "webhook = csrf_exempt(login_not_required(webhook))",
        "webhook = login_not_required(webhook)",
    ),
    Fault(
        "the platform has to log in",
        "views.py",
        "webhook = csrf_exempt(login_not_required(webhook))",
        "webhook = csrf_exempt(webhook)",
    ),
    Fault(
        "the row waits for the end of the request's transaction",
        "views.py",
        "webhook = transaction.non_atomic_requests(_alias)(webhook)",
        "pass",
    ),
    Fault(
        "without a URL token one is as good as with the right one",
        "views.py",
        "if not _same(token, found.url_token):",
        "if token and not _same(token, found.url_token):",
    ),
    Fault(
        "an empty verify token answers the handshake",
        "views.py",
        "if not account.verify_token or not _same(given, account.verify_token):",
        "if not _same(given, account.verify_token):",
    ),
    Fault(
        "200 for a call that could not be stored",
        "views.py",
        'return _plain(503, ": ".join(filter(None, ("can\'t be stored", str(error)))))',
        'return _plain(200, "OK")',
    ),
    Fault(
        "a refused call is taken in",
        "receive.py",
        "call.state, call.next_attempt_at, call.error = CallState.REFUSED, None, reason",
        "call.error = reason",
    ),
    Fault(
        "verify_again takes in what does not verify",
        "receive.py",
        "if not refused and not not_json(body):",
        "if not not_json(body):",
    ),
]
