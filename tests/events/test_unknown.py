"""The reason of an unreadable fact is a short text, whatever was raised."""

from django_chakra.events.base import Source, Unreadable
from django_chakra.events.unknown import unreadable, why


class Speechless(Exception):
    """An error that fails at saying what it is."""

    def __str__(self) -> str:
        """Raises."""
        raise RuntimeError


def test_reasons() -> None:
    """Our own reasons stand as they are, others behind their type, cut and always sayable."""
    assert why(Unreadable("text has no body")) == "text has no body"
    assert why(KeyError("id")) == "KeyError: 'id'"
    assert why(Speechless()) == "Speechless: "
    assert len(why(ValueError("x" * 5000))) == 212


def test_words_fit() -> None:
    """Name and reason are cut and storable."""
    event = unreadable(Source(format="meta"), "n\x00" * 500, None, reason="r\ud800" * 500)
    assert (len(event.name), len(event.reason)) == (128, 300)
    assert event.name.isprintable()
    assert event.reason.encode()
