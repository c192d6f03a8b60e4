"""One of our numbers with a contact or a group."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .contacts import Contact
from .fields import DatabaseNow, IdField
from .numbers import BusinessNumber

#: For so long after a customer wrote, any message may be sent.
WINDOW = timedelta(hours=24)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Queries over conversations, and the lease under which they are announced."""

    def lease(self, by: str, *, seconds: int) -> int:
        """Take these conversations for announcing where nobody holds them; return how many."""
        return self.filter(free() | Q(announcing_by=by))._give_to(by, seconds=seconds)

    def take_over(self, by: str, *, seconds: int) -> int:
        """Take those whose holder fell silent; return how many."""
        return self.filter(abandoned())._give_to(by, seconds=seconds)

    def _give_to(self, by: str, *, seconds: int) -> int:
        return self.update(
            announcing_by=by,
            announcing_until=DatabaseNow() + timedelta(seconds=seconds),
            announcing_version=F("version"),
        )

    def renew(self, by: str, *, seconds: int) -> int:
        """Hold on to those that are still held by ``by``; return how many."""
        until = DatabaseNow() + timedelta(seconds=seconds)
        return self.filter(announcing_by=by).update(announcing_until=until)

    def held(self, by: str, among: Collection[int]) -> ConversationQuerySet:
        """Those of ``among`` that this worker holds."""
        return self.filter(pk__in=among, announcing_by=by)


def free(prefix: str = "") -> Q:
    """The condition that nobody announces the conversation: it was given back."""
    return Q(**{f"{prefix}announcing_until__isnull": True})


def abandoned(prefix: str = "") -> Q:
    """The condition that its holder fell silent: what it was telling may be the reason."""
    return Q(**{f"{prefix}announcing_until__lt": DatabaseNow()})


def changed() -> dict[str, Any]:
    """Values of an update that marks a change."""
    return {"version": F("version") + 1, "changed_at": DatabaseNow()}


def changed_and_leased(by: str, *, seconds: int) -> dict[str, Any]:
    """Values of an update that marks a change and takes the lease in the same statement if it is
    free.

    The order of the keys matters on MySQL and MariaDB, which see the values set further left.
    """
    until = DatabaseNow() + timedelta(seconds=seconds)
    return {
        "announcing_by": Case(When(free(), then=Value(by)), default=F("announcing_by")),
        "announcing_version": Case(
            When(free(), then=F("version") + 1),
            default=F("announcing_version"),
            output_field=models.PositiveBigIntegerField(),
        ),
        "announcing_until": Case(When(free(), then=until), default=F("announcing_until")),
        **changed(),
    }


class Conversation(models.Model):
    """One of our numbers with a contact **or** a group; what staff read as a chat."""

    account = IdField(_("account"), max_length=64)
    number = models.ForeignKey(
        BusinessNumber,
        verbose_name=_("number"),
        on_delete=models.PROTECT,
        related_name="conversations",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="conversations",
    )
    group_id = IdField(_("group id"), null=True, blank=True)
    last_message = models.ForeignKey(
        "Message",
        verbose_name=_("last message"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    last_at = models.DateTimeField(_("last at"), null=True, blank=True)
    last_inbound_at = models.DateTimeField(
        _("last inbound at"),
        null=True,
        blank=True,
        help_text=_("The 24-hour window counts from here."),
    )
    last_human_reply_at = models.DateTimeField(_("last human reply at"), null=True, blank=True)
    read_to = models.DateTimeField(
        _("read to"), null=True, blank=True, help_text=_("Bubbles after this are unread.")
    )
    unread_count = models.PositiveIntegerField(_("unread"), default=0)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    version = models.PositiveBigIntegerField(
        _("version"), default=0, help_text=_("One more with every change: a cursor for live pages.")
    )
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True, db_index=True)
    send_after = models.DateTimeField(
        _("send after"), null=True, blank=True, help_text=_("Nothing of ours leaves before.")
    )
    announcing_until = models.DateTimeField(_("announcing until"), null=True, blank=True)
    announcing_by = models.CharField(_("announcing by"), max_length=64, blank=True)
    announcing_version = models.PositiveBigIntegerField(
        _("announcing version"),
        default=0,
        help_text=_("The version that was taken up; if it moved on, there is more to announce."),
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        permissions = [("reply_conversation", "Can reply in conversations")]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "contact"], name="chakra_conversation_contact"
            ),
            models.UniqueConstraint(
                fields=["number", "group_id"], name="chakra_conversation_group"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "last_at", "id"], name="chakra_conversation_last"),
            # The inbox of all accounts, and what is unread in it.
            models.Index(fields=["last_at", "id"], name="chakra_conversation_inbox"),
            models.Index(fields=["unread_count"], name="chakra_conversation_unread"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    @property
    def window_closes_at(self) -> datetime | None:
        """Until when the platform takes any message, and not templates alone.

        24 hours after the customer's last bubble, by the platform's clock. None where there is no
        window: they have never written, or it is a group.

        https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages
        """
        if self.last_inbound_at is None or self.group_id is not None:
            return None
        return self.last_inbound_at + WINDOW

    @property
    def window_open(self) -> bool:
        """Whether any message may be sent now, by this host's clock."""
        return self.is_window_open(timezone.now())

    def is_window_open(self, at: datetime) -> bool:
        """Whether any message may be sent at this time."""
        closes_at = self.window_closes_at
        return self.group_id is not None or (closes_at is not None and at < closes_at)
