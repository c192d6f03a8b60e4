"""Message templates, as the platform has them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class MessageTemplate(models.Model):
    """One template in one language, kept by ``chakra_templates`` and by events.

    Words of the platform (``category``, ``status``, ``quality``) stand here in upper case.
    """

    account = IdField(_("account"), max_length=64)
    waba_id = IdField(_("WABA id"), blank=True, help_text=_("WhatsApp Business Account."))
    external_id = IdField(_("external id"), help_text=_("Meta's id of the template."))
    name = IdField(_("name"), max_length=512, blank=True)
    language = models.CharField(_("language"), max_length=64, blank=True, db_index=True)
    category = models.CharField(_("category"), max_length=64, blank=True)
    status = models.CharField(_("status"), max_length=64, blank=True)
    quality = models.CharField(_("quality"), max_length=64, blank=True)
    reason = models.TextField(
        _("reason"), blank=True, help_text=_("Why it was rejected, paused or disabled.")
    )
    parameter_format = models.CharField(
        _("parameter format"), max_length=64, blank=True, help_text=_("POSITIONAL or NAMED.")
    )
    components = models.JSONField(_("components"), default=list, blank=True)
    told_at = models.JSONField(
        _("told at"),
        default=dict,
        blank=True,
        help_text=_("Platform time of the last word about each of these columns."),
    )
    synced_at = models.DateTimeField(
        _("synced at"), null=True, blank=True, help_text=_("When the platform last listed it.")
    )
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"], name="chakra_template_external"
            )
        ]
        # How a message finds its template, and whether the platform was asked lately.
        indexes = [
            models.Index(fields=["account", "name"], name="chakra_template_name"),
            models.Index(fields=["account", "synced_at"], name="chakra_template_synced"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.external_id} ({self.language or '?'})"
