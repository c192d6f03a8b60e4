"""Each public limit: what is at it goes through, what is beyond it names its field."""

from collections.abc import Callable
from typing import Any

import pytest

from django_chakra.client import payloads as p
from django_chakra.exceptions import ValidationFailed

TO = "919900000000"
LINK = "https://example.com/a"
ACTION = "interactive.action"
PARAMETERS = f"{ACTION}.parameters"
COMPONENT = "template.components[0].parameters[0]"
Build = Callable[..., dict[str, Any]]


def reply(**changes: str) -> dict[str, str]:
    return {"id": "a", "title": "A", **changes}


def menu(*sections: Any, **more: Any) -> dict[str, Any]:
    return p.list_message(TO, "B", "Open", sections, **more)


def rows(count: int, first: int = 0) -> list[dict[str, str]]:
    return [reply(id=str(at)) for at in range(first, first + count)]


def hi(**parts: Any) -> dict[str, Any]:
    return p.template(TO, "hi", "en", **parts)


#: A builder from a text, the longest text it takes, and the field.
LENGTHS: list[tuple[Build, int, str]] = [
    (lambda t: p.text(TO, t), 4096, "text.body"),
    (lambda t: p.text(TO, "hi", callback_data=t), 512, "biz_opaque_callback_data"),
    (lambda t: p.image(TO, link=LINK, caption=t), 1024, "image.caption"),
    (lambda t: p.video(TO, link=LINK, caption=t), 1024, "video.caption"),
    (lambda t: p.document(TO, link=LINK, caption=t), 1024, "document.caption"),
    (lambda t: p.buttons(TO, t, [reply()]), 1024, "interactive.body.text"),
    (lambda t: p.buttons(TO, "B", [reply()], header_text=t), 60, "interactive.header.text"),
    (lambda t: p.buttons(TO, "B", [reply()], footer=t), 60, "interactive.footer.text"),
    (lambda t: p.buttons(TO, "B", [reply(title=t)]), 20, f"{ACTION}.buttons[0].reply.title"),
    (
        lambda t: p.buttons(TO, "B", [reply(), reply(id=t, title="C")]),
        256,
        f"{ACTION}.buttons[1].reply.id",
    ),
    (lambda t: p.list_message(TO, t, "Open", [{"rows": rows(1)}]), 4096, "interactive.body.text"),
    (lambda t: p.list_message(TO, "B", t, [{"rows": rows(1)}]), 20, f"{ACTION}.button"),
    (lambda t: menu({"title": t, "rows": rows(1)}), 24, f"{ACTION}.sections[0].title"),
    (lambda t: menu({"rows": [reply(title=t)]}), 24, f"{ACTION}.sections[0].rows[0].title"),
    (lambda t: menu({"rows": [reply(id=t)]}), 200, f"{ACTION}.sections[0].rows[0].id"),
    (
        lambda t: menu({"rows": [reply(description=t)]}),
        72,
        f"{ACTION}.sections[0].rows[0].description",
    ),
    (lambda t: p.cta_url(TO, t, "See", LINK), 1024, "interactive.body.text"),
    (lambda t: p.cta_url(TO, "B", t, LINK), 20, f"{PARAMETERS}.display_text"),
    (lambda t: p.location_request(TO, t), 1024, "interactive.body.text"),
    (lambda t: p.flow(TO, "B", t, flow_id="7"), 30, f"{PARAMETERS}.flow_cta"),
    (lambda t: p.product(TO, "9", "s", body=t), 1024, "interactive.body.text"),
    (
        lambda t: p.product_list(TO, "9", t, "B", [{"product_items": ["s"]}]),
        60,
        "interactive.header.text",
    ),
    (lambda t: p.catalog_message(TO, t), 1024, "interactive.body.text"),
    (lambda t: p.template(TO, t, "en"), 512, "template.name"),
    (lambda t: hi(body=[t]), 32768, f"{COMPONENT}.text"),
    (lambda t: hi(body=[t], buttons=[{"url": "x"}]), 1024, f"{COMPONENT}.text"),
    (lambda t: hi(header_text=t), 60, f"{COMPONENT}.text"),
    (lambda t: hi(buttons=[{"url": t}]), 2000, f"{COMPONENT}.text"),
    (lambda t: hi(buttons=[{"copy_code": t}]), 20, f"{COMPONENT}.coupon_code"),
    (lambda t: hi(buttons=[{"otp": t}]), 15, f"{COMPONENT}.text"),
]


@pytest.mark.parametrize(("build", "most", "field"), LENGTHS)
def test_lengths(build: Build, most: int, field: str) -> None:
    """The longest text goes through; one more, none or no text at all names field and limit."""
    build("x" * most)
    for wrong, reason in [
        ("x" * (most + 1), f"at most {most} characters, {most + 1} given"),
        (" ", "must not be empty"),
        (b"x", "has to be a text, bytes given"),
    ]:
        with pytest.raises(ValidationFailed) as caught:
            build(wrong)
        assert (caught.value.field, str(caught.value)) == (field, f"{field}: {reason}")


def many_contacts(count: int) -> dict[str, Any]:
    return p.contacts(TO, [{"name": {"formatted_name": "A", "prefix": "B"}}] * count)


#: A builder from a number of entries, the most it takes, and the field.
COUNTS: list[tuple[Build, int, str]] = [
    (many_contacts, 257, "contacts"),
    (
        lambda n: p.buttons(TO, "B", [reply(id=str(i), title=str(i)) for i in range(n)]),
        3,
        f"{ACTION}.buttons",
    ),
    (
        lambda n: menu(*({"title": "T", "rows": rows(1, at)} for at in range(n))),
        10,
        f"{ACTION}.sections",
    ),
    (lambda n: menu({"rows": rows(n)}), 10, f"{ACTION}.sections"),
    (
        lambda n: menu({"title": "S", "rows": rows(5)}, {"title": "T", "rows": rows(n - 5, 5)}),
        10,
        f"{ACTION}.sections",
    ),
    (
        lambda n: p.product_list(TO, "9", "H", "B", [{"title": "T", "product_items": ["s"]}] * n),
        10,
        f"{ACTION}.sections",
    ),
    (
        lambda n: p.product_list(TO, "9", "H", "B", [{"product_items": ["s"] * n}]),
        30,
        f"{ACTION}.sections",
    ),
    (lambda n: hi(buttons=[{"url": "x"}] * n), 10, "template.components"),
]


@pytest.mark.parametrize(("build", "most", "field"), COUNTS)
def test_counts(build: Build, most: int, field: str) -> None:
    """As many entries as allowed go through; one more names the field, and how many there were."""
    build(most)
    with pytest.raises(ValidationFailed, match=rf"at most {most} .*{most + 1} given") as caught:
        build(most + 1)
    assert caught.value.field == field


def card(**name: Any) -> list[dict[str, Any]]:
    return [{"name": {"formatted_name": "A", "first_name": "A", **name}}]


ITEM = f"{ACTION}.sections[0].product_items"
WRONG: list[tuple[Build, str]] = [
    (lambda: p.location(TO, 90.001, 0), "location.latitude"),
    (lambda: p.location(TO, 0, -180.001), "location.longitude"),
    (lambda: p.location(TO, float("nan"), 0), "location.latitude"),
    (lambda: p.location(TO, 10**400, 0), "location.latitude"),
    (lambda: p.location(TO, "12", 0), "location.latitude"),  # type: ignore[arg-type]
    (lambda: p.location(TO, 0, True), "location.longitude"),
    (lambda: p.location(TO, 0, 0, name=""), "location.name"),
    (lambda: p.image(TO), "image"),
    (lambda: p.image(TO, link=LINK, id="7"), "image"),
    (lambda: p.image(TO, id=" 7"), "image.id"),
    *(
        (lambda link=link: p.image(TO, link=link), "image.link")
        for link in (
            "http://example.com/a",
            "file:///etc/passwd",
            "https://",
            "https://[",
            "https://a:b/c",
            "https://example.com/a b",
            "example.com/a",
        )
    ),
    (lambda: p.document(TO, link=LINK, filename=""), "document.filename"),
    (lambda: p.cta_url(TO, "B", "See", "javascript:x"), f"{PARAMETERS}.url"),
    (lambda: p.contacts(TO, []), "contacts"),
    (lambda: p.contacts(TO, {"name": "A"}), "contacts"),  # type: ignore[arg-type]
    (lambda: p.contacts(TO, [{}]), "contacts[0].name"),
    (lambda: p.contacts(TO, card(formatted_name="")), "contacts[0].name.formatted_name"),
    (lambda: p.contacts(TO, card(first_name="")), "contacts[0].name"),
    (lambda: p.contacts(TO, [card()[0] | {"birthday": "23.1.1999"}]), "contacts[0].birthday"),
    (lambda: p.contacts(TO, [card()[0] | {"birthday": "19990123"}]), "contacts[0].birthday"),
    *((lambda e=e: p.reaction(TO, "w", e), "reaction.emoji") for e in ("ok", "é", "👍 👍", ":)")),
    (lambda: p.reaction(TO, "", "👍"), "reaction.message_id"),
    (lambda: p.reaction(TO, "w", "👍", reply_to="v"), "context.message_id"),
    (lambda: p.text(TO, "hi", reply_to=""), "context.message_id"),
    (lambda: p.mark_read(""), "message_id"),
    (lambda: p.buttons(TO, "B", []), f"{ACTION}.buttons"),
    (lambda: p.buttons(TO, "B", ["Yes"]), f"{ACTION}.buttons[0].reply"),  # type: ignore[list-item]
    (lambda: p.buttons(TO, "B", [reply(id="a ")]), f"{ACTION}.buttons[0].reply.id"),
    (lambda: p.buttons(TO, "B", [reply(), reply(id="b")]), f"{ACTION}.buttons[1].reply.title"),
    (lambda: p.buttons(TO, "B", [reply(), reply(title="B")]), f"{ACTION}.buttons[1].reply.id"),
    (
        lambda: p.buttons(TO, "B", [reply()], header_text="H", header_image=LINK),
        "interactive.header",
    ),
    (
        lambda: p.buttons(TO, "B", [reply()], header_image={"url": LINK}),
        "interactive.header.image",
    ),
    (lambda: menu(), f"{ACTION}.sections"),
    (lambda: menu({"rows": []}), f"{ACTION}.sections[0].rows"),
    (lambda: menu({"rows": rows(1)}, {"rows": rows(1, 1)}), f"{ACTION}.sections[0].title"),
    (lambda: menu({"rows": rows(1) * 2}), f"{ACTION}.sections[0].rows[1].id"),
    (lambda: p.flow(TO, "B", "Go"), PARAMETERS),
    (lambda: p.flow(TO, "B", "Go", flow_id="1", flow_name="n"), PARAMETERS),
    (lambda: p.flow(TO, "B", "Go", flow_id="1", action="x"), f"{PARAMETERS}.flow_action"),
    (
        lambda: p.flow(TO, "B", "Go", flow_id="1", action="data_exchange", screen="S"),
        f"{PARAMETERS}.flow_action_payload",
    ),
    (
        lambda: p.flow(TO, "B", "Go", flow_id="1", data={}),
        f"{PARAMETERS}.flow_action_payload.data",
    ),
    (lambda: p.product(TO, "", "s"), f"{ACTION}.catalog_id"),
    (lambda: p.product_list(TO, "9", "H", "B", [{"product_items": [7]}]), f"{ITEM}[0]"),
    (
        lambda: p.product_list(TO, "9", None, "B", [{"product_items": ["s"]}]),  # type: ignore[arg-type]
        "interactive.header.text",
    ),
    *((lambda n=n: p.template(TO, n, "en"), "template.name") for n in ("Hi", "a-b", "é", "a\n")),
    *(
        (lambda code=code: p.template(TO, "hi", code), "template.language.code")
        for code in ("", "EN", "en-US", "en_us", "english", "en\n")
    ),
    (lambda: hi(body="Ana"), "template.components[0].parameters"),
    (lambda: hi(body=["a\nb"]), f"{COMPONENT}.text"),
    (lambda: hi(body=["a     b"]), f"{COMPONENT}.text"),
    (lambda: hi(body=[10**18]), f"{COMPONENT}.text"),
    (lambda: hi(body=[True]), f"{COMPONENT}.text"),
    (lambda: hi(body={"": "x"}), f"{COMPONENT}.parameter_name"),
    (lambda: hi(body=[{"currency": {}}]), f"{COMPONENT}.type"),
    (lambda: hi(header_text={"a": "x", "b": "y"}), "template.components[0].parameters"),
    (lambda: hi(header_text="x", header_image=LINK), "template.components[0].parameters"),
    (lambda: hi(header_image="http://example.com"), f"{COMPONENT}.image.link"),
    (lambda: hi(header_location={"latitude": 1}), f"{COMPONENT}.location.longitude"),
    (lambda: hi(buttons=[{"phone": "1"}]), "template.components[0]"),
    (lambda: hi(buttons=[{"url": "x", "otp": "1"}]), "template.components[0]"),
    (lambda: hi(components=["x"]), "template.components[0]"),
    (lambda: p.message("x", {"a": [{1}]}, to=TO), "x.a[0]"),
    (lambda: p.message("x", {"a b": float("inf")}, to=TO), "x.*"),
    (lambda: p.message("x", {1: "a"}, to=TO), "x"),
    (lambda: p.text(TO, "\ud83d"), "text.body"),
]


@pytest.mark.parametrize(("build", "field"), WRONG)
def test_refused(build: Build, field: str) -> None:
    """A value that the platform refuses never leaves, and the error names its field first."""
    with pytest.raises(ValidationFailed) as caught:
        build()
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize("emoji", ["❤️", "1️⃣", "ℹ️", "‼️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩🏻‍❤️‍💋‍👨🏽", "🇧🇷", "☺"])
def test_emoji_of_several_characters(emoji: str) -> None:
    """An emoji that is made of many characters, or of a digit, is one all the same."""
    assert p.reaction(TO, "wamid.X", emoji)["reaction"]["emoji"] == emoji


@pytest.mark.parametrize("code", ["en", "fil", "pt_BR", "zh_HK", "es_419", "sr_Latn", "zh_Hant_TW"])
def test_languages(code: str) -> None:
    """Languages of Meta's list, and those that it may add, are taken."""
    assert p.template(TO, "hi", code)["template"]["language"]["code"] == code


def test_a_list_that_holds_itself() -> None:
    """Something without end is refused, and not followed for ever."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValidationFailed, match="nested more than 24 deep"):
        p.message("x", endless, to=TO)
