"""A host for the benchmarks: durable like a real one, with next to no middleware.

``BENCH_DATABASE`` chooses postgresql (the default), mariadb or sqlite; ``TEST_POSTGRESQL_URL`` and
``TEST_MARIADB_URL`` say where those are, as for the tests. ``BENCH_DATABASE_NAME`` hands a child
process the database of its parent.
"""

import os
from typing import Any

from tests.settings import BUILD, URLS, server

DATABASE = os.environ.get("BENCH_DATABASE", "postgresql")
NAME = os.environ.get("BENCH_DATABASE_NAME", f"bench_{os.getpid()}")


def database() -> dict[str, Any]:
    """The chosen one with its own idea of durability, unlike the tests."""
    if DATABASE == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(BUILD / NAME),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
            },
            "TEST": {"NAME": str(BUILD / NAME)},
        }
    engine = {"postgresql": "postgresql", "mariadb": "mysql"}[DATABASE]
    # Named as itself when it is made, so that a child process finds it under the same name.
    return server(engine, URLS[DATABASE], NAME=NAME, TEST={"NAME": f"test_{NAME}"})


# Connections stay open: to open one costs more than to take a call.
DATABASES = {"default": {**database(), "CONN_MAX_AGE": None}}

SECRET_KEY = "benchmarks"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_chakra",
    "benchmarks",
]
# The one that names the length of an answer, without which no server keeps a connection simple.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

SECRET = "bench-secret"
CHAKRA = {
    "ACCOUNTS": {"default": {"WEBHOOK_SECRETS": [SECRET]}},
    "RUNNER": "worker",
}
