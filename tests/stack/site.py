"""Settings of the site: everything that differs between two plays stands in ``TEST_STACK``.

That is an object in JSON with ``database`` (as in ``DATABASES``), ``broker`` (a URL, or ""),
``chakra`` (settings of the package), ``fake`` (URL of the platform), ``folder`` and ``receivers``.
"""

import json
import os
from typing import Any

from django_chakra.tasks import BEAT_SCHEDULE
from django_chakra.testing import calls
from django_chakra.testing.fake import PLUGIN_ID, SECRET, TOKEN
from tests import settings as of_the_tests

STACK: dict[str, Any] = json.loads(os.environ["TEST_STACK"])
FOLDER = STACK["folder"]

DATABASES = {"default": STACK["database"]}
BASE_DIR = FOLDER
SECRET_KEY = "of a test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
INSTALLED_APPS = [*of_the_tests.INSTALLED_APPS, "tests.stack.apps.Stack"]
MIDDLEWARE = of_the_tests.MIDDLEWARE
TEMPLATES = of_the_tests.TEMPLATES

CHAKRA = {
    "ACCOUNTS": {
        "default": {
            "ACCESS_TOKEN": TOKEN,
            "PLUGIN_ID": PLUGIN_ID,
            "PHONE_NUMBER_ID": calls.PHONE_NUMBER_ID,
            "WABA_ID": calls.WABA_ID,
            "WEBHOOK_SECRETS": [SECRET],
        }
    },
    "BASE_URL": STACK["fake"],
    "DELIVERY": "live",
    "RUNNER": "celery" if STACK["broker"] else "worker",
    "SPOOL_DIR": f"{FOLDER}/spool",
    "MEDIA_DIR": f"{FOLDER}/media",
    **STACK["chakra"],
}

CELERY_BROKER_URL = STACK["broker"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BEAT_SCHEDULE = {name: {**entry, "schedule": 1.0} for name, entry in BEAT_SCHEDULE.items()}
CELERY_BEAT_SCHEDULE_FILENAME = f"{FOLDER}/beat"
