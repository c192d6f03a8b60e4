"""The signature check accepts what the platform signed, and says why not without saying what."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.signature import matches, refusal, sign

BODY = b'{"event":"message","payload":{}}'
META_BODY = b'{"entry":[],"object":"whatsapp_business_account"}'
SECRET, OTHER = "invented-secret-one", "invented-secret-two"


def refused(body: bytes = BODY, **changes: Any) -> str:
    """The reason for a call without headers, with one secret, except for the changes."""
    arguments: dict[str, Any] = {
        "chakra_header": "",
        "meta_header": "",
        "secrets": [SECRET],
        "app_secrets": [],
        "allow_unsigned": False,
        "meta_signature": "required",
    }
    return refusal(body, **(arguments | changes))


def test_known_digest() -> None:
    """A signature is the HMAC-SHA256 that any other tool computes, in lower-case hex."""
    expected = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert sign(b"The quick brown fox jumps over the lazy dog", "key") == expected


@pytest.mark.parametrize(
    "spell",
    [str, str.upper, "sha256={}".format, "SHA256={}".format, "  {}\t".format, " sha256={} ".format],
)
def test_spellings(spell: Callable[[str], str]) -> None:
    """Hex matches in any case, with or without prefix, with white space around it."""
    assert matches(BODY, spell(sign(BODY, SECRET)), [SECRET])


def test_any_of_several_secrets() -> None:
    """Each of several secrets is good, wherever it stands, so that secrets can be rotated."""
    for secrets in ([SECRET, OTHER], [OTHER, SECRET]):
        assert matches(BODY, sign(BODY, SECRET), secrets)


def test_another_body_or_secret() -> None:
    """A signature of another body, or by another secret, does not match."""
    assert not matches(BODY + b" ", sign(BODY, SECRET), [SECRET])
    assert not matches(BODY, sign(BODY, OTHER), [SECRET])
    assert not matches(BODY, sign(BODY, SECRET)[:-1], [SECRET])


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_empty_secrets_are_never_used(empty: str) -> None:
    """A signature made with an empty secret is refused, whatever the settings say."""
    assert not matches(BODY, sign(BODY, empty), [empty])
    assert refused(chakra_header=sign(BODY, empty), secrets=[empty])


@given(header=st.text(st.characters(codec=None)), secret=st.text(st.characters(codec=None)))
def test_garbage_is_false(header: str, secret: str) -> None:
    """No header and no secret makes the check raise, and no garbage matches."""
    assert not matches(BODY, header, [secret])


@pytest.mark.parametrize(
    "changes",
    [
        {"chakra_header": sign(BODY, SECRET)},
        {"chakra_header": sign(BODY, OTHER), "secrets": [SECRET, OTHER]},
        {"meta_header": "sha256=" + sign(BODY, OTHER), "app_secrets": [OTHER]},
        {"chakra_header": "x", "meta_header": sign(BODY, OTHER), "app_secrets": [OTHER]},
        {"allow_unsigned": True, "secrets": []},
        {"allow_unsigned": True, "secrets": [""], "chakra_header": "x"},
        {"allow_unsigned": True},
    ],
)
def test_accepted(changes: dict[str, Any]) -> None:
    """A call is accepted by either header's valid signature, or unsigned where that is allowed."""
    assert refused(**changes) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "X-Chakra-Signature-256 is missing"),
        ({"secrets": []}, "no WEBHOOK_SECRETS configured"),
        ({"secrets": [], "chakra_header": "a" * 64}, "no WEBHOOK_SECRETS configured"),
        (
            {"secrets": [], "app_secrets": [OTHER], "chakra_header": "a" * 64},
            "no WEBHOOK_SECRETS configured",
        ),
        ({"chakra_header": "a" * 63}, "X-Chakra-Signature-256 is no hex HMAC-SHA256"),
        (
            {"chakra_header": "a" * 64},
            "X-Chakra-Signature-256 does not match any of 1 secret",
        ),
        (
            {"chakra_header": "a" * 64, "secrets": [SECRET, OTHER, ""], "allow_unsigned": True},
            "X-Chakra-Signature-256 does not match any of 2 secrets",
        ),
        (
            {"meta_header": sign(BODY, SECRET)},
            "X-Chakra-Signature-256 is missing, and no META_APP_SECRETS configured"
            " for X-Hub-Signature-256",
        ),
        (
            {"meta_header": "b" * 64, "app_secrets": [OTHER], "allow_unsigned": True},
            "X-Chakra-Signature-256 is missing, and X-Hub-Signature-256 does not match"
            " any of 1 app secret",
        ),
        (
            {"meta_header": "b" * 64, "app_secrets": [OTHER, SECRET]},
            "X-Chakra-Signature-256 is missing, and X-Hub-Signature-256 does not match"
            " any of 2 app secrets",
        ),
    ],
)
def test_refused(changes: dict[str, Any], reason: str) -> None:
    """A refused call has a reason that names what to mend."""
    assert refused(**changes) == reason


def test_meta_when_present() -> None:
    """With "when_present" a body in Meta's shape needs no signature, but a wrong one refuses it."""
    assert refused(META_BODY, meta_signature="when_present") == ""
    assert refused(META_BODY)
    assert refused(META_BODY, meta_signature="when_present", chakra_header="x")
    assert refused(META_BODY, meta_signature="when_present", meta_header="x")


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b"",
        b"\xff",
        b"[]",
        b'{"object": ["whatsapp_business_account"]}',
        b'{"value": {"object": "whatsapp_business_account"}}',
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_other_bodies_need_a_signature(body: bytes) -> None:
    """With "when_present" every body that is not in Meta's shape is still refused unsigned."""
    assert refused(body, meta_signature="when_present") == "X-Chakra-Signature-256 is missing"


@given(header=st.text(min_size=8), body=st.binary())
def test_reason_has_no_values(header: str, body: bytes) -> None:
    """No reason has the value of a header or of a secret in it."""
    for name in ("chakra_header", "meta_header"):
        reason = refused(body, **{name: header}, app_secrets=[OTHER])
        for word in ("is missing", "is no hex", "does not match", "no META_APP"):
            reason = reason.replace(word, "")
        assert header not in reason
        assert SECRET not in reason
        assert OTHER not in reason


def test_signs_what_was_sent() -> None:
    """The signature is over the bytes: the same JSON written otherwise does not verify."""
    again = json.dumps(json.loads(BODY)).encode()
    assert again != BODY
    assert not matches(again, sign(BODY, SECRET), [SECRET])
