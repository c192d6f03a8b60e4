"""A recipient is a phone number in any spelling, a BSUID or a group id, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.client.payloads import phone, template, text
from django_chakra.exceptions import ValidationFailed


@pytest.mark.parametrize(
    "spelling",
    [
        "919900000000",
        "+91 99000 00000",
        "+91-99000-00000",
        "+91 (99000) 00000",
        "+91.99000/00000",
        "0091 99000 00000",
        "＋９１９９００００００００",
        "+९१ ९९००० ०००००",
        "\u202a+91\u00a099000\u201100000\u202c",
        "\u202a +91 99000 00000 \u202c",
        "  919900000000\n",
        "+91 (0)99000 00000",
        "0091(0)9900000000",
    ],
)
def test_spellings(spelling: str) -> None:
    """However people write a number, the platform gets its digits."""
    assert phone(spelling) == "919900000000"


@pytest.mark.parametrize(
    ("given_to", "reason"),
    [
        ("", "must not be empty"),
        (" ", "must not be empty"),
        (None, "has to be a text, NoneType given"),
        (919900000000, "has to be a text, int given"),
        ("09900000000", "begins with 0: give the number with its country code"),
        ("(0)9900000000", "begins with 0"),
        ("+0 99000 00000", "begins with 0"),
        ("000919900000000", "begins with 0"),
        ("+91 99000 0000O", "has digits only"),
        ("call me", "has digits only"),
        ("+91+9900000000", "has digits only"),
        ("91 99000 00000 ext 5", "has digits only"),
        ("9199000\n00000", "has digits only"),
        ("²¹²¹²¹²¹", "has digits only"),
        ("123456", "has 7 to 15 digits, 6 given"),
        ("+", "has 7 to 15 digits, 0 given"),
        ("9" * 16, "has 7 to 15 digits, 16 given"),
        ("0011 91 99000 00000", "write it with a +"),
    ],
)
def test_refused(given_to: str, reason: str) -> None:
    """What is no number with its country code is refused, and the error says why."""
    with pytest.raises(ValidationFailed, match=r"^to: ") as caught:
        phone(given_to)
    assert reason in str(caught.value)
    assert caught.value.field == "to"


@pytest.mark.parametrize("digits", ["9" * 7, "9" * 15])
def test_lengths_at_the_limit(digits: str) -> None:
    """Seven digits are enough, and fifteen are not too many."""
    assert phone(digits) == digits


@given(st.text(st.characters(codec=None)))
def test_any_text(value: str) -> None:
    """Any text is a number of 7 to 15 ASCII digits, which stays as it is, or it is refused."""
    try:
        digits = phone(value)
    except ValidationFailed:
        return
    assert digits.isascii()
    assert digits.isdigit()
    assert 7 <= len(digits) <= 15
    assert phone(digits) == digits


@pytest.mark.parametrize("bsuid", ["IN.13491208655302741918", "US.ENT.a1B2", "BR." + "a" * 128])
def test_bsuid(bsuid: str) -> None:
    """A BSUID goes under its own key, and there is no number beside it."""
    built = text(bsuid, "hi")
    assert built["recipient"] == bsuid
    assert "to" not in built


@pytest.mark.parametrize("wrong", ["in.134", "IND.134", "IN.", "IN." + "a" * 129, "IN.a b", "IN.é"])
def test_no_bsuid(wrong: str) -> None:
    """What only looks like a BSUID is refused."""
    with pytest.raises(ValidationFailed):
        text(wrong, "hi")


def test_one_time_password_to_a_bsuid() -> None:
    """One-time passwords need a phone number; the platform refuses them for a BSUID."""
    with pytest.raises(ValidationFailed) as caught:
        template("IN.134", "code", "en", body=["123456"], buttons=[{"otp": "123456"}])
    assert caught.value.field == "to"
    assert "123456" not in str(caught.value)


def test_group() -> None:
    """A group id goes as it is, and only if the caller says that it is one."""
    built = text("Y2FwaV9ncm91cDox", "hi", recipient_type="group")
    assert (built["to"], built["recipient_type"]) == ("Y2FwaV9ncm91cDox", "group")
    for to, kind, field in [
        ("Y2FwaV9ncm91cDox", "individual", "to"),
        ("a b", "group", "to"),
        ("", "group", "to"),
        ("919900000000", "room", "recipient_type"),
    ]:
        with pytest.raises(ValidationFailed) as caught:
            text(to, "hi", recipient_type=kind)
        assert caught.value.field == field
