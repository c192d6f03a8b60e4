"""Files of messages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from ..storage import PrivateStorage
from .choices import MediaState
from .fields import IdField
from .messages import Message


class MediaFile(models.Model):
    """One file of one message; it has its own fate, so a message never waits for it.

    A file that somebody sent is downloaded by its ``media_id``; one that we send is uploaded when
    its message leaves, and then has a ``public_url``.
    """

    account = IdField(_("account"), max_length=64)
    message = models.ForeignKey(
        Message, verbose_name=_("message"), on_delete=models.CASCADE, related_name="media_files"
    )
    slot = models.CharField(
        _("slot"), max_length=32, help_text=_("Where in the message: image, header, …")
    )
    media_id = IdField(_("media id"), blank=True, db_index=True, help_text=_("Meta's."))
    url = models.TextField(_("URL"), blank=True, help_text=_("As the platform named it."))
    mime_type = models.CharField(
        _("MIME type"), max_length=255, blank=True, help_text=_("As the message says.")
    )
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        blank=True,
        help_text=_("In hexadecimal, as the message says; else of what was kept."),
    )
    filename = models.CharField(
        _("file name"), max_length=255, blank=True, help_text=_("As whoever sent it calls it.")
    )
    size = models.PositiveBigIntegerField(_("size"), null=True, blank=True, help_text=_("Bytes."))
    file = models.FileField(
        _("file"),
        storage=PrivateStorage(),
        max_length=255,
        blank=True,
        editable=False,
        db_index=True,
    )
    public_url = models.TextField(
        _("public URL"),
        blank=True,
        help_text=_("Where it was uploaded: whoever knows it can read."),
    )
    state = models.CharField(
        _("state"), max_length=16, choices=MediaState, default=MediaState.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(
        _("next attempt at"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("While somebody downloads it: when another one may."),
    )
    expires_at = models.DateTimeField(
        _("expires at"), null=True, blank=True, help_text=_("Until when the platform keeps it.")
    )
    kept_at = models.DateTimeField(_("kept at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media files")
        constraints = [
            models.UniqueConstraint(fields=["message", "slot"], name="chakra_media_slot")
        ]

    def __str__(self) -> str:
        return self.filename or f"{self.slot} {self.pk}"


@receiver(post_delete, sender=MediaFile, dispatch_uid="django_chakra.media")
def _delete_file(instance: MediaFile, using: str, **named: Any) -> None:
    """What is stored goes with its row, after the commit; whatever deletes the row."""
    if instance.file:
        deleted = partial(_delete_stored, str(instance.file.name), using)
        transaction.on_commit(deleted, using=using, robust=True)


def _delete_stored(name: str, using: str) -> None:
    """Delete a file, unless another row has it too: a message that is sent again shares it."""
    if not MediaFile.objects.using(using).filter(file=name).exists():
        PrivateStorage().delete(name)
