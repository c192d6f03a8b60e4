"""Run a verb when the time for it has come: after the answer, or left for the worker.

A verb is found by its name when it runs. This is the single upward hop of the house: the verbs
stand above this module, and none of them is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.utils.module_loading import import_string

from . import conf


def after_answer(pk: int) -> Callable[[], None] | None:
    """What is to be done with a stored call once its answer has left; None: the worker does it."""
    if conf.current().runner == "inline":
        return partial(import_string("django_chakra.process.inline"), pk)
    return None
