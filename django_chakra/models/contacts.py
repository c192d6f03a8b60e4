"""The people at the other end, and the names by which the platform knows them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .choices import IdentityKind
from .fields import IdField


class Contact(models.Model):
    """One person or business that writes to us. Who they are is in ``identities``."""

    account = IdField(_("account"), max_length=64)
    name = models.CharField(
        _("name"), max_length=255, blank=True, help_text=_("The newest profile name heard.")
    )
    name_at = models.DateTimeField(
        _("name at"), null=True, blank=True, help_text=_("Platform time of that name.")
    )
    username = models.CharField(
        _("username"), max_length=255, blank=True, help_text=_("Shown, never an identity.")
    )
    username_at = models.DateTimeField(
        _("username at"), null=True, blank=True, help_text=_("Platform time of that username.")
    )
    marketing_stopped_at = models.DateTimeField(
        _("marketing stopped at"),
        null=True,
        blank=True,
        help_text=_("Since when they want no marketing; empty when they do, or never said."),
    )
    marketing_at = models.DateTimeField(
        _("marketing at"),
        null=True,
        blank=True,
        help_text=_("Platform time of their last word about marketing."),
    )
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="merged",
        help_text=_("The older contact that turned out to be the same person."),
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        permissions = [("see_numbers", "Can see phone numbers")]

    def __str__(self) -> str:
        return self.name or f"contact {self.pk}"


class ContactIdentity(models.Model):
    """One of the names by which the platform knows a contact."""

    account = IdField(_("account"), max_length=64)
    contact = models.ForeignKey(
        Contact, verbose_name=_("contact"), on_delete=models.CASCADE, related_name="identities"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=IdentityKind)
    value = IdField(_("value"), help_text=_("Digits of the phone, or the business-scoped user id."))
    match_key = IdField(
        _("match key"), help_text=_("Equal for the spellings of one number; the value otherwise.")
    )

    class Meta:
        verbose_name = _("contact identity")
        verbose_name_plural = _("contact identities")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "value"], name="chakra_identity_value"
            )
        ]
        indexes = [models.Index(fields=["account", "match_key"], name="chakra_identity_match")]

    def __str__(self) -> str:
        # Never the value: names get into histories and pages of others, numbers must not.
        return f"{self.get_kind_display()} {self.pk}"
