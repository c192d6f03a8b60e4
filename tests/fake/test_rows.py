"""Every row of the client's table against the fake, without a socket and over HTTP."""

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest

from django_chakra.client import Chakra
from django_chakra.testing.fake import FakeChakra

from ..client.rows import Row
from ..client.test_endpoints import ROWS, called, data_of
from .shapes import differences

SUCCESS = {"success": True}
CALL = {"messaging_product": "whatsapp", "success": True}
#: What comes where the endpoint has more than one answer.
OTHERWISE: dict[str, Any] = {
    "session_messages.mark_read": SUCCESS,
    "session_messages.typing": SUCCESS,
    "calling.pre_accept": CALL,
    "calling.accept": CALL,
    "calling.reject": CALL,
    "calling.terminate": CALL,
    # Asked for behind the last entry, and for some fields.
    "message_templates.list": {"data": []},
    "groups.list": {"data": []},
    "groups.get": {"messaging_product": "whatsapp", "id": "1", "subject": "x"},
}


def without_variables(fake: FakeChakra) -> None:
    fake.state.templates["700000000000001"].components = [{"type": "BODY", "text": "Hello"}]


def rejected(fake: FakeChakra) -> None:
    # An approved one keeps its category.
    fake.state.templates["700000000000001"].status = "REJECTED"


#: What has to be otherwise before a row is called.
BEFORE: dict[str, Callable[[FakeChakra], object]] = {
    "message_templates.create": lambda fake: fake.state.templates.clear(),
    "message_templates.update": rejected,
    "template_messages.send_in_meta_format": without_variables,
}


def fresh(row: Row) -> Row:
    """A row with files that nobody has read."""
    given = copy.deepcopy(row.given)
    for value in given.values():
        if isinstance(value, io.BytesIO):
            value.seek(0)
    return Row(row.call, row.asks, row.args, given)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(row: Row, chakra: Chakra, fake: FakeChakra) -> None:
    """A call of the client's table is taken, and its answer has the shape of its sample."""
    if change := BEFORE.get(row.call):
        change(fake)

    given = called(chakra, fresh(row))

    expected = data_of(row) if row.gives is None else row.gives
    assert differences(OTHERWISE.get(row.call, expected), given) == []
    booked = fake.ledger.entries("request")[-1]
    assert (booked["endpoint"], booked["taken"]) == (row.endpoint.name, True)


def test_a_shape_is_keys_and_types() -> None:
    """The comparison of shapes finds a key too many, one too few and another type."""
    sample = {"id": "x", "at": 1, "all": [{"n": 1}], "data": {"own": 1}}

    assert differences(sample, {"id": "y", "at": 2, "all": [], "data": {"other": ""}}) == []
    assert len(differences(sample, {"id": 1, "more": 1, "all": [{"n": ""}], "data": {}})) == 4
