"""Addresses of pages of the admin that the viewer is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from ...models import Conversation


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses in one admin site; "" for a page that a host has taken away."""

    site: str

    def to(self, page: str, *args: Any) -> str:
        """A page of the package: ``message_change``, ``conversation_done``, …"""
        try:
            return reverse(f"admin:django_chakra_{page}", args=args, current_app=self.site)
        except NoReverseMatch:
            return ""

    def row(self, model: str, pk: int | None) -> str:
        """The page of a row, if there is one."""
        return "" if pk is None else self.to(f"{model}_change", pk)

    def mark(self, conversation: Conversation) -> str:
        """Where one says that a conversation is done, or to be done again."""
        word = "reopen" if conversation.done_at is not None else "done"
        return self.to("conversation_mark", conversation.pk, word)
