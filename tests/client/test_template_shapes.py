"""What goes into a template and what people read is told from its components, whatever they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_chakra.client.payloads import drafts
from django_chakra.client.payloads.fitting import preview, problems
from django_chakra.client.payloads.shapes import shape_of
from django_chakra.exceptions import ValidationFailed

FULL: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "News of {{1}}",
     "example": {"header_text": ["May"]}},
    {"type": "BODY", "text": "Hello {{1}}, {{2}} of {{1}}",
     "example": {"body_text": [["Ana", "tea"]]}},
    {"type": "FOOTER", "text": "Example Shop"},
    {"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "Yes"},
        {"type": "URL", "text": "Follow", "url": "https://x.example/{{1}}", "example": ["A7"]},
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+5511900000000"},
        {"type": "COPY_CODE", "example": "SAVE20"},
        {"type": "FLOW", "text": "Book"},
    ]},
]  # fmt: skip


def said(components: list[dict[str, Any]], **more: Any) -> list[tuple[str, str, str]]:
    """Places, names and examples of the variables."""
    return [(v.place, v.name, v.example) for v in shape_of(components, **more).variables]


def test_variables_by_place() -> None:
    """Each once, in the order in which they are read, with its example."""
    assert said(FULL) == [
        ("header", "1", "May"),
        ("body", "1", "Ana"),
        ("body", "2", "tea"),
        ("button 2", "url", "A7"),
        ("button 4", "code", "SAVE20"),
    ]


def test_variables_by_name() -> None:
    """By the platform's word, or where it says none by their looks."""
    params = [{"param_name": "name", "example": "Ana"}]
    body = [{"type": "BODY", "text": "Hello {{name}}",
             "example": {"body_text_named_params": params}}]  # fmt: skip
    assert said(body) == [("body", "name", "Ana")]
    assert shape_of(body).is_named is True
    assert shape_of(FULL).is_named is False
    assert shape_of(FULL, parameter_format="NAMED").is_named is True
    assert shape_of([{"type": "BODY", "text": "Hello"}]).is_named is None


@pytest.mark.parametrize("format", ["IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])
def test_headers_of_other_kinds(format: str) -> None:
    """They take a file or a place."""
    found = shape_of([{"type": "HEADER", "format": format}, {"type": "BODY", "text": "Hi"}])
    assert [(one.place, one.name) for one in found.variables] == [("header", format.lower())]
    assert preview(found).header == f"[{format.lower()}]"


def test_a_preview_without_values() -> None:
    """Shows variables as they are written."""
    assert preview(shape_of(FULL)) == (
        preview(shape_of(FULL), {"components": "nothing that can be read"})
    )
    shown = preview(shape_of(FULL))
    assert (shown.header, shown.body) == ("News of {{1}}", "Hello {{1}}, {{2}} of {{1}}")
    assert (shown.footer, shown.buttons[1]) == ("Example Shop", "Follow: https://x.example/{{1}}")
    assert shown.buttons[2:] == ("Call: +5511900000000", "copy code", "Book")


def test_a_preview_with_values() -> None:
    """Shows what people will read; what is no text by its fallback."""
    amount = {"type": "currency", "currency": {"fallback_value": "$5", "code": "USD"}}
    sent = {"components": [
        {"type": "header", "parameters": [{"type": "text", "text": "June"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Ana {{2}}"}, amount]},
        {"type": "button", "sub_type": "url", "index": "1",
         "parameters": [{"type": "text", "text": "B8"}]},
        {"type": "button", "sub_type": "copy_code", "index": 3,
         "parameters": [{"type": "coupon_code", "coupon_code": "MAY"}]},
    ]}  # fmt: skip
    shown = preview(shape_of(FULL), sent)
    assert (shown.header, shown.body) == ("News of June", "Hello Ana {{2}}, $5 of Ana {{2}}")
    assert shown.buttons[1] == "Follow: https://x.example/B8"
    assert shown.buttons[3] == "copy code: MAY"
    assert problems(shape_of(FULL), sent) == []


def test_a_preview_of_cards() -> None:
    """Each with its own values."""
    cards = [{"components": [{"type": "BODY", "text": f"Card {n} for {{{{1}}}}"}]} for n in (1, 2)]
    shape = shape_of([{"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": cards}])
    sent = {"components": [{"type": "carousel", "cards": [{"card_index": 1, "components": [
        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}
    ]}]}]}  # fmt: skip
    shown = preview(shape, sent)
    assert [one.body for one in shown.cards] == ["Card 1 for {{1}}", "Card 2 for Ana"]
    assert [one.place for one in shape.variables] == ["card 1, body", "card 2, body"]


@pytest.mark.parametrize(("format", "is_free"), [("IMAGE", False), ("PRODUCT", True)])
def test_how_many_cards(format: str, is_free: bool) -> None:
    """Cards of products may be more or fewer than the template's; each that it has is compared."""
    link = {"type": "URL", "text": "Buy", "url": "https://x.example/{{1}}"}
    one = {"components": [
        {"type": "HEADER", "format": format}, {"type": "BUTTONS", "buttons": [link]},
    ]}  # fmt: skip
    shape = shape_of([{"type": "CAROUSEL", "cards": [one, one]}])
    header = {"type": "header", "parameters": [{"type": format.lower()}]}
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"text": "A7"}]}

    def found(count: int, *components: dict[str, Any]) -> list[str]:
        cards = [{"card_index": n, "components": [*components]} for n in range(count)]
        sent = {"components": [{"type": "carousel", "cards": cards}]}
        return [why for _, why in problems(shape, sent)]

    assert found(2, header, button) == []
    if is_free:
        assert found(1, header, button) == found(5, header, button) == []
        assert found(5, header) == ["button 1 needs the end of its address"] * 2
    else:
        assert found(1, header, button) == ["the template has 2 cards, 1 given"]
        assert found(5, header, button) == ["the template has 2 cards, 5 given"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.sampled_from(["", "BODY", "{{1}}", "TEXT", "URL", "x" * 50, "\x00"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from([
            "type", "text", "format", "buttons", "cards", "components", "example", "url", "index",
            "body_text", "header_text", "parameters", "body_text_named_params", "param_name",
            "sub_type", "card_index", "currency",
        ]),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON, JSON)
def test_anything_can_be_read(components: Any, sent: Any) -> None:
    """Whatever stands in components or in a message, reading it does not fail."""
    shape = shape_of(components)
    template = {"components": sent}
    assert all(field and why for field, why in problems(shape, template))
    preview(shape, template)
    assert isinstance(shape.variables, list)


def test_drafts_have_examples() -> None:
    """A draft's parts are as Meta writes them, in both ways of naming variables."""
    assert drafts.body("Hello {{1}} of {{2}}", ["Ana", "May"]) == {
        "type": "BODY", "text": "Hello {{1}} of {{2}}", "example": {"body_text": [["Ana", "May"]]},
    }  # fmt: skip
    assert drafts.body("Hello {{name}}", {"name": "Ana"})["example"] == {
        "body_text_named_params": [{"param_name": "name", "example": "Ana"}]
    }
    assert drafts.text_header("Of {{1}}", ["May"])["example"] == {"header_text": ["May"]}
    assert drafts.body("Hello") == {"type": "BODY", "text": "Hello"}
    assert drafts.media_header("LOCATION") == {"type": "HEADER", "format": "LOCATION"}
    assert drafts.media_header("IMAGE", "4::aW")["example"] == {"header_handle": ["4::aW"]}


@pytest.mark.parametrize(
    ("work", "field", "words"),
    [
        (lambda: drafts.body(""), "body", "must not be empty"),
        (lambda: drafts.body("x" * 1025), "body", "at most 1024 characters, 1025 given"),
        (lambda: drafts.body("Hello {{1}}"), "body", "an example for each of 1"),
        (lambda: drafts.body("{{2}} and", ["a"]), "body", "from 1, in their order"),
        (lambda: drafts.text_header("{{1}} {{2}}", ["a", "b"]), "header", "one variable, 2 given"),
        (lambda: drafts.media_header("IMAGE"), "header", "must not be empty"),
        (lambda: drafts.footer("Hi {{1}}"), "footer", "takes no variables"),
        (lambda: drafts.buttons([{"text": "Yes"}]), "buttons[0].type", "has to be a text"),
        (lambda: drafts.buttons([{"type": "URL", "text": "x" * 26}]), "buttons[0].text", "25"),
        (lambda: drafts.buttons([{"type": "URL"}] * 11), "buttons", "at most 10"),
    ],
)
def test_drafts_that_the_platform_would_refuse(work: Any, field: str, words: str) -> None:
    """Are refused with the place, and nothing is sent."""
    with pytest.raises(ValidationFailed, match=words) as caught:
        work()
    assert caught.value.field == field
