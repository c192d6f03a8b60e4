"""Bring our rows of what the platform keeps itself (templates, numbers) in line with it."""

from .editing import create_template, edit_template
from .numbers import SyncedNumbers, numbers
from .templates import SyncedTemplates, templates

__all__ = [
    "SyncedNumbers",
    "SyncedTemplates",
    "create_template",
    "edit_template",
    "numbers",
    "templates",
]
