"""What was asked of the platform after a gap, and how much of it had been missed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .choices import BackfillState
from .fields import IdField


class Backfill(models.Model):
    """One run of ``chakra_backfill`` for one account; stopped, it goes on where it was."""

    account = IdField(_("account"), max_length=64)
    scope = models.JSONField(
        _("scope"),
        default=dict,
        blank=True,
        help_text=_("What was asked for, where not all: conversation, number."),
    )
    reason = models.CharField(
        _("reason"), max_length=64, blank=True, help_text=_("command, or why it began by itself.")
    )
    since = models.DateTimeField(_("since"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=BackfillState, default=BackfillState.RUNNING
    )
    cursor = models.JSONField(
        _("cursor"), default=dict, blank=True, help_text=_("Where it goes on.")
    )
    chats = models.PositiveIntegerField(_("chats"), default=0)
    seen = models.PositiveIntegerField(
        _("seen"), default=0, help_text=_("Messages in the platform's lists.")
    )
    missed = models.PositiveIntegerField(
        _("missed"), default=0, help_text=_("Messages that we did not have.")
    )
    missed_statuses = models.PositiveIntegerField(_("missed statuses"), default=0)
    resolved = models.PositiveIntegerField(
        _("resolved"), default=0, help_text=_("Messages of ours whose end was unknown.")
    )
    error = models.TextField(_("error"), blank=True)
    open_key = IdField(
        _("open key"),
        null=True,
        blank=True,
        unique=True,
        help_text=_("Account and scope until it is done: one at a time, by constraint."),
    )
    taken_at = models.DateTimeField(
        _("taken at"), null=True, blank=True, help_text=_("When it was last taken up.")
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    claimed_by = models.CharField(_("claimed by"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("backfill")
        verbose_name_plural = _("backfills")
        indexes = [models.Index(fields=["account", "state", "id"], name="chakra_backfill_state")]

    def __str__(self) -> str:
        return f"backfill {self.pk}"
