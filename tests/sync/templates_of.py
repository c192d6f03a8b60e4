"""Templates on the fake platform, and our rows of them as plain values."""

from typing import Any

from django_chakra.models import MessageTemplate
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.state import Template


def add(fake: FakeChakra, count: int, *, waba_id: str = "") -> list[Template]:
    """So many approved templates, of all categories and in two languages."""
    start = len(fake.state.templates)
    made = [
        Template(
            id=f"71{start + n:013}",
            name=f"notice_{start + n}",
            language="en" if n % 2 else "pt_BR",
            category=("MARKETING", "UTILITY", "AUTHENTICATION")[n % 3],
            components=[{"type": "BODY", "text": f"Notice {n} of {{{{1}}}}"}],
            status="APPROVED",
            quality=("GREEN", "YELLOW", "UNKNOWN")[n % 3],
            waba_id=waba_id,
        )
        for n in range(count)
    ]
    with fake.lock:
        fake.state.templates |= {one.id: one for one in made}
    return made


def listed(fake: FakeChakra) -> dict[str, dict[str, Any]]:
    """By id, what the platform has."""
    return {
        one.id: {
            "name": one.name,
            "language": one.language,
            "category": one.category,
            "status": one.status,
            "reason": one.rejected_reason,
            "quality": one.quality,
            "parameter_format": one.parameter_format,
            "components": one.components,
            "waba_id": one.waba_id or fake.waba_id,
        }
        for one in fake.state.templates.values()
    }


def known(account: str = "default") -> dict[str, dict[str, Any]]:
    """By id, what our rows say of those that are there."""
    columns = (
        "name", "language", "category", "status", "reason", "quality", "parameter_format",
        "components", "waba_id",
    )  # fmt: skip
    rows = MessageTemplate.objects.filter(account=account, deleted_at=None)
    return {row.external_id: {name: getattr(row, name) for name in columns} for row in rows}


def row_of(template: Template | str) -> MessageTemplate:
    """Our row of a template."""
    id = template if isinstance(template, str) else template.id
    return MessageTemplate.objects.get(external_id=id)
