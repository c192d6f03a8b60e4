"""Whether the files of messages are kept where nobody but this site reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, InvalidStorageError, storages

from .. import conf, storage

#: Aliases that Django itself, and every upload of a site, takes for public files.
PUBLIC = ("default", "staticfiles")


def media(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Where they are kept, and how large they may be."""
    limit = given.get("MEDIA_MAX_BYTES", conf.Settings().media_max_bytes)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        yield Error(
            "CHAKRA['MEDIA_MAX_BYTES'] must be a whole number of bytes above 0.",
            id="django_chakra.E022",
        )
    alias = given.get("MEDIA_STORAGE", "")
    if alias and (not isinstance(alias, str) or alias not in settings.STORAGES):
        yield Error(
            f"CHAKRA['MEDIA_STORAGE'] is {alias!r}, and STORAGES has no such alias.",
            hint=f"Without it STORAGES[{storage.ALIAS!r}] is taken, or the folder MEDIA_DIR.",
            id="django_chakra.E020",
        )
        return
    if alias in PUBLIC:
        yield _public(f"CHAKRA['MEDIA_STORAGE'] is {alias!r}: files would be among public ones.")
        return
    try:
        # The alias as the storage itself finds it.
        named = alias or (storage.ALIAS if storage.ALIAS in settings.STORAGES else "")
        store: Any = storages[named] if named else None
    except InvalidStorageError as error:
        yield Error(f"STORAGES: {error}", id="django_chakra.E020")
        return
    yield from _where(named, store)


def _where(alias: str, store: Any) -> Iterator[CheckMessage]:
    """Whether a storage of files lies apart from what the web server hands out."""
    if alias and not isinstance(store, FileSystemStorage):
        return
    folder = Path(store.location) if alias else storage.folder()
    what = f"STORAGES[{alias!r}]" if alias else "CHAKRA['MEDIA_DIR']"
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        root = getattr(settings, name, None)
        if root and folder.resolve().is_relative_to(Path(root).resolve()):
            yield _public(f"{what} lies in {name}: whoever knows its URL could read a file.")
    if alias and (settings.STORAGES[alias].get("OPTIONS") or {}).get("base_url"):
        yield _public(f"{what} has a base_url: whoever knows it could read a file.")


def _public(words: str) -> CheckMessage:
    return Error(
        words,
        hint="Give them a folder or bucket of their own, which no web server hands out.",
        id="django_chakra.E021",
    )
