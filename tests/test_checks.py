"""The system checks: each id, what it says, and what satisfies it."""

from collections.abc import Iterator
from copy import deepcopy
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import celery
import pytest
from celery import Celery
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import clear_url_caches, include, path

from django_chakra.checks import tasks
from django_chakra.views import webhook

GOOD: dict[str, Any] = {"ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["s"]}}, "RUNNER": "worker"}


def page(request: HttpRequest) -> HttpResponse:
    """Any other page of the host."""
    return HttpResponse("page")


class Deep:
    """A URLconf in which the webhook stands three includes down, under a namespace of the host."""

    urlpatterns = [
        path("", page),
        path("a/", include([path("b/", include(([path("c/", webhook)], "host"), "host"))])),
    ]


class Without:
    """A URLconf that knows nothing of the webhook."""

    urlpatterns = [path("", page), path("a/", include([path("b/", page)]))]


@pytest.fixture(autouse=True)
def _fresh_urls() -> Iterator[None]:
    yield
    clear_url_caches()


def found(deploy: bool = False, **chakra: Any) -> dict[str, str]:
    """Our own messages for these settings: id to text and hint."""
    with override_settings(CHAKRA=chakra):
        messages = run_checks(include_deployment_checks=deploy, databases=[])
    ours = [m for m in messages if str(m.id).startswith("django_chakra.")]
    return {str(m.id).removeprefix("django_chakra."): f"{m.msg} {m.hint or ''}" for m in ours}


def account(**values: Any) -> dict[str, Any]:
    return {"ACCOUNTS": {"default": values}, "RUNNER": "worker"}


def test_good_settings_pass() -> None:
    """Settings that can be used give no message, neither here nor on deployment."""
    assert found(**GOOD) == found(deploy=True, **GOOD) == {}


@pytest.mark.parametrize("accounts", [{}, "no.such.path", 7, "tests.test_checks.broken_accounts"])
def test_no_accounts(accounts: object) -> None:
    """E001: no account, or accounts that can't be read, whatever the host's function raises."""
    assert set(found(ACCOUNTS=accounts, RUNNER="worker")) == {"E001"}


def broken_accounts() -> None:
    raise RuntimeError("vault is sealed")


def test_chakra_that_is_no_dict() -> None:
    """E001: CHAKRA itself is no dict."""
    with override_settings(CHAKRA=["default"]):
        assert [m.id for m in run_checks(databases=[]) if "chakra" in str(m.id)] == [
            "django_chakra.E001"
        ]


def test_unknown_keys_name_the_nearest_one() -> None:
    """E002: a key that does not exist, in CHAKRA or in an account, with the nearest real one."""
    assert "'RUNNER'" in found(**GOOD, RUNER="worker")["E002"]
    assert (
        "'WEBHOOK_SECRETS'" in found(**account(WEBHOOK_SECRET=["s"], ALLOW_UNSIGNED=True))["E002"]
    )


@pytest.mark.parametrize("accounts", [{"a b": {}}, {"x" * 65: {}}, {7: {}}, {"default": "secret"}])
def test_accounts_must_have_aliases_and_dicts(accounts: object) -> None:
    """E003: an alias that is none, or an account that is no dict."""
    assert "E003" in found(ACCOUNTS=accounts, RUNNER="worker")


def test_an_account_without_secrets_is_an_error() -> None:
    """E004: without secrets every call would be refused."""
    assert set(found(**account())) == {"E004"}
    assert set(found(**account(WEBHOOK_SECRETS=[""]))) == {"E004"}


def test_unsigned_calls_are_a_warning_and_an_error_on_deployment() -> None:
    """W001, with --deploy E008 too: ALLOW_UNSIGNED without a URL_TOKEN, even beside secrets."""
    unsigned = account(WEBHOOK_SECRETS=["s"], ALLOW_UNSIGNED=True)

    assert set(found(**unsigned)) == {"W001"}
    assert set(found(deploy=True, **unsigned)) == {"W001", "E008"}


def test_a_url_token_satisfies_both() -> None:
    """With a URL_TOKEN unsigned calls are the host's choice."""
    assert found(deploy=True, **account(ALLOW_UNSIGNED=True, URL_TOKEN="long-and-random")) == {}


@pytest.mark.parametrize("plugin_id", ["7", "not-a-uuid", 12])
def test_a_plugin_id_is_a_uuid(plugin_id: object) -> None:
    """E005: a PLUGIN_ID that is no UUID."""
    assert set(found(**account(WEBHOOK_SECRETS=["s"], PLUGIN_ID=plugin_id))) == {"E005"}


def test_a_real_plugin_id_passes() -> None:
    """A UUID is a PLUGIN_ID."""
    good = account(WEBHOOK_SECRETS=["s"], PLUGIN_ID="6a1d0f3c-0000-4000-8000-000000000002")

    assert found(**good) == {}


def test_an_unknown_runner_is_an_error() -> None:
    """E006: a RUNNER that does not exist; the message names those that do."""
    assert "inline, worker" in found(ACCOUNTS=GOOD["ACCOUNTS"], RUNNER="celery-eager")["E006"]


def test_an_unknown_rule_for_metas_signature_is_an_error() -> None:
    """E007: a META_SIGNATURE that does not exist."""
    assert set(found(**account(WEBHOOK_SECRETS=["s"], META_SIGNATURE="never"))) == {"E007"}


def api(**values: Any) -> set[str]:
    """The ids for a site that is fine but for these settings."""
    return set(found(**GOOD, **values))


@pytest.mark.parametrize(
    "url",
    ["", None, "api.chakrahq.com", "ftp://a.example", "https://", "https://a.example?x=1",
     "https://a.example#x", "https://u:p@a.example", "https://a.example:port", "https://[a"],
)  # fmt: skip
def test_the_api_has_a_url(url: object) -> None:
    """E009: a BASE_URL that no path can be put behind."""
    assert api(BASE_URL=url) == {"E009"}


def test_an_api_without_tls_is_a_warning() -> None:
    """W005: http would show the token to the network; on this machine it may be."""
    assert api(BASE_URL="http://api.example.com") == {"W005"}
    assert api(BASE_URL="http://127.0.0.1:8000/x") == api(BASE_URL="https://a.example/x/") == set()


@pytest.mark.parametrize("version", ["24.0", "v24", "v24.0/x", 24.0, None])
def test_a_version_of_the_api_looks_like_one(version: object) -> None:
    """E010: an API_VERSION that is none."""
    assert api(API_VERSION=version) == {"E010"}
    assert api(API_VERSION="v25.0") == set()


@pytest.mark.parametrize("key", ["CONNECT_TIMEOUT", "READ_TIMEOUT"])
@pytest.mark.parametrize("value", [0, -1, "5", None, True, float("nan"), float("inf")])
def test_a_timeout_is_a_number_above_zero(key: str, value: object) -> None:
    """E011: a timeout that is no number of seconds."""
    assert api(**{key: value}) == {"E011"}
    assert api(**{key: 0.5}) == set()


@pytest.mark.parametrize("token", ["hidden\n", "Bearer hidden", "hiddén", 7])
def test_a_token_is_what_a_header_can_hold(token: object) -> None:
    """E012: an ACCESS_TOKEN with blanks, line ends or letters beyond ASCII; none is no error."""
    said = found(**account(WEBHOOK_SECRETS=["s"], ACCESS_TOKEN=token))

    assert set(said) == {"E012"}
    assert "hidd" not in str(said)
    for good in ("", None, "abc.DEF-123"):
        assert found(**account(WEBHOOK_SECRETS=["s"], ACCESS_TOKEN=good)) == {}


@pytest.mark.parametrize("paths", ["/v1", ["/v1"], {"a": 7}, {"a": "v1/x"}, {7: "/v1"}, None])
def test_paths_are_a_dict_of_paths(paths: object) -> None:
    """E013: PATHS that are no dict from endpoint to path."""
    assert set(found(**account(WEBHOOK_SECRETS=["s"], PATHS=paths))) == {"E013"}
    assert found(**account(WEBHOOK_SECRETS=["s"], PATHS={"groups.create": "/v1/groups"})) == {}


@pytest.mark.parametrize("key", ["REQUESTS_PER_SECOND", "MESSAGES_PER_SECOND"])
@pytest.mark.parametrize("rate", [-1, "5", None, True, float("inf")])
def test_a_rate_is_a_number(key: str, rate: object) -> None:
    """E014: a rate that is no number, or below 0."""
    assert set(found(**account(WEBHOOK_SECRETS=["s"], **{key: rate}))) == {"E014"}
    assert found(**account(WEBHOOK_SECRETS=["s"], **{key: 2.5})) == {}


@pytest.mark.parametrize("delivery", ["on", "Live", None, True, ["live"]])
def test_a_delivery_is_one_of_three(delivery: object) -> None:
    """E015: an unknown DELIVERY, which sends nothing either; the message names those that exist."""
    said = found(**GOOD, DELIVERY=delivery)
    assert set(said) == {"E015", "W006"}
    assert "live, console, off" in said["E015"]
    assert found(**GOOD, DELIVERY="") == found(**GOOD, DELIVERY="live") == {}


@pytest.mark.parametrize("only_to", ["+91 99000 00000", 919900000000, [919900000000], [""], {}])
def test_only_to_is_a_list_of_texts(only_to: object) -> None:
    """E016: a lone number would be taken for a list of digits; nothing would be sent."""
    assert "E016" in found(**GOOD, ONLY_TO=only_to)
    assert set(found(**GOOD, ONLY_TO=["+91 99000 00000", "BR.1234567890"])) == {"W006"}
    assert found(**GOOD, ONLY_TO=None) == {}


@pytest.mark.parametrize("window", ["closed", "", None, True])
def test_an_unknown_rule_for_the_window_is_an_error(window: object) -> None:
    """E017: a WINDOW that does not exist."""
    assert api(WINDOW=window) == {"E017"}
    assert api(WINDOW="allow") == set()


@pytest.mark.parametrize("key", ["STOP_WORDS", "START_WORDS"])
@pytest.mark.parametrize("words", ["stop", None, ["stop", 7], [" "], 7])
def test_words_are_a_list(key: str, words: object) -> None:
    """E018: a lone word would be taken for a list of letters."""
    assert api(**{key: words}) == {"E018"}
    assert api(**{key: []}) == api(**{key: ["halt"]}) == set()


def test_no_word_stops_and_starts() -> None:
    """E018: one word in both lists, the defaults included, whatever its case."""
    assert "halt" in found(**GOOD, STOP_WORDS=["Halt"], START_WORDS=["halt"])["E018"]
    assert "stop" in found(**GOOD, START_WORDS=["STOP"])["E018"]


@pytest.mark.parametrize("key", ["SENDING_SECONDS", "SEND_WITHIN", "RECIPIENT_SECONDS"])
@pytest.mark.parametrize("value", [-1, "5", None, True, float("nan"), float("inf"), 10**9])
def test_times_of_sending_are_seconds(key: str, value: object) -> None:
    """E019: no number of seconds, or one that no database adds to a time."""
    assert "E019" in api(**{key: value})
    assert api(**{key: 600.5}) == set()


@pytest.mark.parametrize("key", ["RECEIVER_WARN_SECONDS", "RECEIVER_SECONDS"])
@pytest.mark.parametrize("value", [-1, "5", None, True, float("nan"), float("inf"), 10**9])
def test_times_of_receivers_are_seconds(key: str, value: object) -> None:
    """E030: no number of seconds, or one that no timer takes."""
    assert api(**{key: value}) == {"E030"}
    assert api(**{key: 2.5}) == set()


@pytest.mark.parametrize(
    "given", [{"RECEIVER_SECONDS": 40}, {"RECEIVER_SECONDS": 0}, {"CLAIM_SECONDS": 45}]
)
def test_a_receiver_is_interrupted_while_it_is_held(given: dict[str, Any]) -> None:
    """W015: else another worker begins to tell the same; only where workers tell."""
    assert api(**given) == {"W015"}
    assert api(RECEIVER_SECONDS=39) == api(RECEIVER_SECONDS=29, CLAIM_SECONDS=45) == set()
    with override_settings(DEBUG=True):
        assert found(ACCOUNTS=GOOD["ACCOUNTS"], RUNNER="inline", **given) == {}


@pytest.mark.parametrize("value", [-1, 0.5, "60", None, True, float("nan"), 10**9])
def test_a_silence_is_minutes(value: object) -> None:
    """E023: no number of minutes, or one that nobody waits for."""
    assert api(BACKFILL_AFTER=value) == {"E023"}
    assert api(BACKFILL_AFTER=0) == api(BACKFILL_AFTER=60) == set()


@pytest.mark.parametrize("value", ["mon-fri 09:00-18:00", [7], ["mon 9-18"], None, {}])
def test_business_hours_are_a_list(value: object) -> None:
    """E024: a lone text would be taken for a list of letters."""
    assert api(BUSINESS_HOURS=value) == {"E024"}
    assert api(BUSINESS_HOURS=[]) == api(BUSINESS_HOURS=["mon-fri 09:00-18:00"]) == set()


def test_a_request_may_take_its_time() -> None:
    """W007: a claim that runs out while its request may still be answered."""
    assert api(SENDING_SECONDS=44) == api(READ_TIMEOUT=200) == {"W007"}
    assert api(SENDING_SECONDS=45) == api(SENDING_SECONDS=215, READ_TIMEOUT=200) == set()


@pytest.mark.parametrize("given", [{"DELIVERY": "off"}, {"DELIVERY": "console"}, {"ONLY_TO": []}])
def test_what_is_withheld_is_said(given: dict[str, Any]) -> None:
    """W006: outside DEBUG, that messages do not leave."""
    assert api(**given) == {"W006"}
    with override_settings(DEBUG=True):
        assert api(**given) == set()


@pytest.mark.parametrize(("urlconf", "ids"), [(Deep, set()), (Without, {"W002"})])
def test_the_webhook_is_found_at_any_depth(urlconf: object, ids: set[str]) -> None:
    """W002: no URL leads to the webhook, looked for through all includes and namespaces."""
    with override_settings(ROOT_URLCONF=urlconf):
        clear_url_caches()
        assert set(found(**GOOD)) == ids


def test_a_project_without_urls_is_no_error() -> None:
    """A worker's settings without ROOT_URLCONF give no message about URLs."""
    with override_settings(ROOT_URLCONF=None):
        assert found(**GOOD) == {}


@pytest.mark.parametrize(
    ("mode", "ids"), [("DEFERRED", {"W003"}), ("", {"W003"}), ("exclusive", set())]
)
def test_sqlite_must_take_its_lock_at_once(
    mode: str, ids: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """W003: SQLite without transaction_mode IMMEDIATE (or EXCLUSIVE)."""
    databases = deepcopy(settings.DATABASES)
    databases["default"] |= {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {"transaction_mode": mode} if mode else {},
    }
    monkeypatch.setattr(settings, "DATABASES", databases)

    assert set(found(**GOOD)) == ids


@pytest.mark.parametrize(
    ("engine", "given", "ids"),
    [
        ("mysql", {}, set()),
        ("mysql", {"OPTIONS": {"isolation_level": "Read Committed"}}, set()),
        ("mysql", {"OPTIONS": {"isolation_level": "repeatable read"}}, {"W040"}),
        ("mysql", {"OPTIONS": {"isolation_level": None}}, {"W040"}),
        ("postgresql", {"PORT": 5432, "OPTIONS": {"options": "-c lock_timeout=5s"}}, set()),
        ("postgresql", {"PORT": "6432", "OPTIONS": {}}, {"W041"}),
        ("postgresql", {"PORT": 6432, "DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": {}}, set()),
        ("postgis", {"PORT": 6432, "OPTIONS": {"options": "-c a=1"}}, {"W041", "W042"}),
    ],
)
def test_what_a_database_has_to_be_told(
    engine: str, given: dict[str, Any], ids: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """W040: isolation; W041, W042: what PgBouncer can't have."""
    databases = {"default": {"ENGINE": f"django.db.backends.{engine}", **given}}
    monkeypatch.setattr(settings, "DATABASES", databases)
    assert set(found(**GOOD)) == ids


@pytest.mark.parametrize(("debug", "ids"), [(False, {"W004"}), (True, set())])
def test_the_inline_runner_needs_a_cron_job(debug: bool, ids: set[str]) -> None:
    """W004: with the inline runner nothing is retried while no call comes in; not in DEBUG."""
    with override_settings(DEBUG=debug):
        assert set(found(ACCOUNTS=GOOD["ACCOUNTS"])) == ids


def test_a_storage_that_does_not_exist_is_an_error() -> None:
    """E020: an alias that STORAGES does not have, or whose storage can't be made."""
    for alias in ("nowhere", 7, ["x"]):
        assert api(MEDIA_STORAGE=alias) == {"E020"}
    with override_settings(
        STORAGES={**settings.STORAGES, "broken": {"BACKEND": "no.such.Storage"}}
    ):
        assert api(MEDIA_STORAGE="broken") == {"E020"}
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "files": memory}):
        assert api(MEDIA_STORAGE="files") == set()


def test_public_files_are_an_error(tmp_path: Path) -> None:
    """E021: a folder that a web server hands out, or a storage that is not for private files."""
    public, apart = tmp_path / "public", tmp_path / "apart"
    assert api(MEDIA_STORAGE="default") == api(MEDIA_STORAGE="staticfiles") == {"E021"}
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        with override_settings(**{name: str(public)}):
            for folder in (public, public / "chakra", apart / ".." / "public"):
                assert api(MEDIA_DIR=str(folder)) == {"E021"}
            assert api(MEDIA_DIR=str(apart)) == set()
        with override_settings(BASE_DIR=public, **{name: str(public)}):
            assert api() == {"E021"}
    for options, ids in (
        ({"location": str(apart)}, set[str]()),
        ({"location": str(public / "x")}, {"E021"}),
        ({"location": str(apart), "base_url": "/files/"}, {"E021"}),
    ):
        files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
        with override_settings(
            MEDIA_ROOT=str(public), STORAGES={**settings.STORAGES, "chakra": files}
        ):
            assert api() == ids


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, None, "100"])
def test_a_limit_of_size_is_a_number(limit: object) -> None:
    """E022: a MEDIA_MAX_BYTES that no size can be compared with."""
    assert api(MEDIA_MAX_BYTES=limit) == {"E022"}
    assert api(MEDIA_MAX_BYTES=1) == set()


def test_no_message_shows_a_secret() -> None:
    """What is wrong with an account is said without its secrets."""
    said = found(
        deploy=True,
        **account(WEBHOOK_SECRETS=["hidden"], URL_TOKN="hidden", PLUGIN_ID="x", RUNNER="y"),
    )

    assert said
    assert "hidden" not in str(said)


def test_no_check_asks_the_database() -> None:
    """The checks run where there is no database at all."""

    def refuse(*args: object) -> None:
        raise AssertionError("a check asked the database")

    with connection.execute_wrapper(refuse):
        found(deploy=True, **GOOD)


# The Celery runner.

CELERY: dict[str, Any] = {
    **GOOD,
    "RUNNER": "celery",
    "QUEUES": {"send": "slow", "download": "slow", "backfill": "slow"},
}


@pytest.fixture
def celery_app(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The app of a host, as all of its threads find it."""
    app = Celery("host", broker="redis://broker", set_as_current=False, fixups=[])
    monkeypatch.setattr(celery._state, "default_app", app)
    return app


def test_celery_that_is_set_up_well(celery_app: Celery) -> None:
    """With a Celery app, its own queues and nothing unusual there is nothing to say."""
    assert found(**CELERY) == {}


def test_celery_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """E027: it is missing, or older than what is known to work; only where it is the runner."""

    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    for given in (none, lambda name: "5.3.6"):
        monkeypatch.setattr(tasks, "version", given)
        assert "django-chakra[celery]" in found(**CELERY)["E027"]
        assert found(**GOOD) == {}


@pytest.mark.parametrize("queues", ["slow", {"sned": "slow"}, {"send": 7}, {"send": ""}, None])
def test_queues_are_named_by_task(queues: object) -> None:
    """E028: QUEUES that are no dict from task to queue."""
    assert set(found(**GOOD, QUEUES=queues)) == {"E028"}


@pytest.mark.parametrize("seconds", [40, {"proces": 40}, {"send": "40"}, {"send": 0}, None])
def test_time_limits_are_seconds_by_task(seconds: object) -> None:
    """E029: TASK_SECONDS that are no dict from task to seconds."""
    assert set(found(**GOOD, TASK_SECONDS=seconds)) == {"E029"}
    assert found(**GOOD, TASK_SECONDS={"process": 20.5}) == {}


def test_celery_without_workers_is_said(celery_app: Celery) -> None:
    """W010: tasks that would run at once, in the web process."""
    celery_app.conf.task_always_eager = True
    assert set(found(**CELERY)) == {"W010"}


def test_workers_must_take_json(celery_app: Celery) -> None:
    """W011: workers that would refuse our tasks; I001: a serializer that our tasks do not use."""
    celery_app.conf.accept_content = ["pickle"]
    assert set(found(**CELERY)) == {"W011"}
    celery_app.conf.update(accept_content=["pickle", "application/json"], task_serializer="pickle")
    assert set(found(**CELERY)) == {"I001"}


@pytest.mark.parametrize("queues", [{}, {"send": "slow"}, {"process": "a", "download": "a"}])
def test_slow_tasks_have_a_queue_of_their_own(celery_app: Celery, queues: dict[str, str]) -> None:
    """W012: calls that wait behind the platform's answers."""
    assert set(found(**{**CELERY, "QUEUES": queues})) == {"W012"}


def test_limits_fit_what_they_bound(celery_app: Celery) -> None:
    """W013: receivers are cut before another worker takes over, requests not before their end."""
    for seconds in ({"process": 41}, {"sweep": 41}, {"send": 44}):
        assert set(found(**CELERY, TASK_SECONDS=seconds)) == {"W013"}
    assert set(found(**CELERY, ANNOUNCE_SECONDS=30)) == {"W013"}
    assert found(**CELERY, ANNOUNCE_SECONDS=30, TASK_SECONDS={"process": 20, "sweep": 20}) == {}


def test_a_celery_app_must_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """W014: a host that does not import its own: Celery would make one up."""
    monkeypatch.setattr(celery._state, "default_app", None)
    monkeypatch.setattr(celery._state._tls, "current_app", None)
    assert set(found(**CELERY)) == {"W014"}


@pytest.mark.parametrize("path", ["nowhere.at_all", "tests.test_checks.GOOD", "x", 5, None])
def test_accounts_of_staff_are_asked_of_a_function(path: object) -> None:
    """E045: a path that leads to no function."""
    assert set(found(**GOOD, ADMIN_ACCOUNTS=path)) == {"E045"}
    assert set(found(**GOOD, ADMIN_ACCOUNTS="tests.admin.test_accounts.accounts_of")) == set()
    assert set(found(**GOOD, ADMIN_ACCOUNTS="")) == set()
