"""People: which spellings of a phone number are one, and what a list of contacts says of whom."""

import pytest

from django_chakra.events import Identity, Json
from django_chakra.events.base import Profile
from django_chakra.events.contacts import (
    NOBODY,
    identities,
    only_person,
    person,
    profile_of,
    profiles,
    together,
    username,
)
from django_chakra.events.ids import match_key


def test_brazil_with_and_without_the_ninth_digit() -> None:
    """A Brazilian mobile number is one with and without its ninth digit."""
    assert match_key("5531988887777") == match_key("553188887777")


@pytest.mark.parametrize("first", "12345")
def test_brazilian_landlines_stay_apart(first: str) -> None:
    """Landlines begin with less than 6, so no mobile number loses its 9 to become one."""
    assert match_key(f"55319{first}8887777") != match_key(f"5531{first}8887777")


def test_mexico() -> None:
    """A Mexican number is one with 52 and with 521."""
    assert match_key("5215512345678") == match_key("525512345678")
    assert match_key("525512345678") != match_key("525512345679")


def test_argentina() -> None:
    """An Argentine number is one with 54 and with 549."""
    assert match_key("5491112345678") == match_key("541112345678")
    assert match_key("541112345678") != match_key("541112345679")


@pytest.mark.parametrize(
    "digits",
    [
        "",
        "5",
        "919000000001",
        "4915112345678",
        "16505550123",
        "551133334444",
        "52155123456",
        "54911123456",
        "55119888877776",
        "9" * 32,
    ],
)
def test_others_are_untouched(digits: str) -> None:
    """Numbers of other countries, and of other lengths, are compared as they are."""
    assert match_key(digits) == digits


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("+55 11 98888-7777",), [("phone", "5511988887777")]),
        ((5511988887777, "BR.1"), [("phone", "5511988887777"), ("user_id", "BR.1")]),
        (("", "BR.1", "BR.ENT.2"), [("user_id", "BR.1"), ("parent_user_id", "BR.ENT.2")]),
        (("BR.1",), [("user_id", "BR.1")]),
        (("BR.1", "BR.2"), [("user_id", "BR.2")]),
        (("BR.ENT.2",), [("parent_user_id", "BR.ENT.2")]),
        (("somebody",), []),
        (({"a": 1}, ["BR.1"], True), []),
        ((None, None, None), []),
    ],
)
def test_identities(values: tuple[Json, ...], found: list[tuple[str, str]]) -> None:
    """Each value that can be an identity is one, a user id also where a phone number should be."""
    assert identities(*values) == [Identity(*one) for one in found]


def test_profiles() -> None:
    """People are found by each of their identities; garbage between them does no harm."""
    contacts: Json = [
        None,
        {"wa_id": "+55 11", "user_id": "BR.2", "profile": {"name": "Ana", "username": "@ana"}},
        {"wa_id": "5511", "profile": {"name": "Another"}},
        {"user_id": "BR.1", "profile": {"name": "B\x00" + "x" * 300}},
        {"wa_id": "5522", "profile": ["name"]},
        {"wa_id": {"a": 1}, "profile": {"name": "Nobody"}},
    ]
    phone, user_id, other = Identity("phone", "5511"), Identity("user_id", "BR.2"), "BR.1"
    ana = Profile((phone, user_id), "Ana", "ana")
    bia = Profile((Identity("user_id", other),), "B\ufffd" + "x" * 253, "")
    nameless = Profile((Identity("phone", "5522"),), "", "")
    assert profiles(contacts) == {
        phone: ana,
        user_id: ana,
        Identity("user_id", other): bia,
        Identity("phone", "5522"): nameless,
    }
    assert profiles({"wa_id": "5511"}) == {}


def test_profile_of() -> None:
    """A profile is found by any identity, in any spelling of the number, and never by position."""
    people = profiles([{"wa_id": "553188887777", "profile": {"name": "Fabio"}}])

    assert profile_of(people, identities("5531988887777")).name == "Fabio"
    assert profile_of(people, identities("5531977776666")) == NOBODY
    assert profile_of(people, []) == NOBODY


def test_only_person() -> None:
    """Whoever is the only one named is meant where nobody is; of two, neither is."""
    one: dict[str, Json] = {"wa_id": "5511", "user_id": "BR.1"}

    assert only_person(profiles([one])) == person(one)
    assert only_person(profiles([one, {"wa_id": "5522"}])) == []
    assert only_person({}) == []


def test_together() -> None:
    """Identities from several places stand once each, in their order."""
    one, other = identities("5511", "BR.1")
    assert together([one], [other, one]) == (one, other)


@pytest.mark.parametrize(
    ("written", "read"),
    [("ana", "ana"), ("@ana", "ana"), ("@" + "a" * 300, "a" * 255), (None, ""), (["ana"], "")],
)
def test_username(written: Json, read: str) -> None:
    """A username is kept without its @, cut to its column."""
    assert username(written) == read
