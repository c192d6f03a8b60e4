"""The forms in which staff write a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..client.payloads import drafts, limits
from ..exceptions import ValidationFailed
from ..models import MessageTemplate
from ..record.templates import shape

CATEGORIES = [(word, word) for word in ("UTILITY", "MARKETING", "AUTHENTICATION")]
HEADERS = [
    ("", gettext_lazy("none")),
    ("TEXT", gettext_lazy("text")),
    ("IMAGE", gettext_lazy("image")),
    ("VIDEO", gettext_lazy("video")),
    ("DOCUMENT", gettext_lazy("document")),
    ("LOCATION", gettext_lazy("location")),
]
LINES = forms.Textarea(attrs={"rows": 3, "cols": 60})
#: What the checks of a draft call a place, and the field that it is written in.
FIELDS = {"header": "header_text", "body": "body", "footer": "footer", "buttons": "buttons"}


class ListField(forms.JSONField):
    """A list of objects as JSON; nothing is an empty one."""

    def prepare_value(self, value: Any) -> Any:
        """Indented for people; empty where there is nothing, and not "null"."""
        if value in (None, [], ""):
            return ""
        return super().prepare_value(value)

    def clean(self, value: Any) -> list[Any]:
        """The list."""
        found = super().clean(value)
        if found in (None, ""):
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise forms.ValidationError(_("It has to be a list of objects."))
        return found


class DraftForm(forms.Form):
    """What a template says, in fields; or all of it as Meta writes it, for what these lack."""

    category = forms.ChoiceField(label=gettext_lazy("category"), choices=CATEGORIES)
    header = forms.ChoiceField(label=gettext_lazy("header"), choices=HEADERS, required=False)
    header_text = forms.CharField(
        label=gettext_lazy("header text"), max_length=limits.HEADER, required=False,
        help_text=gettext_lazy("Of a text header; it may have one variable."),
    )  # fmt: skip
    header_example = forms.CharField(
        label=gettext_lazy("header example"), max_length=2000, required=False,
        help_text=gettext_lazy(
            "Of a text header what its variable may be; of a file Meta's handle of an upload."
        ),
    )  # fmt: skip
    body = forms.CharField(
        label=gettext_lazy("body"), required=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 60}),
        help_text=gettext_lazy("Variables are {{1}}, {{2}} …, or {{name}}."),
    )  # fmt: skip
    examples = forms.CharField(
        label=gettext_lazy("examples"), required=False, widget=LINES,
        help_text=gettext_lazy("One line for each variable of the body, in their order."),
    )  # fmt: skip
    footer = forms.CharField(label=gettext_lazy("footer"), max_length=limits.FOOTER, required=False)
    buttons = ListField(
        label=gettext_lazy("buttons"), required=False, widget=LINES,
        help_text=gettext_lazy(
            'A list as Meta writes them: [{"type": "QUICK_REPLY", "text": "Yes"}, {"type": "URL", '
            '"text": "Follow it", "url": "https://example.com/{{1}}", "example": ["A7"]}]'
        ),
    )  # fmt: skip
    components = ListField(
        label=gettext_lazy("components"), required=False, widget=LINES,
        help_text=gettext_lazy(
            "Instead of all above from the header on: the whole list as Meta writes it, for "
            "authentication, carousels and what is new."
        ),
    )  # fmt: skip

    field_order = ("account", "name", "language")

    def clean(self) -> dict[str, Any]:
        """The components, checked as far as we know the platform's rules."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                cleaned["made"] = cleaned["components"] or list(_components(cleaned))
            except ValidationFailed as error:
                place = error.field.partition("[")[0]
                self.add_error(FIELDS.get(place), error.message)
        return cleaned

    @property
    def is_named(self) -> bool:
        """Whether its variables have names."""
        texts = [
            str(one.get("text") or "")
            for one in self.cleaned_data["made"]
            if str(one.get("type", "")).upper() in ("HEADER", "BODY")
        ]
        return drafts.is_named(*texts)


class CreateForm(DraftForm):
    """A new template."""

    account = forms.ChoiceField(label=gettext_lazy("account"))
    name = forms.RegexField(
        label=gettext_lazy("name"),
        regex=rf"\A{limits.TEMPLATE_NAME_PATTERN.pattern}\Z",
        max_length=limits.TEMPLATE_NAME,
        help_text=gettext_lazy("Small letters a to z, digits and underscores."),
    )
    language = forms.RegexField(
        label=gettext_lazy("language"), regex=rf"\A{limits.LANGUAGE_PATTERN.pattern}\Z",
        help_text=gettext_lazy("Like en, pt_BR or fil."),
    )  # fmt: skip

    def __init__(self, data: Any, *, accounts: list[str]) -> None:
        super().__init__(data)
        field: Any = self.fields["account"]
        field.choices = [(alias, alias) for alias in accounts]

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of :func:`.sync.create_template`."""
        named = ("account", "name", "language", "category")
        return {
            **{name: self.cleaned_data[name] for name in named},
            "components": self.cleaned_data["made"],
            "parameter_format": "NAMED" if self.is_named else "",
        }


class EditForm(DraftForm):
    """Another wording of a template; name and language stay."""

    def __init__(self, data: Any, *, row: MessageTemplate) -> None:
        super().__init__(data, initial=_initial(row))
        self.row = row

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of :func:`.sync.edit_template`; a category that stays is not sent."""
        category = self.cleaned_data["category"]
        is_other = category != self.row.category
        return {
            "components": self.cleaned_data["made"],
            "category": category if is_other else None,
        }


def _components(given: Mapping[str, Any]) -> Any:
    """Those of a draft, in their order."""
    header, example = given["header"], given["header_example"]
    if header == "TEXT":
        yield drafts.text_header(given["header_text"], [example] if example else [])
    elif header:
        yield drafts.media_header(header, example)
    yield drafts.body(given["body"], [line for line in given["examples"].splitlines() if line])
    if given["footer"]:
        yield drafts.footer(given["footer"])
    if given["buttons"]:
        yield drafts.buttons(given["buttons"])


def _initial(row: MessageTemplate) -> dict[str, Any]:
    """What the fields say of a template; where they can't say all, its components as they are."""
    found, listed = shape(row), row.components if isinstance(row.components, list) else []
    by_type = {str(one.get("type", "")).upper(): one for one in listed if isinstance(one, dict)}
    buttons = by_type.get("BUTTONS", {}).get("buttons") or None
    initial = {
        "category": row.category,
        "header": found.header_format,
        "header_text": found.header,
        "header_example": next(iter(found.examples.get("header", {}).values()), ""),
        "body": found.body or "",
        "examples": "\n".join(found.examples.get("body", {}).values()),
        "footer": found.footer,
        "buttons": buttons,
    }
    is_simple = found.is_whole and not found.cards and found.header_format in ("", "TEXT")
    if not is_simple or row.category == "AUTHENTICATION":
        initial["components"] = listed or None
    return initial
