"""What we know of a template before it is sent: the rows that ``sync`` and events keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Subquery
from django.utils import timezone

from .. import conf
from ..client.payloads.fitting import fit
from ..exceptions import TemplateRefused, ValidationFailed
from ..models import MessageTemplate
from ..record.templates import shape, stamp
from .addressing import Place, waba_of_number

#: The platform's categories. Only marketing may be stopped by the customer.
Category = Literal["marketing", "utility", "authentication"]

#: Those that are not marketing; what is unknown counts as marketing.
CATEGORIES: dict[str, Category] = {"UTILITY": "utility", "AUTHENTICATION": "authentication"}

#: States in which the platform sends nothing. A word that is not listed holds nobody up: FLAGGED is
#: a warning, REINSTATED and UNARCHIVED are approved again, and the platform judges what is new.
UNSENDABLE = frozenset(
    {
        "ARCHIVED",
        "DELETED",
        "DISABLED",
        "IN_APPEAL",
        "LIMIT_EXCEEDED",
        "LOCKED",
        "PAUSED",
        "PENDING",
        "PENDING_DELETION",
        "REJECTED",
    }
)
#: So long it counts that something is not there, or may not be sent. Later it may have changed
#: without a word to us, and the platform judges.
FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of one name, in all languages."""

    name: str
    rows: tuple[MessageTemplate, ...]
    #: Whose list was read; "" for none.
    waba: str
    #: When it was last read to its end.
    synced_at: datetime | None

    def check(self, template: Mapping[str, Any], *, waba: str = "", fits: bool = True) -> None:
        """Refuse what the platform would refuse, as far as the rows tell.

        Args:
            template: what stands under "template" in the body of the message.
            waba: only templates of this account of Meta's can be sent; "" is unknown.
            fits: whether its values are compared too.

        Raises:
            TemplateRefused: no such name or language, or its status, as of the last 24 hours.
            ValidationFailed: what goes into its places.
        """
        language = _language(template)
        errors = []
        for row in self._of(language, waba):
            try:
                self._check_status(row, waba)
                # What was made anew may be made otherwise.
                if fits and row.deleted_at is None:
                    fit(shape(row), template)
            except (TemplateRefused, ValidationFailed) as error:
                errors.append(error)
            else:
                return
        if errors:
            raise errors[0]

    def category(self, language: str, *, waba: str = "") -> Category:
        """As it was approved; "marketing" where that is not known."""
        rows = (row for row in self.rows if _is_in(row, waba) and row.language == language)
        found = {CATEGORIES.get(row.category, "marketing") for row in rows if not row.deleted_at}
        return found.pop() if len(found) == 1 else "marketing"

    def _of(self, language: str, waba: str) -> Iterator[MessageTemplate]:
        """The rows that may be meant; what is gone only where nothing else is.

        Raises:
            TemplateRefused: there is surely none.
        """
        named = [row for row in self.rows if _is_in(row, waba)]
        found = [row for row in named if row.language in (language, "") or not language]
        synced_at = self._fresh_sync(waba)
        if synced_at is not None and not named:
            raise TemplateRefused(
                f"There was no template {self.name!r} at the last sync, {_shown(synced_at)}: "
                "if it is new, run chakra_templates sync"
            )
        # What events alone told of says nothing of other languages.
        if synced_at is not None and not found and any(row.synced_at for row in named):
            there = sorted({row.language for row in named if row.deleted_at is None})
            words = f"it is in {', '.join(there)}" if there else "it was deleted"
            raise TemplateRefused(f"The template {self.name!r} is not in {language!r}: {words}")
        there_still = [row for row in found if row.deleted_at is None]
        yield from sorted(there_still or found, key=lambda row: -row.pk)

    def _check_status(self, row: MessageTemplate, waba: str) -> None:
        is_gone = row.deleted_at is not None
        if not is_gone and row.status not in UNSENDABLE:
            return
        is_fresh = row.told_at.get("status", "") > stamp(timezone.now() - FRESH)
        # Of what is gone nobody says again that it is: a list that lacks it does.
        if not is_fresh and not (is_gone and self._fresh_sync(waba) is not None):
            return
        status = "deleted" if is_gone else row.status
        reason = " ".join(row.reason.split())[:200]
        why = f": {reason}" if reason else ""
        raise TemplateRefused(
            f"The template {row.name!r} ({row.language}) is {status}{why}",
            status=status,
            reason=row.reason,
        )

    def _fresh_sync(self, waba: str) -> datetime | None:
        """When the list of this WABA was read to its end, if lately; then what it lacks is gone.

        No list tells of an unknown WABA.
        """
        if not waba or waba != self.waba or self.synced_at is None:
            return None
        return self.synced_at if timezone.now() - self.synced_at < FRESH else None


def look(account: str, name: str, *, waba: str = "") -> Known:
    """What is known of a name, and of the last sync of this WABA, in one statement."""
    rows = MessageTemplate.objects.filter(account=account).order_by()
    synced = rows.filter(waba_id=waba, synced_at__isnull=False)
    newest = Subquery(synced.order_by("-synced_at").values("pk")[:1])
    found = list(rows.filter(name=name).union(rows.filter(pk=newest), all=True))
    theirs = (row.synced_at for row in found if row.waba_id == waba)
    last = max((at for at in theirs if at is not None), default=None)
    named = {row.pk: row for row in found if row.name == name}
    return Known(name, tuple(named.values()), waba, last)


def checked(
    place: Place, template: Mapping[str, Any], category: Category | None, *, fits: bool = True
) -> Category:
    """Compare a template with what is known of it; its category where the caller gave none.

    One statement, or none for what was written down before.

    Raises:
        TemplateRefused, ValidationFailed: see :meth:`Known.check`.
    """
    checks = conf.current().check_templates
    if place.existing is not None or (category is not None and not checks):
        return category or "marketing"
    waba = waba_of_place(place)
    known = look(place.account, str(template.get("name", "")), waba=waba)
    if checks:
        known.check(template, waba=waba, fits=fits)
    return category or known.category(_language(template), waba=waba)


def waba_of_place(place: Place) -> str:
    """The WABA that a message leaves from, where that is known without asking; else ""."""
    number = place.conversation.number if place.conversation is not None else None
    if number is not None and number.waba_id:
        return str(number.waba_id)
    return waba_of_number(place.account, place.phone_number_id)


def _is_in(row: MessageTemplate, waba: str) -> bool:
    return not waba or row.waba_id in ("", waba)


def _language(template: Mapping[str, Any]) -> str:
    language = template.get("language")
    return str(language.get("code") or "") if isinstance(language, Mapping) else ""


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
