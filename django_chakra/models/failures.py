"""What host code raised when it was told something."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .calls import WebhookCall
from .choices import FailureState
from .fields import IdField
from .messages import DeliveryStatus, Message


class ReceiverFailure(models.Model):
    """One receiver that raised on one message, delivery status or fact, and will hear it again."""

    account = IdField(_("account"), max_length=64)
    key = models.CharField(
        _("key"), max_length=64, unique=True, help_text=_("Hash of signal, receiver and subject.")
    )
    signal = models.CharField(_("signal"), max_length=64)
    receiver = models.CharField(
        _("receiver"), max_length=255, help_text=_("dispatch_uid, else module:qualname.")
    )
    call = models.ForeignKey(
        WebhookCall,
        verbose_name=_("call"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="receiver_failures",
    )
    fact = models.PositiveIntegerField(
        _("fact"), null=True, blank=True, help_text=_("Which fact of the call, from 0.")
    )
    message = models.ForeignKey(
        Message,
        verbose_name=_("message"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="receiver_failures",
    )
    delivery_status = models.ForeignKey(
        DeliveryStatus,
        verbose_name=_("delivery status"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="receiver_failures",
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(
        _("next attempt at"), null=True, blank=True, db_index=True
    )
    error = models.TextField(_("error"), blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=FailureState, default=FailureState.WAITING
    )

    class Meta:
        verbose_name = _("receiver failure")
        verbose_name_plural = _("receiver failures")

    def __str__(self) -> str:
        return f"{self.receiver} on {self.signal}"
