"""Our own WhatsApp numbers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class BusinessNumber(models.Model):
    """One of our WhatsApp numbers, as far as the platform has named it.

    Chakra's own events name only the WABA: until a number is known there, ``key`` is
    ``waba:<id>``; ``?`` when not even that is named. That row keeps what is said of the whole
    WABA too. Events about a number write only its digits: until a message names it, its key is
    ``display:<digits>``.
    """

    account = IdField(_("account"), max_length=64)
    key = IdField(
        _("key"), help_text=_("Meta's phone number id, else waba:<id>, display:<digits> or ?.")
    )
    phone_number_id = IdField(_("phone number id"), blank=True)
    waba_id = IdField(_("WABA id"), blank=True, help_text=_("WhatsApp Business Account."))
    display_number = models.CharField(
        _("display number"), max_length=64, blank=True, help_text=_("As the platform writes it.")
    )
    name = models.CharField(_("name"), max_length=255, blank=True)
    quality = models.CharField(_("quality"), max_length=64, blank=True)
    messaging_limit = models.CharField(_("messaging limit"), max_length=64, blank=True)
    name_status = models.CharField(
        _("name status"), max_length=64, blank=True, help_text=_("What became of the last name.")
    )
    username = models.CharField(_("username"), max_length=255, blank=True)
    status = models.CharField(_("status"), max_length=64, blank=True)
    restrictions = models.JSONField(
        _("restrictions"),
        default=list,
        blank=True,
        help_text=_("What the WABA may not do, as a list of type, expires_at and remediation."),
    )
    health = models.JSONField(
        _("health"),
        default=dict,
        blank=True,
        help_text=_("What the API last said of it: health_status and the words beside it."),
    )
    checked_at = models.DateTimeField(
        _("checked at"), null=True, blank=True, help_text=_("When the API was last asked.")
    )
    told_at = models.JSONField(
        _("told at"),
        default=dict,
        blank=True,
        help_text=_("Platform time of the last word about each of these columns."),
    )
    send_after = models.DateTimeField(
        _("send after"),
        null=True,
        blank=True,
        help_text=_("The platform asked us to wait: nothing leaves before."),
    )
    seen_at = models.DateTimeField(
        _("seen at"),
        null=True,
        blank=True,
        help_text=_("Platform time, to the hour, of the newest fact about this number."),
    )

    class Meta:
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="chakra_number_key")]

    def __str__(self) -> str:
        return self.name or self.display_number or self.key
