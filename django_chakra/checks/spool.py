"""Whether the spool can take calls when the database is away, and whether that is noticed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import router

from ..models import WebhookCall

#: What ends a statement that hangs, one of them: PostgreSQL's own, or its client's.
SERVER_OPTIONS, CLIENT_OPTION = ("statement_timeout", "lock_timeout"), "tcp_user_timeout"
MYSQL_OPTIONS = ("connect_timeout", "read_timeout", "write_timeout")


def folder(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Whether ``SPOOL_DIR`` and its limits can be used."""
    for key in ("SPOOL_MAX_FILES", "SPOOL_MAX_BYTES"):
        limit = given.get(key, 1)
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            yield Error(f"CHAKRA[{key!r}] must be a whole number.", id="django_chakra.E025")
    named = given.get("SPOOL_DIR", "")
    if named == "":
        return
    if not isinstance(named, str | os.PathLike) or not os.path.isabs(named):
        yield Error(
            "CHAKRA['SPOOL_DIR'] must be the absolute path of a folder, or empty.",
            id="django_chakra.E025",
        )
    elif not os.path.isdir(named) or not os.access(named, os.R_OK | os.W_OK | os.X_OK):
        yield Error(
            "CHAKRA['SPOOL_DIR'] is no folder that this user may write into.",
            hint="Make it, with mode 0700. It is not made by itself, so that a volume that is not "
            "mounted is noticed. Leave SPOOL_DIR empty where the folder is not seen.",
            id="django_chakra.E025",
        )
    elif public := _public_above(Path(named)):
        yield Error(
            f"CHAKRA['SPOOL_DIR'] is in {public}: what customers write would be served to anybody.",
            id="django_chakra.E026",
        )


def _public_above(place: Path) -> str:
    """The setting whose folder, which a web server shows, this place is in; else ""."""
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        root = getattr(settings, name, None)
        if root and place.resolve().is_relative_to(Path(root).resolve()):
            return name
    return ""


def timeouts(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Whether a database that hangs becomes an error in time: only then is the spool used."""
    if not given.get("SPOOL_DIR"):
        return
    alias = router.db_for_write(WebhookCall)
    database = settings.DATABASES.get(alias, {})
    missing = _missing(str(database.get("ENGINE", "")), database.get("OPTIONS") or {})
    if missing:
        yield Warning(
            f"DATABASES[{alias!r}]['OPTIONS'] has no {', and no '.join(missing)}: a database that "
            "hangs is no error, and calls would wait for it instead of going to SPOOL_DIR.",
            hint="docs/operate.md, When the database is away, has options to copy.",
            id="django_chakra.W008",
        )


def _missing(engine: str, options: Mapping[str, Any]) -> list[str]:
    """The timeouts that this database has not, in words."""
    kind = engine.rpartition(".")[2]
    if kind == "mysql":
        return [name for name in MYSQL_OPTIONS if not options.get(name)]
    if kind not in ("postgresql", "postgis"):
        return []
    missing = [] if options.get("connect_timeout") else ["connect_timeout"]
    # Those that the server keeps stand in one text: "-c statement_timeout=5s".
    said = re.findall(r"\b([a-z_]+)\s*=", str(options.get("options", "")))
    if not options.get(CLIENT_OPTION) and not {*SERVER_OPTIONS} & {*said}:
        missing.append(" or ".join((*SERVER_OPTIONS, CLIENT_OPTION)))
    pool = options.get("pool")
    if pool and not (isinstance(pool, Mapping) and pool.get("timeout")):
        missing.append("timeout of its pool")
    return missing
