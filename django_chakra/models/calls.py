"""What the platform posted, byte for byte, and how far we are with it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import accumulate
from typing import Any, cast

from django.db import connections, models, transaction
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from .choices import CallState
from .fields import DatabaseNow, IdField
from .statements import update_sql


class CallQuerySet(models.QuerySet["WebhookCall"]):
    """Queries over stored calls."""

    def due(self, state: str) -> CallQuerySet:
        """Calls of this state whose time has come, oldest first."""
        return self.filter(state=state, next_attempt_at__lte=DatabaseNow()).order_by(
            "next_attempt_at", "id"
        )

    def claim(self, by: str, *, seconds: int, most: int) -> list[WebhookCall]:
        """Take the (sliced) rows of this queryset for one worker and count the attempt.

        As many as have no more than ``most`` bytes together, but at least one.

        One statement with RETURNING on PostgreSQL and SQLite, two on MySQL and MariaDB, which
        can't return updated rows. What another worker is taking at this moment is passed over.
        """
        until = DatabaseNow() + timedelta(seconds=seconds)
        values: dict[str, Any] = {
            "state": CallState.PROCESSING,
            "attempts": models.F("attempts") + 1,
            "claimed_by": by,
            "claimed_until": until,
            # An expired claim is found by the same index as a call that waits.
            "next_attempt_at": until,
        }
        vendor = connections[self.db].vendor
        with transaction.atomic(using=self.db, savepoint=False):  # or in the caller's
            if vendor == "mysql":
                keys = self._fitting_keys(most)
                if not keys:
                    return []
                rows = self.model._base_manager.using(self.db).filter(pk__in=keys)
                rows.update(**values)
                return list(rows.order_by("id"))
            sql, params = update_sql(self._fitting_rows(most), **values)
            claimed = self.model._base_manager.db_manager(self.db).raw(f"{sql} RETURNING *", params)
            return sorted(claimed, key=lambda call: call.pk)

    def _fitting_keys(self, most: int) -> list[int]:
        """Lock the rows of this queryset; the keys of the first that fit together."""
        locked = list(self.select_for_update(skip_locked=True).values_list("pk", "size"))
        sums = accumulate(size for _, size in locked)
        fitting = sum(1 for total in sums if total <= most)
        return [pk for pk, _ in locked[: max(fitting, 1)]]

    def _fitting_rows(self, most: int) -> CallQuerySet:
        """The same as rows that an update can have, chosen in its own statement."""
        locks = connections[self.db].vendor == "postgresql"
        due = self.select_for_update(skip_locked=True) if locks else self
        query = due.values("id", "size", "next_attempt_at").query
        sql, params = query.get_compiler(self.db).as_sql()
        total = "SUM(size) OVER (ORDER BY next_attempt_at, id) AS total"
        summed = f"SELECT id, size, {total} FROM ({sql}) AS due"  # noqa: S608  the ORM's own SQL
        keys = f"SELECT id FROM ({summed}) AS summed WHERE total <= %s OR total = size"  # noqa: S608  the same
        # As an array the choice is made once; a join might make it again and take more.
        chosen = f"id = ANY(ARRAY({keys}))" if locks else f"id IN ({keys})"
        rows = WebhookCall.objects.using(self.db)
        return cast("CallQuerySet", rows.extra(where=[chosen], params=(*params, most)))  # noqa: S610  the same


class WebhookCall(models.Model):
    """One HTTP POST from the platform, as it came. ``body`` is evidence and never changes."""

    account = IdField(_("account"), max_length=64, help_text=_("Alias in CHAKRA['ACCOUNTS']."))
    uid = models.UUIDField(
        _("uid"),
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text=_("Given on arrival: what is written twice, also from the spool, is one row."),
    )
    body = models.BinaryField(_("body"), help_text=_("The exact bytes, before any parsing."))
    size = models.GeneratedField(
        verbose_name=_("size"),
        expression=Length("body"),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
        help_text=_("Bytes of the body; reading the body itself would cost far more."),
    )
    digest = models.CharField(
        _("digest"), max_length=64, help_text=_("SHA-256 of the body, hex; equal bodies share it.")
    )
    signature = models.CharField(
        _("signature"), max_length=512, blank=True, help_text=_("Signature headers as sent.")
    )
    format = models.CharField(
        _("format"), max_length=16, blank=True, help_text=_("chakra, meta, or empty when neither.")
    )
    kind = models.CharField(
        _("kind"),
        max_length=64,
        blank=True,
        help_text=_("The one kind of fact in the call, else 'mixed'."),
    )
    kinds = models.TextField(
        _("kinds"), blank=True, help_text=_("All facts of the call in words, with their numbers.")
    )
    state = models.CharField(
        _("state"), max_length=16, choices=CallState, default=CallState.RECEIVED
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(
        _("next attempt at"),
        null=True,
        blank=True,
        help_text=_("When the call may be taken (again); while it is claimed: when that ends."),
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    claimed_by = models.CharField(_("claimed by"), max_length=64, blank=True)
    unreadable = models.PositiveIntegerField(
        _("unreadable"), default=0, help_text=_("Facts in this call that no reader could read.")
    )
    repeat_of = models.ForeignKey(
        "self",
        verbose_name=_("repeat of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="repeats",
        help_text=_("The first call of the same body that was not refused or given up."),
    )
    announce_at = models.DateTimeField(
        _("announce at"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Set while receivers of event_received have still to be told."),
    )
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True)
    error = models.TextField(
        _("error"), blank=True, help_text=_("Why the call was refused or could not be processed.")
    )
    received_at = models.DateTimeField(_("received at"))
    processed_at = models.DateTimeField(_("processed at"), null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook call")
        verbose_name_plural = _("webhook calls")
        permissions = [("see_payloads", "Can see raw payloads")]
        indexes = [
            models.Index(fields=["account", "digest"], name="chakra_call_digest"),
            models.Index(fields=["kind", "id"], name="chakra_call_kind"),
            models.Index(fields=["state", "next_attempt_at", "id"], name="chakra_call_due"),
            models.Index(fields=["account", "received_at"], name="chakra_call_received"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} ({self.account})"
