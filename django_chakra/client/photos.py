"""Photos, for the attributes of processes that hold one."""

from __future__ import annotations

from typing import Any, BinaryIO

from .resource import Resource

PHOTOS = "/v1/ext/photo"
PHOTO = "/v1/ext/photo/{photo_id}"


class Photos(Resource):
    """Upload photos and read them."""

    def upload(
        self,
        *,
        photo: bytes | BinaryIO,
        filename: str = "photo.jpg",
        mime_type: str = "image/jpeg",
        **extra: Any,
    ) -> Any:
        """Upload a photo.

        https://apidocs.chakrahq.com/api-11531275 (documented; the answer is unverified)

        Args:
            photo: its bytes, or a file opened in binary mode.
            filename: its name.
            mime_type: "image/jpeg", "image/png", …
            extra: further fields of the form.
        """
        return self._upload(PHOTOS, photo, filename, mime_type, extra)

    def upload_with_id(
        self,
        photo_id: str,
        *,
        photo: bytes | BinaryIO,
        filename: str = "photo.jpg",
        mime_type: str = "image/jpeg",
        **extra: Any,
    ) -> Any:
        """Upload a photo under an id of your own.

        https://apidocs.chakrahq.com/api-11531276 (documented; the answer is unverified)

        Args:
            photo_id: a new UUID.
            photo: see :meth:`upload`, also for the others.
        """
        path = self._path(PHOTO, photo_id=photo_id)
        return self._upload(path, photo, filename, mime_type, extra)

    def get(self, photo_id: str) -> Any:
        """One photo.

        https://apidocs.chakrahq.com (unverified: tries the likely path, unless
        ``paths["photos.get"]`` is set; whether it answers JSON or bytes is unknown, and bytes
        raise ``UnreadableAnswer``)

        Args:
            photo_id: UUID of the photo.
        """
        method, path = self._unverified("GET", "photos.get", PHOTO, photo_id=photo_id)
        return self._data(method, path)

    def _upload(
        self,
        path: str,
        photo: bytes | BinaryIO,
        filename: str,
        mime_type: str,
        extra: dict[str, Any],
    ) -> Any:
        # Read here and once: a second try would find an open file at its end.
        content = photo if isinstance(photo, bytes) else photo.read()
        files = {"photo": (filename, content, mime_type)}
        return self._data("POST", path, files=files, data=extra or None)
