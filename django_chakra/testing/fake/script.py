"""Scripts: what customers and the platform do by themselves, as short TOML files.

The shipped ones are in ``scripts/``; ``load("shop")`` reads one of them, ``load("my.toml")`` any
other. A file has:

```toml
says = "A sentence on what happens."
repeat = 30.0                   # seconds after the last step until all begins again; else it ends

[habits]                        # see habits.Habits; all optional
fails = 0.02

[customers.ana]                 # a name for the lines below
number = "5511988887777"        # digits, or a user id
name = "Ana"                    # as her profile has it; optional

[[step]]                        # one after the other
after = 1.0                     # seconds after the step before; by default 0
customer = "ana"
text = "Hello"                  # exactly one act, see below

[[answer]]                      # whenever we have sent a message
to = "template"                 # of this kind; by default any
contains = "order"              # with this in its text, in any case; by default any
customer = "ana"                # to her; by default to anybody, who then answers
rate = 0.5                      # chance; by default 1
times = 1                       # at most so often for each customer; by default always
after = 2.0                     # seconds after it was taken; by default 1
click = 1                       # exactly one act
```

Acts: ``text = "…"``; ``reply = "…"`` (a text that quotes our last message); ``image``, ``video``,
``audio``, ``document``, ``sticker`` ``= "caption"`` (may be ""); ``location = {latitude = …,
longitude = …}``; ``click = 1`` or ``"words"`` (button or row of our last message that has any);
``react = "👍"`` (to our last message, "" takes it back); ``edit = "…"`` (their last text); ``revoke
= true`` (their last message); ``phone = "…"`` and ``inbox = "…"`` (one of us writes to them there);
``quality = "FLAGGED"`` (of our number, without a customer: FLAGGED, UNFLAGGED, UPGRADE, DOWNGRADE).
What cannot be done, such as a click where there is nothing to click, is left out and stands in the
ledger as ``missed``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .customers import MIME_TYPES
from .habits import Habits
from .reviews import QUALITIES

SCRIPTS = Path(__file__).with_name("scripts")
TEXTS = frozenset({"text", "reply", "react", "edit", "phone", "inbox", *MIME_TYPES})
ACTS = (*sorted(TEXTS), "click", "location", "quality", "revoke")
NUMBER = re.compile(r"[0-9]{7,15}|[A-Z]{2}\.[A-Za-z0-9]{1,128}", re.ASCII)


class WrongScript(ValueError):
    """A file is no script; the words say where and why."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One who writes."""

    number: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A step, or an answer."""

    act: str
    value: Any
    after: float
    customer: Customer | None = None
    to: str = ""
    contains: str = ""
    rate: float = 1.0
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A file, read and checked."""

    name: str
    says: str
    repeat: float | None = None
    habits: Habits = field(default_factory=Habits)
    steps: tuple[Line, ...] = ()
    answers: tuple[Line, ...] = ()


def names() -> list[str]:
    """Those that are shipped."""
    return sorted(path.stem for path in SCRIPTS.glob("*.toml"))


def load(name: str | Path) -> Script:
    """A shipped script by its name, or one of a file.

    Raises:
        WrongScript: there is none, or it is wrong.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if str(name) not in names():
            raise WrongScript(f"there is no script {str(name)!r}; there are {', '.join(names())}")
        path = SCRIPTS / f"{name}.toml"
    try:
        return parse(path.read_text(encoding="utf-8"), path.stem)
    except OSError as error:
        raise WrongScript(f"{path}: {error.strerror}") from error
    except (WrongScript, UnicodeDecodeError) as error:
        raise WrongScript(f"{path.name}: {error}") from error


def parse(text: str, name: str = "script") -> Script:
    """The script that a text is.

    Raises:
        WrongScript: it is none.
    """
    try:
        document = tomllib.loads(text)
        habits = Habits.read(_table(document, "habits"))
    except ValueError as error:
        raise WrongScript(str(error)) from error
    known = ("says", "repeat", "habits", "customers", "step", "answer")
    _refuse_others(document, known, "the file")
    repeat = document.get("repeat")
    people = {
        key: _customer(f"customers.{key}", value)
        for key, value in _table(document, "customers").items()
    }
    script = Script(
        name=name,
        says=_typed(document, "says", str, "", "the file"),
        repeat=None if repeat is None else _seconds(document, "repeat", 0.0, "the file"),
        habits=habits,
        steps=_lines(document, "step", people),
        answers=_lines(document, "answer", people),
    )
    if script.repeat is not None and not script.repeat + sum(one.after for one in script.steps):
        raise WrongScript("the file: with repeat = 0 the steps need some seconds")
    return script


def _lines(document: dict[str, Any], key: str, people: dict[str, Customer]) -> tuple[Line, ...]:
    given = document.get(key, [])
    if not isinstance(given, list):
        raise WrongScript(f"{key} is a list: write [[{key}]]")
    return tuple(
        _line(f"{key} {place}", one, people, key == "answer") for place, one in enumerate(given, 1)
    )


def _line(where: str, given: Any, people: dict[str, Customer], is_answer: bool) -> Line:
    """One table of the file."""
    if not isinstance(given, dict):
        raise WrongScript(f"{where} is a table")
    more = ("to", "contains", "rate", "times") if is_answer else ()
    _refuse_others(given, ("after", "customer", *more, *ACTS), where)
    acts = [act for act in ACTS if act in given]
    if len(acts) != 1:
        raise WrongScript(f"{where} needs exactly one of {', '.join(ACTS)}")
    who = _typed(given, "customer", str, "", where)
    if who and who not in people:
        raise WrongScript(f"{where}: there is no customers.{who}")
    if not who and not is_answer and acts[0] != "quality":
        raise WrongScript(f"{where} needs a customer")
    rate = _seconds(given, "rate", 1.0, where)
    if rate > 1:
        raise WrongScript(f"{where}: rate is a chance from 0 to 1")
    return Line(
        act=acts[0],
        value=_value(where, acts[0], given[acts[0]]),
        after=_seconds(given, "after", 1.0 if is_answer else 0.0, where),
        customer=people.get(who),
        to=_typed(given, "to", str, "", where),
        contains=_typed(given, "contains", str, "", where),
        rate=rate,
        times=_typed(given, "times", int, 0, where),
    )


def _value(where: str, act: str, value: Any) -> Any:
    """What an act is done with."""
    if act == "click":
        is_right = isinstance(value, int | str) and not isinstance(value, bool)
    elif act == "location":
        keys = {"latitude", "longitude"}
        is_right = isinstance(value, dict) and keys <= value.keys()
    elif act == "quality":
        is_right = isinstance(value, str) and value in QUALITIES
    elif act == "revoke":
        is_right = value is True
    else:
        is_right = isinstance(value, str)
    if not is_right:
        raise WrongScript(f"{where}: {act} can't be {value!r}")
    return value


def _customer(where: str, given: Any) -> Customer:
    if not isinstance(given, dict):
        raise WrongScript(f"{where} is a table")
    _refuse_others(given, ("number", "name"), where)
    number = _typed(given, "number", str, "", where)
    if not NUMBER.fullmatch(number):
        raise WrongScript(f"{where}: number is digits with the country code, or a user id")
    return Customer(number, _typed(given, "name", str, "", where))


def _refuse_others(given: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in known:
            raise WrongScript(f"{where} has {key!r}; it may have {', '.join(known)}")


def _table(given: dict[str, Any], key: str) -> dict[str, Any]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise WrongScript(f"{key} is a table: write [{key}]")
    return found


def _typed(given: dict[str, Any], key: str, type: type, default: Any, where: str) -> Any:
    value = given.get(key, default)
    if not isinstance(value, type) or isinstance(value, bool):
        word = {"str": "text", "int": "a whole number"}[type.__name__]
        raise WrongScript(f"{where}: {key} is {word}")
    return value


def _seconds(given: dict[str, Any], key: str, default: float, where: str) -> float:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise WrongScript(f"{where}: {key} is a number from 0")
    return float(value)
