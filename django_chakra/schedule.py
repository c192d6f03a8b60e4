"""Run a verb when the time for it has come: after the answer or the commit, here or by a worker.

A verb is found by its name when it runs. This is the single upward hop of the house: the verbs
stand above this module, and none of them is imported here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from django.db import transaction
from django.utils.module_loading import import_string

from . import conf, wakeups

#: Conversations in which something is to be sent once receivers have heard everything; None:
#: nobody is being told anything in this context.
_held: ContextVar[dict[int, None] | None] = ContextVar("django_chakra_held", default=None)
#: Set once a task has used its time; None: whoever works here may take as long as it takes.
_limit: ContextVar[threading.Event | None] = ContextVar("django_chakra_limit", default=None)


def after_answer(pk: int) -> Callable[[], None] | None:
    """What is to be done with a stored call once its answer has left; None: the worker does it."""
    runner = conf.current().runner
    if runner == "inline":
        return partial(_process, pk)
    if runner == "celery":
        return partial(wakeups.wake, "process")
    return None


def _process(pk: int) -> None:
    import_string("django_chakra.process.inline")(pk)
    import_string("django_chakra.send.sweep_inline")()
    import_string("django_chakra.download.sweep_inline")()


def carry_after_commit(conversation: int, *, using: str) -> None:
    """Have what waits in this conversation sent after the commit; else the worker does it."""
    if conf.current().runner in ("inline", "celery"):
        transaction.on_commit(partial(_carry, conversation), using=using)


def _carry(conversation: int) -> None:
    held = _held.get()
    if held is not None:
        held[conversation] = None
    elif conf.current().runner == "celery":
        wakeups.wake("send")
    else:
        import_string("django_chakra.send.inline")(conversation)


@contextmanager
def held() -> Iterator[None]:
    """What receivers send is carried when the block ends, after all that they are told in it.

    A request to the platform takes its time, and the conversation is leased meanwhile.
    """
    if _held.get() is not None:
        yield
        return
    waiting: dict[int, None] = {}
    token = _held.set(waiting)
    try:
        yield
    finally:
        _held.reset(token)
        for conversation in waiting:
            _carry(conversation)


@contextmanager
def limited(limit: threading.Event) -> Iterator[None]:
    """Once this is set nothing more is begun in the block; what is left over a sweep takes up."""
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)


def is_over() -> bool:
    """Whether whoever works here has used its time."""
    limit = _limit.get()
    return limit is not None and limit.is_set()
