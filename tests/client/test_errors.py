"""The exceptions: what each carries, and what none of them does."""

import copy
import pickle
from collections.abc import Iterator

import pytest

from django_chakra import exceptions
from django_chakra.exceptions import (
    CAUSES,
    ApiError,
    Cause,
    ChakraError,
    PathUnverified,
    TooLarge,
    UnknownAccount,
    ValidationFailed,
    cause_of,
)

from .misbehaving import TOKEN, Server, client, said

GIVEN = {
    "method": "POST", "path": "/v1/x", "status": 400, "code": 131047, "request_id": "r-1",
    "details": "More than 24 hours", "retry_after": 5.0,
}  # fmt: skip


def kinds(root: type[ChakraError] = ChakraError) -> Iterator[type[ChakraError]]:
    yield root
    for each in root.__subclasses__():
        yield from kinds(each)


API = [each for each in kinds() if issubclass(each, ApiError)]


def test_the_tree_at_the_top_of_the_file_is_the_tree_of_the_classes() -> None:
    drawn: list[tuple[str, str]] = []
    above: list[str] = []
    for line in (exceptions.__doc__ or "").splitlines()[2:]:
        if not line.strip() or line.lstrip("│ ")[:1] not in "├└C":
            continue
        depth = len(line) - len(line.lstrip("│ ├└─"))
        name = line[depth:].split()[0]
        above = [*above[: depth // 4], name]
        drawn.append((name, above[-2] if len(above) > 1 else "Exception"))
    assert sorted(drawn) == sorted((each.__name__, each.__base__.__name__) for each in kinds())  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", API)
def test_an_error_goes_through_pickle_and_copy_with_all_it_carries(kind: type[ApiError]) -> None:
    error = kind("Not now", **GIVEN)  # type: ignore[arg-type]
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
        assert type(twin) is kind
        assert twin.__dict__ == error.__dict__
        assert (str(twin), twin.args) == (str(error), error.args)


@pytest.mark.parametrize(
    "error",
    [
        UnknownAccount("sales"),
        PathUnverified("groups.create"),
        ValidationFailed("Too long", field="text.body"),
        TooLarge("Too large", limit=10),
    ],
)
def test_what_single_classes_add_goes_through_pickle_too(error: ChakraError) -> None:
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (twin.__dict__, str(twin)) == (error.__dict__, str(error))


def test_an_error_says_where_and_what_in_one_line() -> None:
    error = ApiError("Re-engagement message", **GIVEN)  # type: ignore[arg-type]
    assert str(error) == "POST /v1/x: status 400 code 131047: Re-engagement message"
    assert error.cause is Cause.WINDOW_CLOSED


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (131047, Cause.WINDOW_CLOSED),
        (131026, Cause.UNDELIVERABLE),
        (130429, Cause.THROTTLED),
        (131050, Cause.OPTED_OUT),
        (131042, Cause.NOT_PAID),
        (190, Cause.TOKEN),
        (1, Cause.OTHER),
        (None, Cause.OTHER),
    ],
)
def test_a_code_of_meta_has_a_cause(code: int | None, cause: Cause) -> None:
    assert cause_of(code) is cause


def test_no_code_has_two_causes() -> None:
    codes = [code for each in CAUSES.values() for code in each]
    assert len(codes) == len(set(codes))


def test_a_message_is_cut_so_that_no_page_of_html_is_logged() -> None:
    error = ApiError("x" * 10_000, details="y" * 10_000)
    assert (len(error.message), len(error.details)) == (500, 500)
    assert len(str(error)) <= 500


@pytest.mark.parametrize("status", [200, 401])
def test_an_error_that_quotes_the_token_is_raised_without_it(status: int) -> None:
    told = f"Unknown token {'.' * 450}{TOKEN}"
    error = {"message": told, "error_data": {"details": TOKEN}, "fbtrace_id": TOKEN}
    with (
        Server(said({"error": error}, status)) as server,
        client(server.url) as chakra,
        pytest.raises(ApiError) as caught,
    ):
        chakra.request("GET", "/v1/x")
    shown = str(caught.value) + repr(caught.value.__dict__)
    assert TOKEN[:10] not in shown
    assert caught.value.__context__ is None


def test_an_error_names_the_platform_s_word_for_the_call() -> None:
    for headers, document in (
        ({"x_request_id": "r-1"}, {"_errors": ["no"]}),
        ({}, {"_errors": ["no"], "_meta": {"requestId": "r-1"}}),
        ({}, {"error": {"message": "no", "fbtrace_id": "r-1"}}),
    ):
        with (
            Server(said(document, 400, **headers)) as server,
            client(server.url) as chakra,
            pytest.raises(ApiError) as caught,
        ):
            chakra.request("POST", "/v1/x")
        assert caught.value.request_id == "r-1"
