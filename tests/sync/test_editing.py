"""Templates that are created and edited from here: handed in, pending, and then what events say."""

from collections.abc import Callable
from typing import Any

import pytest

from django_chakra import sync
from django_chakra.exceptions import NoAnswer, RequestRejected, UnreadableAnswer
from django_chakra.models import MessageTemplate
from django_chakra.record.templates import shape
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Reply
from django_chakra.testing.fake.reviews import reviewed

from .templates_of import row_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

BODY: list[dict[str, Any]] = [
    {"type": "BODY", "text": "Hello {{name}}, welcome", "example": {
        "body_text_named_params": [{"param_name": "name", "example": "Ana"}]
    }},
]  # fmt: skip
NEW: dict[str, Any] = {
    "name": "welcome", "language": "en", "category": "UTILITY", "components": BODY,
    "parameter_format": "NAMED",
}  # fmt: skip


@pytest.fixture
def fake(chakra_fake: FakeChakra, transactional_db: None) -> FakeChakra:
    """A platform whose reviews wait until they are posted."""
    return chakra_fake


def test_a_new_template_waits_for_its_review(
    fake: FakeChakra, chakra_post_due: Callable[[], Any]
) -> None:
    """The row is there at once, pending, with all that was handed in; an event approves it."""
    row = sync.create_template(**NEW)
    handed = fake.state.templates[row.external_id]
    assert (handed.name, handed.parameter_format, handed.components) == ("welcome", "NAMED", BODY)
    assert (row.status, row.waba_id, row.components) == ("PENDING", fake.waba_id, BODY)
    assert shape(row).is_whole
    assert row.synced_at is None
    fake.clock.move(3600)
    chakra_post_due()
    row.refresh_from_db()
    assert (row.status, row.components) == ("APPROVED", BODY)
    assert sync.templates().new == len(fake.state.templates) - 1


def test_what_the_platform_refuses_leaves_no_row(fake: FakeChakra) -> None:
    """Its reason is raised."""
    sync.create_template(**NEW)
    with pytest.raises(RequestRejected, match="already exists"):
        sync.create_template(**NEW)
    with pytest.raises(RequestRejected, match="Invalid parameter"):
        sync.create_template(**{**NEW, "language": "fr", "category": "FUN"})
    assert MessageTemplate.objects.count() == 1


def test_without_an_answer_a_sync_tells(fake: FakeChakra) -> None:
    """What was taken and not answered, or answered without an id, is found by the next sync."""
    fake.before.append(lambda request: Misbehaviour.cut(taken=True))
    with pytest.raises(NoAnswer):
        sync.create_template(**NEW)
    fake.before.clear()
    fake.before.append(lambda request: Reply.of({"success": True}))
    with pytest.raises(UnreadableAnswer):
        sync.create_template(**{**NEW, "language": "fr"})
    fake.before.clear()
    assert not MessageTemplate.objects.exists()
    sync.templates()
    assert MessageTemplate.objects.get(name="welcome").status == "PENDING"


def test_an_edited_template_is_reviewed_again(
    fake: FakeChakra, chakra_post_event: Callable[..., Any]
) -> None:
    """It is pending with its new words; what is refused changes nothing."""
    sync.templates()
    row = MessageTemplate.objects.get(name="order_waiting")
    words = [{"type": "BODY", "text": "Your order {{1}} waits for you"}]
    edited = sync.edit_template(row, components=words)
    assert (edited.pk, edited.status, edited.components) == (row.pk, "PENDING", words)
    assert fake.state.templates[row.external_id].components == words
    template = fake.state.templates[row.external_id]
    rejected = reviewed(fake.events, template, "REJECTED").documents["meta"]
    rejected["entry"][0]["time"] += 1
    chakra_post_event(rejected)
    assert (row_of(template).status, row_of(template).reason) == ("REJECTED", "INVALID_FORMAT")
    assert sync.edit_template(row, category="MARKETING").category == "MARKETING"
    with pytest.raises(RequestRejected):
        sync.edit_template(row, components=[{"type": "SONG"}])
    assert row_of(template).components == words
