"""The signals that host projects subscribe to, and how one of their receivers is named.

Every signal is sent after commit, at least once to each receiver, by :mod:`django_chakra.announce`.
A receiver that raises hears the same again later, so its name must outlive the process: a string
``dispatch_uid`` when it was connected with one, else ``module:qualname``.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.dispatch import Signal, dispatcher

from . import watchdog

logger = logging.getLogger(__name__)

Receiver = Callable[..., Any]

#: Every signal below by its name.
SIGNALS: dict[str, ChakraSignal] = {}


def _key(target: object) -> Any:
    """How Django itself tells receivers and senders apart."""
    make_id: Callable[[object], Any] = dispatcher._make_id  # type: ignore[attr-defined]  # not in the stubs
    return make_id(target)


def stable_name(receiver: Receiver, dispatch_uid: object = None) -> str:
    """What a receiver is called in the database, cut to 255 characters."""
    if isinstance(dispatch_uid, str) and dispatch_uid:
        return dispatch_uid[:255]
    function = getattr(receiver, "func", receiver)  # functools.partial has no name of its own
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{function.__module__}:{name}"[:255]


class ChakraSignal(Signal):
    """A signal that knows its receivers by stable names and can call a named few of them."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._names: dict[Any, str] = {}
        SIGNALS[name] = self

    def connect(
        self,
        receiver: Receiver,
        sender: object | None = None,
        weak: bool = True,
        dispatch_uid: Any = None,
    ) -> None:
        """Like Django's; warns when another receiver of the same sender has the same name."""
        super().connect(receiver, sender=sender, weak=weak, dispatch_uid=dispatch_uid)
        key = (dispatch_uid or _key(receiver), _key(sender))
        name = stable_name(receiver, dispatch_uid)
        live = {entry[0] for entry in self.receivers}
        self._names = {known: text for known, text in self._names.items() if known in live}
        if any(
            text == name and known[1] == key[1]
            for known, text in self._names.items()
            if known != key
        ):
            logger.warning(
                "Two receivers of %s are named %s: when one of them raises, both hear again. "
                "Connect them with a dispatch_uid each.",
                self.name,
                name,
            )
        self._names[key] = name

    def named_receivers(self, sender: object) -> list[tuple[str, Receiver]]:
        """The living receivers for this sender with their names, in order of connection."""
        wanted = {_key(None), _key(sender)}
        return [(name, receiver) for key, name, receiver in self._living() if key in wanted]

    def names(self) -> list[str]:
        """The names of all living receivers, whatever sender they are for."""
        return sorted({name for _, name, _ in self._living()})

    def _living(self) -> Iterator[tuple[Any, str, Receiver]]:
        """Key of the sender, name and receiver, in order of connection."""
        for key, reference, *_ in list(self.receivers):
            # Weak references are called for their object; strong receivers stand there themselves.
            receiver = reference() if _is_weak(reference) else reference
            if receiver is not None:
                yield key[1], self._names.get(key) or stable_name(receiver, key[0]), receiver

    def tell(
        self, sender: object, *, only: Collection[str] | None = None, **named: Any
    ) -> Iterator[tuple[str, Exception | None]]:
        """Call the receivers one by one; yield each one's name and what it raised, if anything.

        A generator, so that the caller can renew a lease between two receivers.
        """
        for name, receiver in self.named_receivers(sender):
            if only is not None and name not in only:
                continue
            told = {"signal": self, "sender": sender, **named}
            try:
                watchdog.call(receiver, told, signal=self.name, name=name)
            except Exception as error:
                yield name, error
            else:
                yield name, None


def _is_weak(reference: object) -> bool:

    return isinstance(reference, weakref.ReferenceType)


#: Every fact of every stored call, unknown and repeated ones too. Sender: the event's class.
#: Arguments: ``event``, ``call`` (WebhookCall), ``account`` (alias).
event_received = ChakraSignal("event_received")

#: A message from a customer, once. Sender: Message. Arguments: ``message``, ``late`` (bool).
message_received = ChakraSignal("message_received")

#: The business wrote elsewhere: on the phone or in Chakra's inbox. Sender: Message.
#: Argument: ``message``.
message_echoed = ChakraSignal("message_echoed")

#: A message from before, either way, out of a history. Sender: Message. Argument: ``message``.
message_imported = ChakraSignal("message_imported")

#: What the platform says of a message of ours, once each. Sender: Message.
#: Arguments: ``message``, ``delivery_status``.
message_sent = ChakraSignal("message_sent")
message_delivered = ChakraSignal("message_delivered")
message_read = ChakraSignal("message_read")
message_failed = ChakraSignal("message_failed")

#: One per further family of events, for each fact of each stored call that is no byte-for-byte
#: repeat. Sender: the event's class. Arguments: ``event``, ``call``, ``account``.
template_changed = ChakraSignal("template_changed")
account_changed = ChakraSignal("account_changed")
number_changed = ChakraSignal("number_changed")
group_changed = ChakraSignal("group_changed")
flow_changed = ChakraSignal("flow_changed")
preference_changed = ChakraSignal("preference_changed")
identity_changed = ChakraSignal("identity_changed")
voice_call_reported = ChakraSignal("voice_call_reported")
conversion_reported = ChakraSignal("conversion_reported")
history_reported = ChakraSignal("history_reported")
handover_reported = ChakraSignal("handover_reported")
platform_error_reported = ChakraSignal("platform_error_reported")
