"""No value of any kind gives a body that could not be sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.client import payloads as p
from django_chakra.exceptions import ValidationFailed

TO = "919900000000"
LINK = "https://example.com/a"

ANY_TEXT = st.text(st.characters(codec=None), max_size=30)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=3) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
CALLS: list[Callable[[Any, Any, Any], dict[str, Any]]] = [
    lambda a, b, c: p.text(a, b, reply_to=c, callback_data=b),
    lambda a, b, c: p.document(TO, link=a, id=b, filename=c, caption=c),
    lambda a, b, c: p.location(TO, a, b, name=c, address=c),
    lambda a, b, c: p.contacts(TO, [{"name": {"formatted_name": a, "prefix": b}, "x": c}]),
    lambda a, b, c: p.contacts(TO, a),
    lambda a, b, c: p.reaction(TO, a, b, extra=c),
    lambda a, b, c: p.mark_read(a, extra=b),
    lambda a, b, c: p.buttons(TO, a, [{"id": b, "title": c}], header_image=c, footer=a),
    lambda a, b, c: p.buttons(TO, "B", a, header_text=b),
    lambda a, b, c: p.list_message(TO, a, b, [{"title": b, "rows": [{"id": b, "title": c}]}]),
    lambda a, b, c: p.list_message(TO, "B", "Open", a),
    lambda a, b, c: p.list_message(TO, "B", "Open", [{"rows": a}, {"rows": b}]),
    lambda a, b, c: p.cta_url(TO, a, b, c),
    lambda a, b, c: p.cta_url(TO, "B", "See", f"https://{a}"),
    lambda a, b, c: p.flow(TO, "B", a, flow_id=b, data=c, screen=a),
    lambda a, b, c: p.product_list(TO, a, b, c, [{"product_items": [a, b]}]),
    lambda a, b, c: p.template(TO, a, b, body=c),
    lambda a, b, c: p.template(TO, "hi", "en", body=a, header_text=b, buttons=c),
    lambda a, b, c: p.template(
        TO, "hi", "en", body=[a, b], buttons=[{"url": c}], components=[{"type": a}]
    ),
    lambda a, b, c: p.template(TO, "hi", "en", header_location=a, components=b),
    lambda a, b, c: p.text(TO, "hi", recipient_type=a),
    lambda a, b, c: p.message("x", {"a": a, "b": [b, c]}, to=TO),
]


@pytest.mark.parametrize("call", CALLS)
@given(a=ANY_TEXT | ANY_JSON, b=ANY_TEXT | ANY_JSON, c=ANY_TEXT | ANY_JSON)
def test_any_values(
    call: Callable[[Any, Any, Any], dict[str, Any]], a: Any, b: Any, c: Any
) -> None:
    """Whatever is passed in, there is a body that is JSON in UTF-8, or ValidationFailed."""
    try:
        built = call(a, b, c)
    except ValidationFailed:
        return
    json.dumps(built, allow_nan=False, ensure_ascii=False).encode()


SECRET = "rosebud-4711"


@pytest.mark.parametrize(
    "build",
    [
        lambda: p.text(TO, SECRET * 400),
        lambda: p.text(SECRET, "hi"),
        lambda: p.image(TO, link=f"http://{SECRET}"),
        lambda: p.image(TO, link=f"https://[{SECRET}"),
        lambda: p.contacts(TO, [{"name": {"formatted_name": SECRET}}]),
        lambda: p.contacts(
            TO, [{"name": {"formatted_name": "A", "prefix": "B"}, "birthday": SECRET}]
        ),
        lambda: p.location(TO, SECRET, 0),  # type: ignore[arg-type]
        lambda: p.reaction(TO, "wamid.X", SECRET),
        lambda: p.template(TO, SECRET, "en"),
        lambda: p.template(TO, "hi", SECRET),
        lambda: p.template(TO, "hi", "en", body=[f"{SECRET}\n"]),
        lambda: p.template(TO, "hi", "en", buttons=[{SECRET: SECRET}]),
        lambda: p.message("x", {SECRET: b"", "a": SECRET}, to=TO),
    ],
)
def test_no_error_shows_the_value(build: Callable[[], Any]) -> None:
    """What was passed in is not in the error, nor in one that led to it."""
    with pytest.raises(ValidationFailed) as caught:
        build()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error!r} {error} {vars(error)}"
        error = error.__context__
