"""Settings of the example project; the last part is what a host adds for django-chakra."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# FOR THE DEMO ONLY: a real site takes its key from its environment, and keeps it to itself.
SECRET_KEY = "demo-only-not-a-secret"
DEBUG = os.environ.get("DEMO_DEBUG", "1") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_chakra",
    "example_project",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

DATABASE = Path(os.environ.get("DEMO_DATABASE", ROOT / "demo.sqlite3"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATABASE),
        "OPTIONS": {
            # Wait for a lock instead of failing when a read turns into a write.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # WAL lets pages be read while a call is written. FULL, because a call that was
            # answered with 200 must outlive a power cut; WAL alone would settle for less.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s  %(message)s", "datefmt": "%H:%M:%S"}},
    "handlers": {
        "lines": {"class": "example_project.demo.heard.Lines", "formatter": "line"},
        "console": {"class": "logging.StreamHandler"},
    },
    "loggers": {
        "example_project": {"handlers": ["lines"], "level": "INFO"},
        "django.server": {
            "handlers": ["console"],
            # The demo silences the line per request, so that one sees what the bot hears.
            "level": os.environ.get("DEMO_REQUESTS", "INFO"),
            "propagate": False,
        },
    },
}

CHAKRA = {
    "ACCOUNTS": {
        "default": {
            "WEBHOOK_SECRETS": [os.environ.get("CHAKRA_WEBHOOK_SECRET", "demo-secret")],
            # The demo sets these and BASE_URL, so that the site calls the fake platform.
            "ACCESS_TOKEN": os.environ.get("CHAKRA_ACCESS_TOKEN", ""),
            "PLUGIN_ID": os.environ.get("CHAKRA_PLUGIN_ID", ""),
            "PHONE_NUMBER_ID": os.environ.get("CHAKRA_PHONE_NUMBER_ID", ""),
            "WABA_ID": os.environ.get("CHAKRA_WABA_ID", ""),
        },
    },
    "BASE_URL": os.environ.get("CHAKRA_BASE_URL", "https://api.chakrahq.com"),
    "RUNNER": "inline",
    # The files that customers send: private, never below MEDIA_URL.
    "MEDIA_DIR": str(DATABASE.parent / "demo-media"),
}
