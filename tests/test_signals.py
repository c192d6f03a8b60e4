"""Signals that know their receivers by name."""

import gc
import logging
from functools import partial
from typing import Any

import pytest

from django_chakra.signals import SIGNALS, ChakraSignal, stable_name

Heard = list[str]


@pytest.fixture
def signal() -> Any:
    made = ChakraSignal("test_signal")
    yield made
    del SIGNALS["test_signal"]


def first(heard: Heard, **kwargs: Any) -> None:
    heard.append("first")


def second(heard: Heard, **kwargs: Any) -> None:
    heard.append("second")


def broken(heard: Heard, **kwargs: Any) -> None:
    heard.append("broken")
    raise RuntimeError("no")


async def later(heard: Heard, **kwargs: Any) -> None:
    heard.append("later")


class Shop:
    def hear(self, heard: Heard, **kwargs: Any) -> None:
        heard.append("shop")


def tell(signal: ChakraSignal, sender: object = None, **named: Any) -> tuple[Heard, dict[str, Any]]:
    heard: Heard = []
    return heard, dict(signal.tell(sender, heard=heard, **named))


def test_every_receiver_is_called_and_named(signal: ChakraSignal) -> None:
    """Receivers are told in order of connection; one that raises stops none of the others."""
    for receiver in (first, broken, second):
        signal.connect(receiver)

    heard, outcome = tell(signal)

    assert heard == ["first", "broken", "second"]
    assert {name: error and str(error) for name, error in outcome.items()} == {
        "tests.test_signals:first": None,
        "tests.test_signals:broken": "no",
        "tests.test_signals:second": None,
    }


def test_a_named_few_can_be_told(signal: ChakraSignal) -> None:
    """Only the receivers of the given names are called."""
    signal.connect(first)
    signal.connect(second, dispatch_uid="shop.second")

    assert tell(signal, only=["shop.second"])[0] == ["second"]


def test_receivers_choose_their_sender(signal: ChakraSignal) -> None:
    """A receiver connected for one sender does not hear of another's; one without hears all."""
    signal.connect(first, sender=Shop)
    signal.connect(second)

    assert tell(signal, Shop)[0] == ["first", "second"]
    assert tell(signal, int)[0] == ["second"]


@pytest.mark.parametrize(
    ("receiver", "uid", "name"),
    [
        (first, None, "tests.test_signals:first"),
        (first, "shop.first", "shop.first"),
        (first, 7, "tests.test_signals:first"),
        (Shop().hear, None, "tests.test_signals:Shop.hear"),
        (partial(first, x=1), None, "tests.test_signals:first"),
        (first, "u" * 300, "u" * 255),
    ],
)
def test_stable_names(receiver: Any, uid: object, name: str) -> None:
    """A string dispatch_uid is the name, else module:qualname; never longer than its column."""
    assert stable_name(receiver, uid) == name


def test_an_instance_is_named_by_its_class() -> None:
    """A callable object has the name of its class."""

    class Callable:
        def __call__(self, **kwargs: Any) -> None: ...

    assert stable_name(Callable()).endswith("Callable")


def test_two_receivers_of_one_name_warn_and_go_together(
    signal: ChakraSignal, caplog: pytest.LogCaptureFixture
) -> None:
    """Two receivers of the same sender with one name are warned of, and told again together."""
    one, other = Shop(), Shop()
    with caplog.at_level(logging.WARNING):
        signal.connect(one.hear)
        assert caplog.text == ""
        signal.connect(other.hear)

    assert "tests.test_signals:Shop.hear" in caplog.text
    assert tell(signal, only=["tests.test_signals:Shop.hear"])[0] == ["shop", "shop"]


def test_the_same_name_for_another_sender_is_no_clash(
    signal: ChakraSignal, caplog: pytest.LogCaptureFixture
) -> None:
    """One function may listen to two senders under its one name."""
    signal.connect(first, sender=Shop)
    signal.connect(first, sender=int)

    assert caplog.text == ""


def test_connecting_twice_is_once(signal: ChakraSignal, caplog: pytest.LogCaptureFixture) -> None:
    """As with Django's own signals, the same receiver is told once, and nobody is warned."""
    signal.connect(first)
    signal.connect(first)

    assert tell(signal)[0] == ["first"]
    assert caplog.text == ""


def test_a_receiver_that_is_gone_is_not_told(signal: ChakraSignal) -> None:
    """Receivers are held weakly unless connected otherwise."""
    shop, kept = Shop(), Shop()
    signal.connect(shop.hear, dispatch_uid="gone")
    signal.connect(kept.hear, weak=False, dispatch_uid="kept")
    del shop, kept
    gc.collect()

    assert [name for name, _ in signal.named_receivers(None)] == ["kept"]


def test_a_disconnected_receiver_is_not_told(signal: ChakraSignal) -> None:
    """Disconnecting works as with Django's own signals."""
    signal.connect(first, dispatch_uid="a")
    signal.connect(second)

    assert signal.disconnect(dispatch_uid="a")
    assert tell(signal)[0] == ["second"]


def test_async_receivers_are_run_to_their_end(signal: ChakraSignal) -> None:
    """An async receiver has been told when tell returns."""
    signal.connect(later)

    assert tell(signal) == (["later"], {"tests.test_signals:later": None})


def test_djangos_own_send_works(signal: ChakraSignal) -> None:
    """A host's test may send the signal itself."""
    heard: Heard = []
    signal.connect(first)

    signal.send(sender=None, heard=heard)

    assert heard == ["first"]
