"""Many messages that are sent for one reason, and whether they still go out."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..exceptions import Cause, cause_of
from .choices import CampaignState, MessageStatus
from .fields import DatabaseNow, IdField

#: What ends all messages of an account alike.
ACCOUNT_CAUSES = frozenset({Cause.NOT_PAID, Cause.TOKEN, Cause.BLOCKED})
#: We may not write to this recipient's country: others are written to.
COUNTRY_CODE = 130497
#: What ends all messages made from one template alike: missing, paused, disabled, against rules.
TEMPLATE_CODES = frozenset({132001, 132007, 132015, 132016})


def ends_campaign(code: int | None) -> bool:
    """Whether the next messages of the same campaign would fail with this code of Meta's too."""
    is_account = cause_of(code) in ACCOUNT_CAUSES and code != COUNTRY_CODE
    return is_account or code in TEMPLATE_CODES


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
        """Let nothing more of it leave; return how many messages wait by that.

        What held it first stays the reason. A message that is on its way goes on.
        """
        self._become(CampaignState.RUNNING, state=state, error_code=code, reason=reason)
        waiting = self.messages.filter(status=MessageStatus.QUEUED)
        return int(waiting.update(status=MessageStatus.PAUSED))

    def stop(self, code: int | None, reason: str) -> int:
        """The platform refuses what would refuse all of it: the rest waits for people."""
        return self.hold(CampaignState.STOPPED, code=code, reason=reason)

    def release(self) -> int:
        """Let what waits leave again; return how many messages do.

        Their time begins anew: somebody has just decided that they are to be sent.
        """
        held = (CampaignState.PAUSED, CampaignState.STOPPED)
        self._become(*held, state=CampaignState.RUNNING, error_code=None, reason="")
        waiting = self.messages.filter(status=MessageStatus.PAUSED)
        return int(waiting.update(status=MessageStatus.QUEUED, received_at=DatabaseNow()))

    def _become(self, *states: str, **values: Any) -> None:
        """Change it where it is in one of these states, and know how it is then."""
        rows = Campaign.objects.filter(pk=self.pk)
        rows.filter(state__in=states).update(changed_at=DatabaseNow(), **values)
        self.refresh_from_db()
