"""HTML for what came from outside: everything is escaped, what may be long is cut, and numbers are
masked for who may not see them (:mod:`.sight`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from . import masks, sight

#: Characters of one body or payload that a page shows.
LIMIT = 200_000

NOTHING = "-"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def isolated(text: object) -> SafeString:
    """A text that may run from right to left, kept from turning its neighbours around."""
    return format_html("<bdi>{}</bdi>", said(text))


def ours(text: object) -> SafeString:
    """A text of ours, like our own number: escaped, and shown to everybody."""
    return format_html("{}", _written_out(str(text)))


def said(thing: object) -> str:
    """The words for something: keys and what is escaped already as they are, rows by their name."""
    if isinstance(thing, SafeString):
        return thing
    if isinstance(thing, int):
        return str(thing)
    if isinstance(thing, Model | Named):
        return printable(str(thing), keep=thing.pk)
    return printable(str(thing))


def short(text: str, length: int = 80) -> SafeString | str:
    """The beginning of a text, on one line."""
    # Masked before it is cut: half of a number would be taken for none.
    line = Truncator(" ".join(printable(text).split())).chars(length)
    return format_html('<bdi class="chakra-short">{}</bdi>', line) if line else NOTHING


def moment(at: datetime | None) -> SafeString | str:
    """A time to the second, in the site's zone: what belongs together lies seconds apart."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return format_html(
        '<time class="chakra-time" datetime="{}">{}</time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S"),
    )


def at(*parts: object) -> SafeString:
    """Words and times on one line."""
    shown = (moment(part) if isinstance(part, datetime) else part for part in parts)
    return format_html_join(" ", "{}", ((part,) for part in shown))


def word(value: str, label: object = None) -> SafeString | str:
    """A state or status as a small badge, coloured by its word."""
    if not value:
        return NOTHING
    return format_html(
        '<span class="chakra-word" data-word="{}">{}</span>',
        printable(value),
        printable(str(label or value)),
    )


def block(text: str) -> SafeString | str:
    """A long text as it is, in full."""
    return format_html('<pre class="chakra-block">{}</pre>', printable(text)) if text else NOTHING


def table(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> SafeString | str:
    """A small table; its cells are escaped unless they are HTML of ours."""
    lines = [
        format_html("<tr>{}</tr>", format_html_join("", "<td>{}</td>", ((cell,) for cell in row)))
        for row in rows
    ]
    if not lines:
        return NOTHING
    return format_html(
        '<div class="chakra-scroll"><table class="chakra-table">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        format_html_join("", "{}", ((line,) for line in lines)),
    )


def below(*parts: SafeString | str) -> SafeString:
    """Parts one under the other."""
    return format_html_join("", '<div class="chakra-part">{}</div>', ((part,) for part in parts))


def joined(parts: Iterable[SafeString | str]) -> SafeString:
    """Parts as they are, one after the other."""
    return format_html_join("", "{}", ((part,) for part in parts))


def beside(*parts: SafeString | str) -> SafeString:
    """Parts one beside the other, as far as there is room."""
    return format_html_join(
        " ", '<span class="chakra-piece">{}</span>', ((part,) for part in parts)
    )


def json_block(value: Any) -> SafeString | str:
    """JSON of ours, indented."""
    return _cut_block(*_indented(value))


def payload_block(value: Any) -> SafeString | str:
    """What the platform said of one thing, indented; for who may see raw payloads."""
    return json_block(value) if sight.current().payloads else _withheld(_("Can see raw payloads"))


def body_block(body: bytes) -> SafeString | str:
    """The body of a call: JSON indented, anything else as text with its bytes escaped."""
    if not sight.current().payloads:
        return _withheld(_("Can see raw payloads"))
    if not body:
        return NOTHING
    try:
        # Python reads more than JSON (NaN, UTF-16, a byte order mark): the reader wants to see it.
        text, is_cut = _indented(json.loads(body))
    except (ValueError, RecursionError):
        if not sight.current().numbers:
            # In bytes of whatever kind a number may look like anything.
            return _withheld(_("Can see phone numbers"))
        text, is_cut = body[:LIMIT].decode("utf-8", "backslashreplace"), len(body) > LIMIT
    return _cut_block(text, is_cut)


def printable(text: str, *, keep: object = None) -> str:
    """The text with control characters and lone surrogates written out, and numbers masked.

    ``keep`` is a key of ours in it.
    """
    return _written_out(_masked(text, keep=keep))


def person(value: str) -> str:
    """What the platform calls a person, as far as it may be seen."""
    return printable(value if sight.current().numbers else masks.person(value))


class Named:
    """A row whose name has no number in it: for where Django itself writes ``str(row)``."""

    def __init__(self, row: Any, *, always: bool = False) -> None:
        self._row, self._always = row, always

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)

    def __str__(self) -> str:
        name, key = str(self._row), self._row.pk
        return masks.text(name, keep=key) if self._always else printable(name, keep=key)


def _masked(text: str, *, keep: object = None) -> str:
    return text if sight.current().numbers else masks.text(text, keep=keep)


def _written_out(text: str) -> str:
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _indented(value: Any) -> tuple[str, bool]:
    """The JSON text of the value, made no further than it is shown; whether it was cut."""
    parts: list[str] = []
    size = 0
    for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        parts.append(part)
        size += len(part)
        if size > LIMIT:
            break
    return "".join(parts), size > LIMIT


def _withheld(permission: str) -> SafeString:
    words = _("Not shown: it needs the permission “%(name)s”.") % {"name": permission}
    return format_html('<p class="help chakra-withheld">{}</p>', words)


def _cut_block(text: str, is_cut: bool) -> SafeString | str:
    # Masked before it is cut, as above.
    shown = block(_masked(text)[:LIMIT])
    if not is_cut:
        return shown
    note = _("Only the first %(limit)s characters are shown.") % {"limit": f"{LIMIT:,}"}
    return below(shown, format_html('<p class="help">{}</p>', note))
