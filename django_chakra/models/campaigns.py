"""Many messages that are sent for one reason, and whether they still go out."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .choices import CampaignState, MessageStatus
from .fields import IdField


class Campaign(models.Model):
    """A name for messages that belong together; pausing it holds those that still wait."""

    account = IdField(_("account"), max_length=64)
    name = IdField(_("name"))
    state = models.CharField(
        _("state"), max_length=16, choices=CampaignState, default=CampaignState.RUNNING
    )
    error_code = models.IntegerField(_("error code"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was stopped."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="chakra_campaign_name")
        ]

    def __str__(self) -> str:
        return str(self.name)

    def hold(self, state: str, *, code: int | None = None, reason: str = "") -> int:
        """Let nothing more of it leave; return how many messages wait by that."""
        Campaign.objects.filter(pk=self.pk).update(
            state=state, error_code=code, reason=reason, changed_at=timezone.now()
        )
        waiting = self.messages.filter(status=MessageStatus.QUEUED)
        return int(waiting.update(status=MessageStatus.PAUSED))

    def stop(self, code: int | None, reason: str) -> int:
        """The platform refuses what would refuse all of it: the rest waits for people."""
        return self.hold(CampaignState.STOPPED, code=code, reason=reason)
