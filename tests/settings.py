"""Settings of the tests: the strictest host that the package has to live with.

``TEST_DATABASE`` chooses sqlite (the default), postgresql or mariadb; ``TEST_POSTGRESQL_URL`` and
``TEST_MARIADB_URL`` say where those are. ``TEST_DATABASE_NAME`` keeps apart runs on one machine,
and hands a child process the database of the test that started it. ``TEST_ISOLATION`` chooses
another isolation than Django's default, for a run or for a child.
"""

import importlib.util
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
BUILD.mkdir(exist_ok=True)

TEST_DATABASE = os.environ.get("TEST_DATABASE", "sqlite")
DATABASE_NAME = os.environ.get("TEST_DATABASE_NAME", "chakra")
URLS = {
    "postgresql": os.environ.get(
        "TEST_POSTGRESQL_URL", "postgresql://chakra:chakra@127.0.0.1:5432"
    ),
    "mariadb": os.environ.get("TEST_MARIADB_URL", "mariadb://chakra:chakra@127.0.0.1:3306"),
}
#: "repeatable read" or "serializable"; on MariaDB "snapshot" too, its REPEATABLE READ since
#: 11.6; on SQLite "deferred": what Django has by default, but for the journal, which is the file's.
ISOLATION = os.environ.get("TEST_ISOLATION", "")
MYSQLCLIENT_MISSING = TEST_DATABASE == "mariadb" and not importlib.util.find_spec("MySQLdb")


def sqlite() -> dict[str, Any]:
    """A file and not memory, so that threads and processes can share it."""
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Tests end processes, never the machine, so nothing needs to reach the disk.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
    }
    if ISOLATION == "deferred":
        options = {"init_command": "PRAGMA synchronous=OFF"}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(BUILD / DATABASE_NAME),
        "OPTIONS": options,
        "TEST": {"NAME": str(BUILD / f"test_{DATABASE_NAME}")},
    }


def server(engine: str, url: str, **rest: Any) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": DATABASE_NAME,
        "HOST": parts.hostname,
        "PORT": str(parts.port or ""),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "TEST": {"NAME": f"test_{DATABASE_NAME}"},
        **rest,
    }


def database() -> dict[str, Any]:
    if TEST_DATABASE == "postgresql":
        # As with SQLite above: what a test has to survive is a process that ends.
        options: dict[str, Any] = {"options": "-c synchronous_commit=off", "connect_timeout": 5}
        # Of the server, which holds for single statements too; Django's own does for blocks alone.
        if ISOLATION:
            level = ISOLATION.replace(" ", "\\ ")
            options["options"] += f" -c default_transaction_isolation={level}"
        return server("postgresql", URLS["postgresql"], OPTIONS=options)
    # Without its client Django could not even start; tests.conftest skips each test by name then.
    if TEST_DATABASE == "mariadb" and not MYSQLCLIENT_MISSING:
        options = {"charset": "utf8mb4", "connect_timeout": 5}
        if ISOLATION == "snapshot":
            options["init_command"] = "SET SESSION innodb_snapshot_isolation = ON"
        if ISOLATION:
            options["isolation_level"] = ISOLATION.replace("snapshot", "repeatable read")
        return server("mysql", URLS["mariadb"], OPTIONS=options)
    return sqlite()


# On purpose: the webhook has to leave the request's transaction by itself.
DATABASES = {"default": {**database(), "ATOMIC_REQUESTS": True}}

# Where files are kept for tests whose CHAKRA names no folder.
BASE_DIR = BUILD
SECRET_KEY = "tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
LOGIN_URL = "admin:login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; guards nothing here

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",  # gives the browser the admin's style sheets
    "django_chakra",
    "tests.host",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

CHAKRA = {
    "ACCOUNTS": {
        "default": {"WEBHOOK_SECRETS": ["test-secret"]},
        "other": {"WEBHOOK_SECRETS": ["other-secret"]},
    },
    "RUNNER": "worker",
    "MEDIA_DIR": str(BUILD / "media"),
}
