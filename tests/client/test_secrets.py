"""No log record, no repr and no exception of a whole run holds the token or a message's text."""

import io
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_chakra.client import Chakra
from django_chakra.exceptions import ApiError, ChakraError

from .misbehaving import GOOD, TEXT, TOKEN, Server, answer, client, unused_port
from .scenarios import MISBEHAVIOURS


class Kept(logging.Handler):
    """Every record, as it would be written at its longest."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [self.format(record), repr(record.args), repr(record.__dict__)]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What all loggers say, down to DEBUG."""
    root, handler = logging.getLogger(), Kept()
    names = [name for name in logging.root.manager.loggerDict]
    before = {name: logging.getLogger(name).level for name in (*names, "root")}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)
    for name in names:
        logging.getLogger(name).setLevel(before[name])


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that hangs on it, also where it is not printed."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error: BaseException) -> str:
    parts = ["".join(traceback.format_exception(error))]
    for each in chain(error):
        parts += [str(each), repr(each), repr(each.args), repr(each.__dict__)]
    return "\n".join(parts)


MESSAGE = {"to": "5511900000001", "type": "text", "text": {"body": TEXT}}
CALLS: list[Callable[[Chakra], object]] = [
    lambda chakra: chakra.request("GET", "/v1/health"),
    lambda chakra: chakra.request("POST", "/v1/x", json=MESSAGE),
    lambda chakra: chakra.request("POST", "/v1/x", json=MESSAGE, read=True),
    lambda chakra: chakra.request("POST", "/v1/x", data={"text": TEXT}),
    lambda chakra: chakra.request("POST", "/v1/x", json={**MESSAGE, "n": float("nan")}),
    lambda chakra: chakra.request("GET", "no-slash", json=MESSAGE),
    lambda chakra: chakra.media.upload_public(TEXT.encode(), filename="note.txt"),
    lambda chakra: chakra.media.show("9199000", to=io.BytesIO()),
    lambda chakra: chakra.media.download("https://127.0.0.1/x", to=io.BytesIO()),
    lambda chakra: chakra.media.download("http://127.0.0.1:1/x", to=io.BytesIO()),
]


def run(chakra: Chakra, found: list[str]) -> None:
    for call in CALLS:
        try:
            call(chakra)
        except ChakraError as error:
            found.append(shown(error))
    found += [repr(each) for each in (chakra, chakra.http, chakra.media, chakra.http.limiter)]
    found += [repr(chakra.http.session), repr(chakra.http.session.headers), str(vars(chakra))]


def test_nothing_that_is_written_or_raised_holds_the_token_or_a_text(logged: list[str]) -> None:
    found: list[str] = []
    served = 0
    for each in MISBEHAVIOURS:
        if each.name == "silence":
            continue  # takes its time, and is the same to the caller as the others of its kind
        with Server(each.act) as server, client(server.url) as chakra:
            run(chakra, found)
        served += sum(TOKEN in str(request.headers) for request in server.requests)
    for act in (GOOD, answer(401, f'{{"message": "Bad token {TOKEN}"}}'.encode())):
        with Server(act) as server, client(server.url) as chakra:
            run(chakra, found)
    for scheme in ("http", "https"):
        with client(f"{scheme}://127.0.0.1:{unused_port()}") as chakra:
            run(chakra, found)
    assert served > 100
    assert len(found) > 200
    assert any("urllib3" in line for line in logged)
    assert any("django_chakra.client" in line for line in logged)
    for line in (*found, *logged):
        assert TOKEN not in line
        assert TEXT not in line
        assert TOKEN[:20] not in line


def test_an_exception_holds_no_request_in_its_chain() -> None:
    errors: list[Any] = []
    with client(f"http://127.0.0.1:{unused_port()}") as chakra:
        for call in CALLS:
            try:
                call(chakra)
            except ApiError as error:
                errors.append(error)
    assert len(errors) > 5
    for raised in errors:
        assert [type(each) for each in chain(raised)] == [type(raised)]
