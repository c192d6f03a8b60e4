"""Messages and what the platform reported of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .calls import WebhookCall
from .campaigns import Campaign
from .choices import (
    Direction,
    MessageRole,
    MessageSource,
    MessageStatus,
    Resolution,
    StatusType,
)
from .contacts import Contact
from .conversations import Conversation
from .fields import FirstCallField, IdField


class Message(models.Model):
    """One item of the platform with an id, or one of ours on its way there."""

    account = IdField(_("account"), max_length=64)
    external_id = IdField(
        _("external id"), null=True, blank=True, help_text=_("WhatsApp's id (wamid).")
    )
    chakra_id = IdField(_("Chakra id"), blank=True, db_index=True)
    conversation = models.ForeignKey(
        Conversation,
        verbose_name=_("conversation"),
        on_delete=models.PROTECT,
        related_name="messages",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        help_text=_("Who spoke; empty when it was us."),
    )
    number_named = models.BooleanField(
        _("number named"),
        default=False,
        help_text=_("Whether the platform said to which number, or it merely follows the others."),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="chakra_messages",
        help_text=_("The member of staff who wrote it."),
    )
    call = FirstCallField(
        WebhookCall,
        verbose_name=_("call"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="messages",
        help_text=_("The call that first brought it."),
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    kind = models.CharField(
        _("kind"), max_length=64, help_text=_("The platform's word: text, image, …")
    )
    role = models.CharField(
        _("role"), max_length=16, choices=MessageRole, default=MessageRole.BUBBLE
    )
    source = models.CharField(_("source"), max_length=16, choices=MessageSource)
    text = models.TextField(_("text"), blank=True, help_text=_("What a person reads."))
    payload = models.JSONField(_("payload"), default=dict, blank=True)
    target = models.ForeignKey(
        "self",
        verbose_name=_("target"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="changes",
        help_text=_("The message that this reaction, edit or revoke is about."),
    )
    target_external_id = IdField(_("target's external id"), blank=True, db_index=True)
    reply_to = models.ForeignKey(
        "self",
        verbose_name=_("reply to"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replies",
        help_text=_("The quoted message, when we have it."),
    )
    reply_to_external_id = IdField(_("external id replied to"), blank=True, db_index=True)
    retry_of = models.ForeignKey(
        "self",
        verbose_name=_("retry of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="retries",
    )
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    status = models.CharField(
        _("status"),
        max_length=16,
        blank=True,
        choices=MessageStatus,
        help_text=_("The highest word heard of it; empty for what others wrote."),
    )
    error_code = models.IntegerField(_("error code"), null=True, blank=True)
    error_title = models.CharField(_("error title"), max_length=255, blank=True)
    error_details = models.TextField(_("error details"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    occurred_at = models.DateTimeField(
        _("occurred at"), null=True, blank=True, help_text=_("By the platform's clock.")
    )
    sort_at = models.DateTimeField(
        _("sort at"), help_text=_("Its place in the conversation; never far in the future.")
    )
    received_at = models.DateTimeField(_("received at"))
    idempotency_key = IdField(_("idempotency key"), null=True, blank=True)
    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    attempt_log = models.JSONField(
        _("attempt log"),
        default=list,
        blank=True,
        help_text=_("The newest attempts: began, ended, outcome, code, words."),
    )
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    sending_in = models.PositiveBigIntegerField(
        _("sending in"),
        null=True,
        blank=True,
        unique=True,
        help_text=_("Its conversation while it is on its way: one at a time, by constraint."),
    )
    resolution = models.CharField(
        _("resolution"),
        max_length=16,
        blank=True,
        choices=Resolution,
        help_text=_("How we know what the platform calls it."),
    )
    announce_at = models.DateTimeField(_("announce at"), null=True, blank=True, db_index=True)
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"], name="chakra_message_external"
            ),
            models.UniqueConstraint(
                fields=["account", "idempotency_key"], name="chakra_message_idempotency"
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "sort_at", "id"], name="chakra_message_thread"),
            models.Index(fields=["status", "next_attempt_at", "id"], name="chakra_message_due"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class DeliveryStatus(models.Model):
    """One tick reported for one message; the whole history is kept, unknown words too."""

    account = IdField(_("account"), max_length=64)
    key = models.CharField(
        _("key"), max_length=64, help_text=_("Hash of id, type, word and participant.")
    )
    external_id = IdField(_("external id"), blank=True, db_index=True)
    chakra_id = IdField(_("Chakra id"), blank=True, db_index=True)
    message = models.ForeignKey(
        Message,
        verbose_name=_("message"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="delivery_statuses",
        help_text=_("Empty until the message is known."),
    )
    type = models.CharField(
        _("type"), max_length=16, choices=StatusType, default=StatusType.MESSAGE
    )
    status = models.CharField(_("status"), max_length=64, help_text=_("In lower case."))
    recipient = IdField(_("recipient"), blank=True)
    participant = IdField(_("participant"), blank=True, help_text=_("Who, in a group."))
    error_code = models.IntegerField(_("error code"), null=True, blank=True)
    error_title = models.CharField(_("error title"), max_length=255, blank=True)
    error_details = models.TextField(_("error details"), blank=True)
    pricing_category = models.CharField(_("pricing category"), max_length=64, blank=True)
    billable = models.BooleanField(_("billable"), null=True, blank=True)
    payload = models.JSONField(_("payload"), default=dict, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"))
    call = FirstCallField(
        WebhookCall,
        verbose_name=_("call"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="delivery_statuses",
        help_text=_("The call that first brought it."),
    )
    announce_at = models.DateTimeField(_("announce at"), null=True, blank=True, db_index=True)
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery status")
        verbose_name_plural = _("delivery statuses")
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="chakra_status_key")]

    def __str__(self) -> str:
        # Not of which: a wamid has the customer's number in it.
        return f"{self.status}, delivery status {self.pk}"
