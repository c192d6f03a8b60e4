"""Create and edit templates on the platform, and keep what was handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import router

from .. import connect
from ..events import platform_id, storable
from ..events.words import word
from ..exceptions import UnreadableAnswer
from ..models import MessageTemplate
from ..models.clock import clock
from ..models.contention import patiently
from ..record import templates as kept
from ..record.templates import TemplateWord
from .templates import waba_of


def create_template(
    account: str = "default",
    *,
    name: str,
    language: str,
    category: str,
    components: Sequence[Mapping[str, Any]],
    parameter_format: str = "",
    waba_id: str | None = None,
) -> MessageTemplate:
    """Hand in a new template; its row is PENDING until an event or a sync says more.

    The request leaves at once: call it outside of a transaction.

    Args:
        name: lower case letters, digits and underscores.
        category: "UTILITY", "MARKETING" or "AUTHENTICATION".
        components: as Meta writes them.
        parameter_format: "NAMED" where its variables have names; the platform's default is
            "POSITIONAL".
        waba_id: instead of the account's.

    Raises:
        ApiError: the platform refused it, or can't be asked. After ``NoAnswer`` it may be there: a
            sync tells.
        ConfigurationError: no WABA or no token is set, or there is no such account.

    https://apidocs.chakrahq.com/api-17615301
    """
    waba = waba_of(account, waba_id)
    extra = {"parameter_format": parameter_format} if parameter_format else {}
    at = clock(router.db_for_write(MessageTemplate)).now()
    answer = connect.chakra(account).message_templates.create(
        name=name,
        language=language,
        category=category,
        components=components,
        waba_id=waba,
        **extra,
    )
    made = _made(answer)
    columns = {
        "name": name,
        "language": language,
        # The platform may put it into another one at once.
        "category": word(made.get("category")) or category,
        "parameter_format": parameter_format or "POSITIONAL",
    }
    said = TemplateWord(
        platform_id(made["id"]),
        waba,
        at,
        columns,
        status=(word(made.get("status")) or "PENDING", ""),
        components=_storable(components),
        is_whole=True,
    )
    return _keep(account, said)


def edit_template(
    template: MessageTemplate,
    *,
    components: Sequence[Mapping[str, Any]] | None = None,
    category: str | None = None,
) -> MessageTemplate:
    """Hand in other components (all of them) or another category, to be reviewed again.

    The row is PENDING until an event or a sync says more. The platform allows one edit a day and
    ten a month of an approved template, and no other category of it.

    Raises:
        ApiError: the platform refused it, or can't be asked.
        ConfigurationError: no token is set, or there is no such account.

    https://apidocs.chakrahq.com/api-17615603
    """
    template.refresh_from_db(fields=["told_at"])
    # Whatever was heard before, this comes after it.
    heard = [datetime.fromisoformat(at) for at in template.told_at.values()]
    now = clock(router.db_for_write(MessageTemplate)).now()
    at = max([now, *(at + timedelta(microseconds=2) for at in heard)])
    connect.chakra(template.account).message_templates.update(
        template.external_id, components=components, category=category
    )
    said = TemplateWord(
        template.external_id,
        template.waba_id,
        at,
        {"category": category} if category else {},
        status=("PENDING", ""),
        components=None if components is None else _storable(components),
        is_whole=True,
    )
    return _keep(template.account, said)


def _made(answer: Any) -> Mapping[str, Any]:
    """What the platform says of the new template: its id at least."""
    made = answer if isinstance(answer, dict) else {}
    if not platform_id(made.get("id")):
        raise UnreadableAnswer("The platform took the template and named no id: a sync finds it")
    return made


def _keep(account: str, said: TemplateWord) -> MessageTemplate:
    patiently(partial(kept.write, account, [said]), using=router.db_for_write(MessageTemplate))
    return MessageTemplate.objects.get(account=account, external_id=said.template_id)


def _storable(components: Sequence[Mapping[str, Any]]) -> list[Any]:
    found = storable([dict(one) for one in components])
    return found if isinstance(found, list) else []
