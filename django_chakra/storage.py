"""Where the files of messages are kept: a private Django storage, never below ``MEDIA_URL``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.deconstruct import deconstructible

from . import conf

#: The alias in ``STORAGES`` that is taken where ``MEDIA_STORAGE`` names none.
ALIAS = "chakra"
#: Only the user of the process may read what customers send.
FILE_MODE, DIRECTORY_MODE = 0o600, 0o700


def private() -> Storage:
    """The storage: ``MEDIA_STORAGE``, else the alias "chakra", else the folder of :func:`folder`.

    Raises:
        InvalidStorageError: ``STORAGES`` has no such alias (a check says so too).
    """
    alias = conf.current().media_storage
    if alias or ALIAS in settings.STORAGES:
        found: Storage = storages[alias or ALIAS]
        return found
    return FileSystemStorage(
        location=folder(),
        base_url=None,
        file_permissions_mode=FILE_MODE,
        directory_permissions_mode=DIRECTORY_MODE,
    )


def folder() -> Path:
    """The folder of the default storage: ``MEDIA_DIR``, else "chakra-media" in the project."""
    named = conf.current().media_dir
    base = Path(getattr(settings, "BASE_DIR", None) or Path.cwd())
    return base / (named or "chakra-media")


@deconstructible
class PrivateStorage(Storage):
    """:func:`private`, asked for at each use: a field keeps the storage that it was made with."""

    def open(self, name: str, mode: str = "rb") -> File[Any]:
        """See Django's ``Storage``, also for the others."""
        return private().open(name, mode)

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        return private().save(name, content, max_length)

    def delete(self, name: str) -> None:
        private().delete(name)

    def exists(self, name: str) -> bool:
        return private().exists(name)

    def size(self, name: str) -> int:
        return private().size(name)

    def path(self, name: str) -> str:
        return private().path(name)

    def url(self, name: str | None) -> str:
        """There is none: files are shown by a view that asks for permission.

        Raises:
            ValueError: always.
        """
        raise ValueError("The files of messages are private and have no URL")
